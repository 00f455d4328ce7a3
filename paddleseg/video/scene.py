"""Where another scene begins, and where nothing has moved."""

from __future__ import annotations

import cv2
import numpy as np

from paddleseg.images.small import halved

_SIZE = (32, 18)
_ALIKE = 0.6
"""Correlation of two thumbnails below which they show different scenes. Of 50 clips of one scene one fell below, held
in a shaking hand; frames of different clips have 0.02 in the median."""


class Scenes:
    """Tells for one frame after the other whether a scene begins."""

    def __init__(self) -> None:
        self._before: np.ndarray | None = None

    def begins(self, view: np.ndarray) -> bool:
        """Whether a frame, grey float32 (h, w), shows another scene than the one before; so does the first."""
        small = cv2.resize(halved(view, 2), _SIZE, interpolation=cv2.INTER_AREA)
        small = small - small.mean()
        before, self._before = self._before, small
        if before is None:
            return True
        spread = float(np.sqrt(np.square(small).sum() * np.square(before).sum()))
        return spread > 1e-6 and float((small * before).sum()) < _ALIKE * spread


class Stillness:
    """Tells whether a frame shows what the last one that counted showed, but for noise.

    Args:
        most: Change of the picture, as a share of its range from darkest to brightest, that still is none.
    """

    def __init__(self, most: float = 0.02):
        self.most = most
        self._seen: np.ndarray | None = None

    def reset(self) -> None:
        """The next frame is new."""
        self._seen = None

    def is_still(self, view: np.ndarray) -> bool:
        """Whether nothing moved in a frame, grey float32 (h, w); where something did, it is what counts from now on."""
        smooth = cv2.blur(view, (9, 9))
        seen = self._seen
        if seen is not None and float(cv2.absdiff(smooth, seen).max()) <= self.most * float(np.ptp(smooth)):
            return True
        self._seen = smooth
        return False
