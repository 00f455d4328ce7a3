"""Paddle's files of weights and states: pickles, read without running anything that they name.

A pickle may call whatever its author liked, and files of weights come from anywhere.
"""

from __future__ import annotations

import pickle
import pickletools
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO, ClassVar

import numpy as np

from paddleseg.errors import WeightsError

_SHOWN = 3
_NAME_TABLE = "StructuredToParameterName@@"  # Paddle's own, beside the arrays of a network


def read(path: Path) -> Any:
    """What the file holds: numbers, text, containers and NumPy arrays, one of these inside the other.

    Raises:
        WeightsError: The file is damaged, cut short, or holds anything else; it is not read any further.
    """
    return _read(path)[0]


def read_name_table(path: Path) -> dict[str, str]:
    """The names that Paddle gave the parameters of a `.pdparams` file (`conv2d_0.w_0`), by their names in the network.

    Raises:
        WeightsError: As `read`.
    """
    table = _read(path)[1]
    return {str(name): str(own) for name, own in table.items()} if isinstance(table, dict) else {}


def _read(path: Path) -> tuple[Any, Any]:
    """What the file holds, and Paddle's table of names."""
    try:
        with path.open("rb") as file:
            _check_memo(file)
            file.seek(0)
            held = _ArraysOnly(file, encoding="latin1").load()  # the encoding of files that Python 2 wrote
            return _plain(held), held.get(_NAME_TABLE) if isinstance(held, dict) else None
    except Exception as error:  # unpickling raises whatever it meets in a foreign file
        reason = str(error) or type(error).__name__
        raise WeightsError(str(path), f"is not a Paddle weights file ({reason})", "give a .pdparams file") from error


def read_arrays(path: Path, *, finite: bool = True) -> dict[str, np.ndarray]:
    """The arrays of a `.pdparams` file by name; 16-bit floating-point numbers are widened to 32.

    Args:
        finite: Refuse a file with numbers that are none.

    Raises:
        WeightsError: It is not such a file, or holds NaN or infinity.
    """
    state = read(path)
    if not isinstance(state, dict) or not all(isinstance(name, str) for name in state):
        held = "names that are no text" if isinstance(state, dict) else f"a {type(state).__name__}"
        raise WeightsError(str(path), f"is not a Paddle weights file (it holds {held})", "give a .pdparams file")
    arrays = {name: widened(value) for name, value in state.items() if isinstance(value, np.ndarray)}
    if finite:
        refuse_nonfinite(str(path), arrays)
    return arrays


def refuse_nonfinite(where: str, arrays: Mapping[str, Any]) -> None:
    """Refuse arrays or tensors of which some hold NaN or infinity, naming the first of them.

    Raises:
        WeightsError: With the number of such arrays, and of such numbers in the first ones.
    """
    if bad := nonfinite(arrays):
        hint = "a run that lost its numbers wrote them: take an older checkpoint, and train on at a lower learning_rate"
        raise WeightsError(where, f"{in_words(bad)}, of {len(arrays)} arrays", hint)


def nonfinite(arrays: Mapping[str, Any]) -> dict[str, tuple[int, int]]:
    """Of arrays or tensors with NaN or infinity: how many of how many numbers, by name."""
    found = {}
    for name, value in arrays.items():
        array = np.asarray(value)
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            found[name] = int(array.size - np.isfinite(array).sum()), int(array.size)
    return found


def in_words(bad: Mapping[str, tuple[int, int]]) -> str:
    """What `nonfinite` found."""
    shown = ", ".join(f"{name}: {count} of {size} numbers" for name, (count, size) in list(bad.items())[:_SHOWN])
    more = f", and {len(bad) - _SHOWN} more" if len(bad) > _SHOWN else ""
    return f"holds NaN or infinity in {len(bad)} ({shown}{more})"


def widened(array: np.ndarray) -> np.ndarray:
    """16-bit numbers as float32, others in this machine's order of bytes."""
    if array.dtype == np.uint16:  # NumPy has no bfloat16: the upper half of a float32, as Paddle writes it
        return (array.astype(np.uint32) << 16).view(np.float32)
    half = array.dtype.kind == "f" and array.dtype.itemsize == 2
    return array.astype(np.float32 if half else array.dtype.newbyteorder("="), copy=False)


def _plain(value: Any) -> Any:
    """`value` with arrays in the place of (a tensor's own name, array), as Paddle writes some, and without its table.

    Raises:
        TypeError: An array of something else than numbers.
    """
    if isinstance(value, np.ndarray):
        if value.dtype.hasobject:
            raise TypeError(f"an array of {value.dtype}")
        return value
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items() if key != _NAME_TABLE}
    if isinstance(value, tuple) and len(value) == 2 and isinstance(value[0], str) and isinstance(value[1], np.ndarray):
        return _plain(value[1])
    if isinstance(value, (list, tuple)):
        return type(value)(map(_plain, value))
    return value


def _check_memo(file: BinaryIO) -> None:
    """Refuse a pickle that counts its memory from far beyond its length: a flipped bit would take all of the machine's.

    Raises:
        ValueError: As said, or an operation that is none.
    """
    for number, (operation, argument, _) in enumerate(pickletools.genops(file)):
        if operation.name in ("PUT", "BINPUT", "LONG_BINPUT") and not 0 <= int(argument or 0) <= max(number, 255):
            raise ValueError("its parts are numbered wrongly")


class _ArraysOnly(pickle.Unpickler):
    """Reads containers and numpy arrays, and calls nothing else."""

    _MODULES: ClassVar = ("numpy", "numpy.core.multiarray", "numpy._core.multiarray")
    _NAMES: ClassVar = {"ndarray", "dtype", "_reconstruct", "scalar"}
    _OTHERS: ClassVar = {
        ("builtins", "tuple"),
        ("__builtin__", "tuple"),
        ("collections", "OrderedDict"),
        ("_codecs", "encode"),
    }

    def find_class(self, module: str, name: str) -> Any:
        if (module in self._MODULES and name in self._NAMES) or (module, name) in self._OTHERS:
            return super().find_class(module, name)
        raise pickle.UnpicklingError(f"it wants to run {module}.{name}, which arrays do not need")
