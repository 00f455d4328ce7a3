"""Checks of what a transform is given, so that a typo ends a run before it starts."""

from __future__ import annotations

import math
import numbers
from collections.abc import Sequence
from typing import Any

from paddleseg.geometry import Size
from paddleseg.transforms.functional import LONGEST_SIDE, Fill


def size_from_wh(name: str, value: Sequence[int]) -> Size:
    """PaddleSeg's [w, h] as a size (h, w)."""
    if not isinstance(value, (list, tuple)) or len(value) != 2 or not all(_is_count(side) for side in value):
        raise ValueError(f"{name} should be two whole numbers [w, h] from 1 on, not {value!r}")
    if max(value) > LONGEST_SIDE:
        raise ValueError(f"{name} should have sides up to {LONGEST_SIDE}, not {value!r}")
    return int(value[1]), int(value[0])


def length(name: str, value: float) -> float:
    """An image's side in pixels."""
    if not is_number(value) or not 1 <= value <= LONGEST_SIDE:
        raise ValueError(f"{name} should be a number from 1 to {LONGEST_SIDE}, not {value!r}")
    return value


def probability(name: str, value: float) -> float:
    if not is_number(value) or not 0 <= value <= 1:
        raise ValueError(f"{name} should lie between 0 and 1, not {value!r}")
    return value


def at_least(name: str, value: float, low: float) -> float:
    if not is_number(value) or not low <= value:
        raise ValueError(f"{name} should be {low} or more, not {value!r}")
    return value


def above(name: str, value: float, low: float) -> float:
    if not is_number(value) or not low < value:
        raise ValueError(f"{name} should be above {low}, not {value!r}")
    return value


def ordered(low_name: str, low: float, high_name: str, high: float) -> tuple[float, float]:
    for name, value in ((low_name, low), (high_name, high)):
        if not is_number(value):
            raise ValueError(f"{name} should be a number, not {value!r}")
    if low > high:
        raise ValueError(f"{low_name} ({low}) should not be larger than {high_name} ({high})")
    return low, high


def span(name: str, value: Sequence[float], low: float, high: float) -> tuple[float, float]:
    """A range to draw from, as [least, largest]."""
    fits = isinstance(value, (list, tuple)) and len(value) == 2 and all(map(is_number, value))
    if not fits or not low <= value[0] <= value[1] <= high:
        raise ValueError(f"{name} should be [least, largest], from {low} to {high}, not {value!r}")
    return float(value[0]), float(value[1])


def label_value(name: str, value: int, most: int = (1 << 16) - 1) -> int:
    """What a transform writes into labels."""
    if not is_number(value) or not 0 <= value <= most or int(value) != value:
        raise ValueError(f"{name} should be a whole number from 0 to {most}, not {value!r}")
    return int(value)


def one_of(name: str, value: str, options: Sequence[str]) -> str:
    if value not in options:
        raise ValueError(f"{name} should be one of {', '.join(options)}, not {value!r}")
    return value


def fill(name: str, value: Fill) -> Fill:
    """One number, or one for each channel."""
    parts = value if isinstance(value, (list, tuple)) else [value]
    if not parts or not all(map(is_number, parts)):
        raise ValueError(f"{name} should be a number, or one for each channel, not {value!r}")
    return value


def is_number(value: Any) -> bool:
    """Whether it is a finite number."""
    return isinstance(value, numbers.Real) and not isinstance(value, bool) and math.isfinite(value)


def _is_count(value: float) -> bool:
    return is_number(value) and value >= 1 and float(value).is_integer()
