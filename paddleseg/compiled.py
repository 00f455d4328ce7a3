"""Passes over pictures that numba compiles: several times as fast as NumPy's and OpenCV's, with the same numbers.

numba takes half a second to import, so they are loaded where many pictures follow (`load`): clips, cameras, the
service, large folders. Until then, and where numba is not installed, the plain forms serve. Masks and composites of
both have the same bits, so one photo gets one mask everywhere; frames of clips differ by a grey level here and there.
"""

from __future__ import annotations

import importlib
import os
import threading
from collections.abc import Callable
from types import ModuleType
from typing import Any, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])

_known: list[Passes] = []
_loading = threading.Lock()
_wanted = threading.Event()


class Passes:
    """A module of compiled passes, imported once `load` has been called.

    Args:
        module: Its name.

    Attributes:
        loaded: The module, once it is; None before, and where numba is not installed.
    """

    def __init__(self, module: str):
        self.module = module
        self.loaded: ModuleType | None = None
        _known.append(self)
        if _wanted.is_set():
            self.load()

    def load(self) -> bool:
        """Import the module, if that can be done; returns whether."""
        if self.loaded is None:
            try:
                self.loaded = importlib.import_module(self.module)
            except ImportError:
                return False
        return True


def load() -> bool:
    """Load all passes, which takes about a second; returns whether they can be had.

    numba keeps the machine code on disk. Where it is not there yet, it is made first: once for a computer, in
    about six seconds. `PADDLESEG_CPU_KERNELS=0` in the environment leaves the plain forms.
    """
    if not allowed():
        return False
    with _loading:
        _wanted.set()
        return all(map(Passes.load, _known))


def allowed() -> bool:
    """Whether `PADDLESEG_CPU_KERNELS` is not 0."""
    return os.environ.get("PADDLESEG_CPU_KERNELS") != "0"


def reads(kind: str, sides: int) -> Any:
    """The type of an array, contiguous, that is only read, such as ("u1", 3)."""
    return _array(kind, sides, readonly=True)


def writes(kind: str, sides: int) -> Any:
    """The type of an array, contiguous, that is written into."""
    return _array(kind, sides, readonly=False)


def _array(kind: str, sides: int, readonly: bool) -> Any:
    import numba

    return numba.types.Array(getattr(numba, kind), sides, "C", readonly=readonly)


def jit(*takes: Any, fastmath: frozenset[str] = frozenset()) -> Callable[[Function], Function]:
    """Compile a function, and keep the machine code on disk where some folder can be written.

    Args:
        takes: Types of all that it takes: `reads`, `writes`, and numba's names of numbers, such as "f4". Then it is
            compiled at once and returns nothing; without them it is compiled on its first call.
        fastmath: What may be done to floats besides what IEEE 754 says, in LLVM's words.
    """
    import numba

    njit: Any = numba.njit
    types = [getattr(numba, each) if isinstance(each, str) else each for each in takes]
    signature = [numba.void(*types)] if types else []
    settings: dict[str, Any] = {"nogil": True, "error_model": "numpy", "fastmath": set(fastmath)}

    def compile_it(function: Function) -> Function:
        try:
            return njit(*signature, cache=True, **settings)(function)
        except RuntimeError:  # neither beside this file nor in the user's cache folder
            return njit(*signature, **settings)(function)

    return compile_it
