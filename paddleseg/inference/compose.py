"""The person cut out, or put before another background."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import ImageColor

from paddleseg.errors import DataError
from paddleseg.transforms.compositing import cover, foreground_color, local_mean
from paddleseg.transforms.image_io import read_image

Background = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""A photo (H, W, 3) and its matte (H, W) to a background (H, W, 3), all RGB uint8."""

# Blur radius as a share of the longer side.
_BLUR_SHARE = 0.03


def cutout(photo: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """The foreground with transparency, RGBA uint8 (H, W, 4); the old background's colour is taken out of the edge."""
    return np.dstack([foreground_color(photo, alpha), np.rint(alpha * 255).astype(np.uint8)])


def replace(photo: np.ndarray, alpha: np.ndarray, background: np.ndarray) -> np.ndarray:
    """The foreground of a photo before another picture of its size, RGB uint8."""
    weight = alpha[..., None]
    front = foreground_color(photo, alpha).astype(np.float32)
    return np.rint(front * weight + background * (1 - weight)).astype(np.uint8)


def blurred(photo: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """The background out of focus. The person's colours are left out of the mean, else a halo surrounds them."""
    mean = local_mean(photo.astype(np.float32), 1 - alpha[..., None], max(photo.shape[:2]) * _BLUR_SHARE)
    return np.clip(np.rint(mean), 0, 255).astype(np.uint8)


def background_from(text: str) -> Background:
    """The background that a user means: "blur", a colour ("#00b140", "white", "0,177,64"), or a picture's file.

    Raises:
        DataError: It is none of these.
    """
    if text == "blur":
        return blurred
    color = _color(text)
    if color is not None:
        return lambda photo, _: np.broadcast_to(np.array(color, np.uint8), photo.shape)
    if not Path(text).is_file():
        raise DataError(
            f"--background {text}", "is no file and no colour", 'give a picture, a colour such as "#00b140", or blur'
        )
    picture = read_image(text)
    return lambda photo, _: cover(picture, photo.shape[:2])


def _color(text: str) -> tuple[int, ...] | None:
    numbers = text.split(",")
    if len(numbers) == 3 and all(number.strip().isdigit() and int(number) < 256 for number in numbers):
        return tuple(map(int, numbers))
    try:
        return ImageColor.getrgb(text)[:3]
    except ValueError:
        return None
