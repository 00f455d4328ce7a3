"""The named arrays in what a weights file holds, whatever tool wrote it, and whether one fits a parameter."""

from __future__ import annotations

from typing import Any

import numpy as np
import paddle

from paddleseg.arrays_only import widened
from paddleseg.errors import WeightsError

# Where other tools keep the parameters beside an optimizer's state.
_USUAL = ("state_dict", "model_state_dict", "model")
# What may become a parameter of such a type: whole numbers for fractions would be those of another kind of network.
_KINDS = {"float": "f", "int": "iu", "bool": "b"}
_LARGEST = np.finfo(np.float32).max


def named_arrays(content: Any, where: str) -> dict[str, np.ndarray]:
    """The arrays in `content` by name, those in a dictionary inside it where it has no others; 16-bit ones widened.

    Raises:
        WeightsError: There are none, several dictionaries hold some, or a name or the numbers are of no use.
    """
    if not isinstance(content, dict):
        raise WeightsError(where, f"holds a {type(content).__name__}, not arrays by name", "give a .pdparams file")
    found = _arrays(content)
    if not any(array.ndim for array in found.values()):  # a count of steps and the like may stand beside a dictionary
        inner = {
            key: arrays for key, value in content.items() if isinstance(value, dict) and (arrays := _arrays(value))
        }
        chosen = [key for key in _USUAL if key in inner] or list(inner)
        if len(chosen) > 1:
            what = f"holds arrays in several dictionaries ({', '.join(map(str, chosen))})"
            raise WeightsError(where, what, "save the one that is to be loaded as a file of its own")
        found = inner[chosen[0]] if chosen else found
    if not found:
        raise WeightsError(where, "holds no arrays", "give a file that paddle.save wrote from a state_dict()")
    for name, array in found.items():
        if not isinstance(name, str):
            raise WeightsError(where, f"names an array {name!r}, where text should be", "give a .pdparams file")
        if array.dtype.kind not in "fiub":
            raise WeightsError(where, f"holds {array.dtype} in '{name}', not plain numbers", "give a .pdparams file")
    return {name: widened(array) for name, array in found.items()}


def misfit(array: np.ndarray, parameter: paddle.Tensor) -> str:
    """Why `array` cannot become the parameter's value; empty where it can."""
    single = array.size == parameter.size == 1 and 0 in (array.ndim, parameter.ndim)  # older Paddle has no 0-d tensors
    if list(array.shape) != list(parameter.shape) and not single:
        return f"{list(array.shape)} instead of {list(parameter.shape)}"
    dtype = _dtype(parameter)
    if array.dtype.kind not in next((kinds for family, kinds in _KINDS.items() if family in dtype), ""):
        return f"{array.dtype} instead of {dtype}"
    narrowed = array.dtype == np.float64 and dtype != "float64" and np.isfinite(array).all()
    return f"numbers beyond {dtype}" if narrowed and np.abs(array).max(initial=0) > _LARGEST else ""


def assign(array: np.ndarray, parameter: paddle.Tensor) -> None:
    """Give the parameter the value of an array that fits, in the parameter's own precision."""
    dtype, array = _dtype(parameter), array.reshape(parameter.shape)
    if dtype == "bfloat16":  # numpy has none
        parameter.set_value(paddle.to_tensor(array.astype(np.float32)).astype(dtype))
    else:
        parameter.set_value(array.astype(dtype, copy=False))


def _arrays(content: dict[Any, Any]) -> dict[Any, np.ndarray]:
    """Paddle writes a parameter as an array, or as (its own name, array)."""
    bare = {key: value[1] if isinstance(value, tuple) and len(value) == 2 else value for key, value in content.items()}
    return {key: value for key, value in bare.items() if isinstance(value, np.ndarray)}


def _dtype(parameter: paddle.Tensor) -> str:
    return str(parameter.dtype).removeprefix("paddle.")
