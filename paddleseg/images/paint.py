"""Masks as pictures: pseudo-colour, and laid over the photo."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

_MAX_CLASSES = 256
_ROWS = 256


def palette(colors: Sequence[Sequence[int]] = (), first: int = 0) -> np.ndarray:
    """256 RGB colours (256, 3) uint8: the given ones first, the rest from the PASCAL VOC scheme; class 0 is black.

    Args:
        first: The place in the scheme that class 0 has.

    The scheme spreads the bits of the class number over the high bits of the three channels, so that near numbers get
    colours that are far apart.
    """
    table = np.zeros((_MAX_CLASSES, 3), np.uint8)
    for bit in range(8):
        triple = np.arange(_MAX_CLASSES) >> 3 * bit
        for channel in range(3):
            table[:, channel] |= ((triple >> channel & 1) << 7 - bit).astype(np.uint8)
    table = table[(np.arange(_MAX_CLASSES) + first) % _MAX_CLASSES]
    if len(colors):
        table[: len(colors)] = np.asarray(colors, np.uint8)
    return table


def colorize(mask: np.ndarray, colors: np.ndarray) -> np.ndarray:
    """A mask (H, W) as an RGB picture; of independent classes (C, H, W) the later class covers the earlier."""
    return colors[flatten(mask)]


def flatten(mask: np.ndarray) -> np.ndarray:
    """One number for each pixel: of independent classes (C, H, W) the last that holds, counted from 1; 0 for none."""
    if mask.ndim == 2:
        return mask
    numbers = np.zeros(mask.shape[1:], np.uint8)
    for number, plane in enumerate(mask, 1):
        numbers[plane > 0] = number
    return numbers


def overlay(image: np.ndarray, mask: np.ndarray, colors: np.ndarray | None = None, weight: float = 0.5) -> np.ndarray:
    """The photo with its foreground tinted and outlined; the background (class 0) stays as it is.

    Args:
        image: RGB or grey uint8 (H, W, 3 or 1).
        mask: Classes (H, W), or (C, H, W) of independent ones.
        colors: `palette()` by default.
        weight: How much of the tint covers the photo.
    """
    colors = palette() if colors is None else colors
    picture, height = as_rgb(image).copy(), len(image)
    for start in range(0, height, _ROWS):  # in strips, since whole copies are several times the photo
        around = slice(max(start - 1, 0), min(start + _ROWS + 1, height))  # a row more, for the outline
        inner = slice(start - around.start, min(start + _ROWS, height) - around.start)
        classes = flatten(mask[..., around, :])
        inside = classes[inner] > 0
        if not inside.any():
            continue
        strip = picture[start : start + _ROWS]
        tinted = cv2.addWeighted(strip, 1 - weight, colors[classes[inner]], weight, 0)
        edge = cv2.morphologyEx(classes.astype(np.uint8), cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) > 0
        tinted[edge[inner]] = 255
        strip[inside] = tinted[inside]
    return picture


def as_rgb(image: np.ndarray) -> np.ndarray:
    """A grey picture (H, W, 1) as RGB; RGB as it is."""
    return np.repeat(image, 3, axis=2) if image.shape[2] == 1 else image
