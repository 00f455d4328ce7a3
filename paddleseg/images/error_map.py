"""Pictures that show where a mask is wrong."""

from __future__ import annotations

import cv2
import numpy as np

from paddleseg.images.paint import as_rgb, colorize, palette

_MISSED, _INVENTED, _CONFUSED, _IGNORED = (230, 60, 60), (40, 110, 240), (245, 180, 40), (150, 150, 150)


def error_overlay(photo: np.ndarray, label: np.ndarray, mask: np.ndarray, ignore_index: int = 255) -> np.ndarray:
    """The photo in grey, with wrong pixels in colour.

    Red: foreground that the mask misses. Blue: foreground that it invents. Yellow: one foreground class taken for
    another. Grey: ignored.
    """
    overlay = as_rgb(cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY)[..., None] // 2 + 40)
    wrong = label != mask
    for where, color in (
        (wrong & (mask == 0), _MISSED),
        (wrong & (label == 0), _INVENTED),
        (wrong & (mask != 0) & (label != 0), _CONFUSED),
        (label == ignore_index, _IGNORED),
    ):
        overlay[where] = color
    return overlay


def panel(
    photo: np.ndarray, label: np.ndarray, mask: np.ndarray, ignore_index: int = 255, height: int = 480
) -> np.ndarray:
    """Photo, label, mask and errors side by side, RGB uint8, at most `height` pixels high."""
    ignored, colors = label == ignore_index, palette()
    label_picture = colorize(np.where(ignored, 0, label), colors)
    label_picture[ignored] = _IGNORED
    photo = as_rgb(photo)
    row = np.hstack([photo, label_picture, colorize(mask, colors), error_overlay(photo, label, mask, ignore_index)])
    if row.shape[0] > height:
        row = cv2.resize(row, (row.shape[1] * height // row.shape[0], height), interpolation=cv2.INTER_AREA)
    return row
