"""Several looks at one picture: scales, mirror images and sliding windows around any forward function."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from paddleseg.errors import ConfigError, Problem

Forward = Callable[[np.ndarray], np.ndarray]
"""Images (N, C, H, W) float32 to probabilities (N, K, H, W)."""

# Beyond these a picture is seen as a stamp, or takes more memory than any network's answer is worth.
_SMALLEST_SCALE, _LARGEST_SCALE = 0.05, 10.0
_LARGEST_SIDE = 65535
_HINT = "such as: --crop_size 512 512 --stride 256 256"


@dataclass(frozen=True)
class TestAugmentation:
    """How often and in which forms a network sees each picture.

    Args:
        scales: Factors of the network's input size.
        flip_horizontal: Also look at the picture mirrored left to right.
        flip_vertical: Also look at it upside down; with both flips, at all four forms.
        window: Size (h, w) of a sliding window; None shows the whole picture at once.
        stride: Steps (h, w) of the window, no longer than the window, or pixels between two would never be seen.

    Raises:
        ConfigError: Sizes or scales out of range; all are named.
    """

    __test__ = False  # not a test class, whatever its name says to pytest

    scales: tuple[float, ...] = (1.0,)
    flip_horizontal: bool = False
    flip_vertical: bool = False
    window: tuple[int, int] | None = None
    stride: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        problems = [*self._wrong_scales(), *self._wrong_windows()]
        if problems:
            raise ConfigError(problems)

    def _wrong_scales(self) -> Iterator[Problem]:
        wrong = [
            scale
            for scale in self.scales
            if not (_is_number(scale) and math.isfinite(scale) and _SMALLEST_SCALE <= scale <= _LARGEST_SCALE)
        ]
        if wrong or not self.scales:
            found = ", ".join(map(str, wrong)) or "none at all"
            what = f"should be numbers from {_SMALLEST_SCALE:g} to {_LARGEST_SCALE:g}, not {found}"
            yield Problem("scales", what, "such as: --scales 0.75 1.0 1.25")

    def _wrong_windows(self) -> Iterator[Problem]:
        sizes = {"crop_size": self.window, "stride": self.stride}
        if self.window is None and self.stride is None:
            return
        problems = []
        for name, size in sizes.items():
            if not (isinstance(size, tuple) and len(size) == 2 and all(map(_is_side, size))):
                found = "and is missing" if size is None else f"not {_width_first(size)}"
                what = f"should be two whole numbers from 1 to {_LARGEST_SIDE}, width first, {found}"
                problems.append(Problem(name, what, _HINT))
        pairs = zip(self.stride or (), self.window or (), strict=False)
        if not problems and any(step > side for step, side in pairs):
            what = (
                f"{_width_first(self.stride)} is longer than the window, {_width_first(self.window)}: pixels between "
            )
            hint = "make it as long as crop_size at most; half of it is usual"
            problems.append(Problem("stride", what + "two windows would never be seen", hint))
        yield from problems

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> TestAugmentation:
        """Read `test_config`'s keys, whose sizes are [w, h]; scales and flips count only with `aug_eval`.

        Raises:
            ConfigError: A sliding window without its sizes, or sizes or scales out of range.
        """
        looks: dict[str, Any] = {}
        if config.get("aug_eval"):
            scales = config.get("scales") or 1.0
            looks["scales"] = tuple(scales) if isinstance(scales, (list, tuple)) else (scales,)
            looks |= {name: bool(config.get(name)) for name in ("flip_horizontal", "flip_vertical")}
        if config.get("is_slide"):
            missing = [name for name in ("crop_size", "stride") if not config.get(name)]
            if missing:
                raise ConfigError("is_slide", f"needs {' and '.join(missing)}", _HINT)
            looks |= {"window": _height_first(config["crop_size"]), "stride": _height_first(config["stride"])}
        return cls(**looks)

    @property
    def flips(self) -> list[tuple[int, ...]]:
        """The axes to turn around, for every form of the picture."""
        both = [(), (-1,)] if self.flip_horizontal else [()]
        return [(*up, *left) for up in ([(), (-2,)] if self.flip_vertical else [()]) for left in both]


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float, np.number)) and not isinstance(value, bool)


def _is_side(value: Any) -> bool:
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool) and 1 <= int(value) <= _LARGEST_SIDE


def _height_first(size: Any) -> tuple[Any, ...]:
    """`test_config`'s [w, h] as (h, w); what is no such pair stays as it is, to be named."""
    return tuple(reversed(size)) if isinstance(size, (list, tuple)) else (size,)


def _width_first(size: Any) -> str:
    return " ".join(map(str, reversed(size))) if isinstance(size, (list, tuple)) else str(size)


def predict_prob(forward: Forward, images: np.ndarray, looks: TestAugmentation | None = None) -> np.ndarray:
    """The mean of the probabilities that `forward` gives over all looks at `images`.

    Shape:
        images (N, C, H, W) float32. Returns (N, K, H, W) float32.
    """
    looks = looks or TestAugmentation()
    size = images.shape[2:]
    probs = [
        _resize(np.flip(_slide(forward, np.flip(scaled, axes), looks), axes), size)
        for scaled in (_resize(images, _scaled(size, scale)) for scale in looks.scales)
        for axes in looks.flips
    ]
    return probs[0] if len(probs) == 1 else np.asarray(np.mean(probs, axis=0, dtype=np.float32))


def _slide(forward: Forward, images: np.ndarray, looks: TestAugmentation) -> np.ndarray:
    images = np.ascontiguousarray(images)
    if looks.window is None or looks.stride is None:
        return forward(images)
    size = images.shape[2:]
    height, width = (min(*pair) for pair in zip(looks.window, size, strict=True))
    total: np.ndarray | None = None
    seen = np.zeros(size, np.float32)
    starts = (_starts(*sizes) for sizes in zip(size, (height, width), looks.stride, strict=True))
    for y, x in itertools.product(*map(list, starts)):
        place = np.s_[..., y : y + height, x : x + width]
        prob = forward(np.ascontiguousarray(images[place]))
        if total is None:
            total = np.zeros((*prob.shape[:2], *size), np.float32)
        total[place] += prob
        seen[place] += 1
    assert total is not None
    return total / seen


def _starts(length: int, window: int, stride: int) -> Iterator[int]:
    """Where windows begin: a stride apart, the last one moved back so that it ends with the picture."""
    yield from range(0, length - window, stride)
    yield length - window


def _scaled(size: tuple[int, int], scale: float) -> tuple[int, int]:
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _resize(maps: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """(N, C, h, w) at another size, bilinear."""
    if maps.shape[2:] == tuple(size):
        return maps
    planes = [
        cv2.resize(plane, size[::-1], interpolation=cv2.INTER_LINEAR) for plane in maps.reshape(-1, *maps.shape[2:])
    ]
    return np.stack(planes).reshape(*maps.shape[:2], *size)
