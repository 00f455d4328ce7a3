"""What a component's constructor takes, and which registry a nested `{type: ...}` belongs to."""

from __future__ import annotations

import inspect
import math
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import UnionType
from typing import Any

from paddleseg.registry import BACKBONES, DATASETS, LOSSES, MODELS, TRANSFORMS, Registry

_BY_PARAMETER = {"backbone": BACKBONES, "losses": LOSSES, "transforms": TRANSFORMS}
_LARGEST = 2**63
"""Whole numbers from here on fit no machine's, so they are a slip of the pen."""
# Families whose arguments may hold further components.
_NESTING = (MODELS, BACKBONES, LOSSES, TRANSFORMS, DATASETS)


@dataclass(frozen=True)
class Parameters:
    """The arguments of a component: all names, those without a default, and their annotations.

    `open` is true where it passes further keywords on to something that cannot be looked into.
    """

    names: frozenset[str]
    required: frozenset[str]
    hints: Mapping[str, Any]
    open: bool


def parameters_of(component: Callable[..., Any]) -> Parameters:
    """Read a constructor's signature; `**kwargs` of a class stands for the parameters of its base class."""
    names: dict[str, inspect.Parameter] = {}
    hints: dict[str, Any] = {}
    is_open = False
    for function in _constructors(component):
        parameters = list(inspect.signature(function).parameters.values())
        is_open = any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in parameters)
        for parameter in parameters:
            if parameter.kind in (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY):
                names.setdefault(parameter.name, parameter)
        hints = {**_hints(function), **hints}
        if not is_open:
            break
    names.pop("self", None)
    required = frozenset(name for name, parameter in names.items() if parameter.default is inspect.Parameter.empty)
    return Parameters(frozenset(names), required, hints, is_open)


def _constructors(component: Callable[..., Any]) -> list[Callable[..., Any]]:
    """The functions whose parameters a call may name: the class's own `__init__`, then its bases'."""
    if not inspect.isclass(component):
        return [component]
    # What `**kwargs` does below Paddle's own classes cannot be told: it may be meant for them or be dropped.
    ours = [cls for cls in component.__mro__ if cls.__module__.partition(".")[0] not in ("paddle", "builtins")]
    return [vars(cls)["__init__"] for cls in ours if "__init__" in vars(cls)]


def _hints(function: Callable[..., Any]) -> dict[str, Any]:
    try:
        return typing.get_type_hints(function)
    except (NameError, TypeError, AttributeError):
        # A plugin's annotations may name things that exist only for its type checker.
        return {}


def nested_registry(owner: Registry, parameter: str, value: dict[str, Any]) -> Registry | None:
    """The family of a dict found in `parameter` of a component of `owner`; None where it is plain data."""
    if owner not in _NESTING:
        return None
    if parameter in _BY_PARAMETER:
        return _BY_PARAMETER[parameter]
    if not isinstance(value.get("type"), str):
        return None
    candidates = (owner, *(registry for registry in _NESTING if registry is not owner))
    return next((registry for registry in candidates if value["type"] in registry), owner)


def fits(value: Any, hint: Any) -> bool:
    """Whether a YAML value can be meant for a parameter annotated with `hint`; true where that cannot be told."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, UnionType):
        return any(fits(value, option) for option in arguments)
    if origin is typing.Literal:
        return value in arguments
    if hint is None or hint is type(None):
        return value is None
    if hint is bool:
        return isinstance(value, bool)
    if hint in (int, float):
        # A whole number is a float in YAML's eyes too, and 1e4 is a whole number.
        whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
        number = whole or (hint is float and isinstance(value, float) and math.isfinite(value))
        return not isinstance(value, bool) and number and (hint is float or abs(value) < _LARGEST)
    if hint in (str, Path):
        return isinstance(value, str)
    if (origin or hint) in (list, tuple, Sequence):
        return _fits_sequence(value, origin, arguments)
    if (origin or hint) in (dict, Mapping):
        return isinstance(value, dict)
    return True


def _fits_sequence(value: Any, origin: Any, arguments: tuple[Any, ...]) -> bool:
    if not isinstance(value, (list, tuple)):
        return False
    if not arguments:
        return True
    if origin is tuple and Ellipsis not in arguments:
        return len(value) == len(arguments) and all(map(fits, value, arguments))
    return all(fits(item, arguments[0]) for item in value)


def takes_path(parameter: Any, parameters: Parameters) -> bool:
    """Whether an argument is a file or folder: its annotation says `Path`, or it holds trained weights."""
    hint = parameters.hints.get(parameter)
    return str(parameter).endswith("pretrained") or Path in (hint, *typing.get_args(hint))


def describe(hint: Any) -> str:
    """A parameter's annotation in a reader's words."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, UnionType):
        return " or ".join(describe(option) for option in arguments)
    if origin is typing.Literal:
        return "one of " + ", ".join(map(repr, arguments))
    plain = {
        int: "a whole number",
        float: "a number",
        str: "text",
        Path: "a path",
        bool: "true or false",
        type(None): "null",
    }
    if hint in plain:
        return plain[hint]
    if (origin or hint) in (list, tuple, Sequence):
        if origin is tuple and arguments and Ellipsis not in arguments:
            return f"a list of {len(arguments)}"
        return f"a list ({describe(arguments[0])} each)" if arguments else "a list"
    return "a mapping" if (origin or hint) in (dict, Mapping) else getattr(hint, "__name__", str(hint))
