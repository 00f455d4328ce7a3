"""Pictures that show where a mask is wrong."""

from __future__ import annotations

import cv2
import numpy as np

_MISSED, _INVENTED, _CONFUSED, _IGNORED = (230, 60, 60), (40, 110, 240), (245, 180, 40), (150, 150, 150)


def class_colors(num_classes: int) -> np.ndarray:
    """One RGB colour for each class, (C, 3) uint8; class 0 is black, a lone foreground class white."""
    if num_classes == 2:
        return np.array([[0, 0, 0], [255, 255, 255]], np.uint8)
    hues = np.arange(num_classes) * 137.5 % 180  # the golden angle keeps neighbours apart
    hsv = np.stack([hues, np.full(num_classes, 170), np.full(num_classes, 230)], axis=1).astype(np.uint8)
    colors = cv2.cvtColor(hsv[None], cv2.COLOR_HSV2RGB)[0]
    colors[0] = 0
    return colors


def error_overlay(photo: np.ndarray, label: np.ndarray, mask: np.ndarray, ignore_index: int = 255) -> np.ndarray:
    """The photo in grey, with wrong pixels in colour.

    Red: foreground that the mask misses. Blue: foreground that it invents. Yellow: one foreground class taken for
    another. Light grey: ignored.
    """
    grey = cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY) // 2 + 40
    overlay = np.repeat(grey[..., None], 3, axis=2)
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
    photo: np.ndarray, label: np.ndarray, mask: np.ndarray, num_classes: int, ignore_index: int = 255, height: int = 480
) -> np.ndarray:
    """Photo, label, mask and errors side by side, RGB uint8, at most `height` pixels high."""
    colors = class_colors(num_classes)
    label_picture = colors[np.where(label == ignore_index, 0, label)]
    label_picture[label == ignore_index] = _IGNORED
    row = np.hstack([photo, label_picture, colors[mask], error_overlay(photo, label, mask, ignore_index)])
    if row.shape[0] > height:
        row = cv2.resize(row, (row.shape[1] * height // row.shape[0], height), interpolation=cv2.INTER_AREA)
    return row
