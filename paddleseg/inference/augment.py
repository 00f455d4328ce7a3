"""Several looks at one picture: scales, mirror images and sliding windows around any forward function."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from paddleseg.errors import ConfigError

Forward = Callable[[np.ndarray], np.ndarray]
"""Images (N, C, H, W) float32 to probabilities (N, K, H, W)."""


@dataclass(frozen=True)
class TestAugmentation:
    """How often and in which forms a network sees each picture.

    Args:
        scales: Factors of the network's input size.
        flip_horizontal: Also look at the picture mirrored left to right.
        flip_vertical: Also look at it upside down; with both flips, at all four forms.
        window: Size (h, w) of a sliding window; None shows the whole picture at once.
        stride: Steps (h, w) of the window.
    """

    __test__ = False  # not a test class, whatever its name says to pytest

    scales: tuple[float, ...] = (1.0,)
    flip_horizontal: bool = False
    flip_vertical: bool = False
    window: tuple[int, int] | None = None
    stride: tuple[int, int] | None = None

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> TestAugmentation:
        """Read `test_config`'s keys, whose sizes are [w, h]; scales and flips count only with `aug_eval`.

        Raises:
            ConfigError: A sliding window without its sizes.
        """
        looks: dict[str, Any] = {}
        if config.get("aug_eval"):
            scales = config.get("scales") or 1.0
            looks["scales"] = tuple(scales) if isinstance(scales, (list, tuple)) else (scales,)
            looks |= {name: bool(config.get(name)) for name in ("flip_horizontal", "flip_vertical")}
        if config.get("is_slide"):
            missing = [name for name in ("crop_size", "stride") if not config.get(name)]
            if missing:
                raise ConfigError(
                    "is_slide", f"needs {' and '.join(missing)}", "such as: --crop_size 512 512 --stride 256 256"
                )
            (width, height), (step_x, step_y) = config["crop_size"], config["stride"]
            looks |= {"window": (height, width), "stride": (step_y, step_x)}
        return cls(**looks)

    @property
    def flips(self) -> list[tuple[int, ...]]:
        """The axes to turn around, for every form of the picture."""
        both = [(), (-1,)] if self.flip_horizontal else [()]
        return [(*up, *left) for up in ([(), (-2,)] if self.flip_vertical else [()]) for left in both]


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
