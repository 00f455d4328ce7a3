"""Steady masks: each frame's probabilities mixed with what the frames before have shown.

All of it happens at the network's size, before the mask is brought to the photo's and its edges onto the photo's.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Protocol

import cv2
import numpy as np

from paddleseg.compiled import Passes
from paddleseg.errors import ConfigError

_passes = Passes("paddleseg.video.smoothing_passes")


class Smoother(Protocol):
    """Takes a frame's probabilities (C, h, w) and its view (h, w) float32 as the network sees it, grey; returns steady
    probabilities. It may keep what it is given."""

    def __call__(self, prob: np.ndarray, view: np.ndarray) -> np.ndarray: ...

    def reset(self) -> None:
        """Forget the frames before."""


class Ema:
    """Exponential mean over time: `share` of the new frame, the rest of what was. What moves leaves a trail.

    Args:
        share: Above 0, up to 1.
    """

    def __init__(self, share: float = 0.5):
        self.share = share
        self.reset()

    def reset(self) -> None:
        self._mean: np.ndarray | None = None

    def __call__(self, prob: np.ndarray, view: np.ndarray) -> np.ndarray:
        if self._mean is None:
            self._mean = prob
        else:
            self._mean = self._mean + np.float32(self.share) * (prob - self._mean)
        return self._mean


class Adaptive:
    """A mean whose share of the new frame grows with how much the mask changes there.

    A change of a few per cent is the network's doubt and is smoothed away. Where a hand moves the change is large, and
    the new frame counts alone, so nothing lags.

    Args:
        still: Share of the new frame where nothing changes.
        low, high: Changes of a probability up to which that is so, and from which the new frame counts alone.
    """

    def __init__(self, still: float = 0.15, low: float = 0.0, high: float = 0.5):
        self.still, self.low, self.high = np.float32(still), np.float32(low), np.float32(high)
        self.reset()

    def reset(self) -> None:
        self._before: np.ndarray | None = None

    def __call__(self, prob: np.ndarray, view: np.ndarray) -> np.ndarray:
        if self._before is not None:
            prob = self._mixed(prob, self._before)
        self._before = prob
        return prob

    def _mixed(self, prob: np.ndarray, before: np.ndarray) -> np.ndarray:
        if (passes := _passes.loaded) is not None and len(prob) == 1:
            steady = np.empty(prob.shape, np.float32)
            settings = self.still, self.low, self.high
            passes.adapt(prob.reshape(-1), before.reshape(-1), *settings, steady.reshape(-1))
            return steady
        return before + self._share(prob, before) * (prob - before)

    def _share(self, prob: np.ndarray, before: np.ndarray) -> np.ndarray:
        share = np.abs(prob - before).max(axis=0)
        share -= self.low
        share /= self.high - self.low
        np.clip(share, 0, 1, out=share)
        share *= share * (3 - 2 * share)
        share *= 1 - self.still
        share += self.still
        return share


class Flow:
    """As `Adaptive`, but the mask before is first moved along with the picture.

    By optical flow (DIS: Kroeger et al., "Fast Optical Flow using Dense Inverse Search", ECCV 2016). It costs more, and
    may smooth more, since most of what changes is explained by motion.
    """

    def __init__(self, still: float = 0.15, low: float = 0.1, high: float = 0.6):
        self._adaptive = Adaptive(still, low, high)
        self._flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST)
        self.reset()

    def reset(self) -> None:
        self._adaptive.reset()
        self._seen: np.ndarray | None = None

    def __call__(self, prob: np.ndarray, view: np.ndarray) -> np.ndarray:
        before = self._adaptive._before
        if self._seen is not None and before is not None:
            now, then = (_eight_bits(each, self._seen) for each in (view, self._seen))
            flow = self._flow.calc(now, then, np.zeros((*view.shape, 2), np.float32)) + _places(view.shape)
            self._adaptive._before = np.stack(
                [cv2.remap(plane, flow, _NO_MAP, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE) for plane in before]
            )
        self._seen = view
        return self._adaptive(prob, view)


_NO_MAP = np.empty(0, np.float32)  # of y: x and y are one


@lru_cache(maxsize=8)
def _places(size: tuple[int, int]) -> np.ndarray:
    """x and y of each pixel, (h, w, 2) float32."""
    return np.dstack(np.meshgrid(*(np.arange(side, dtype=np.float32) for side in size[::-1])))


def _eight_bits(view: np.ndarray, like: np.ndarray) -> np.ndarray:
    low, high = float(like.min()), float(like.max())
    scale = 255 / max(high - low, 1e-6)
    return np.clip((view - low) * scale, 0, 255).astype(np.uint8)


TEMPORAL: dict[str, type[Smoother]] = {"adaptive": Adaptive, "ema": Ema, "flow": Flow}


def smoother_from(name: str | None) -> Smoother | None:
    """The smoother of a name; None for None and "none".

    Raises:
        ConfigError: There is none of that name.
    """
    if name in (None, "none"):
        return None
    if name not in TEMPORAL:
        raise ConfigError("temporal", f"{name!r} is none of {', '.join(TEMPORAL)} and none", "such as adaptive")
    return TEMPORAL[name]()
