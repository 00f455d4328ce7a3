"""Small copies of pictures, for means and lines that are found on them and used at full size."""

from __future__ import annotations

import cv2
import numpy as np


def halved(picture: np.ndarray, times: int) -> np.ndarray:
    """A picture halved in both directions `times` times; each pixel is the mean of those that it stands for.

    By halves, since OpenCV's mean of two by two pixels is ten times as fast as its mean of other numbers.
    """
    for _ in range(times):
        h, w = picture.shape[:2]
        picture = cv2.resize(picture, (max(w // 2, 1), max(h // 2, 1)), interpolation=cv2.INTER_AREA)
    return picture


def halvings(share: float) -> int:
    """How often something can be halved that may shrink by `share`."""
    return max(int(np.log2(share)), 0) if share > 1 else 0
