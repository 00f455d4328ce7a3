"""One picture of many samples, so that a person sees in a second what the numbers cannot say."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np


def contact_sheet(
    samples: Sequence[tuple[np.ndarray, np.ndarray]], *, columns: int = 6, tile: tuple[int, int] = (192, 192)
) -> np.ndarray:
    """Photos with their labels laid over them, in rows.

    Args:
        samples: (RGB uint8 image, label) pairs.
        tile: Size (h, w) of one picture; the whole photo is shown, letterboxed.

    Returns:
        RGB uint8 (rows * h, columns * w, 3).
    """
    h, w = tile
    rows = max(-(-len(samples) // columns), 1)
    sheet = np.full((rows * h, columns * w, 3), 32, np.uint8)
    for number, (image, label) in enumerate(samples):
        tint = np.where((label > 0)[..., None] & (label < 255)[..., None], (60, 200, 90), image).astype(np.uint8)
        picture = cv2.addWeighted(image, 0.5, tint, 0.5, 0)
        scale = min(h / picture.shape[0], w / picture.shape[1])
        size = (max(int(picture.shape[1] * scale), 1), max(int(picture.shape[0] * scale), 1))
        small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
        top = number // columns * h + (h - small.shape[0]) // 2
        left = number % columns * w + (w - small.shape[1]) // 2
        sheet[top : top + small.shape[0], left : left + small.shape[1]] = small
    return sheet
