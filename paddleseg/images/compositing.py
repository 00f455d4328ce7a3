"""A person cut out, or put before another background: colours at the edge, blur, and pictures that fill the frame."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from PIL import ImageColor

from paddleseg.errors import DataError
from paddleseg.images.io import read_image

Background = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""A photo (H, W, 3) and its matte (H, W) to a background (H, W, 3), all RGB uint8."""

# Blur radius as a share of the longer side.
_BLUR_SHARE = 0.03
# The radius of the estimate of the foreground's colour, as a share of the longer side; it has to span the soft edge.
_EDGE_SHARE, _SURE, _TINY = 0.02, 0.95, 1e-3
# Means are taken of smaller pictures: the eye sees no difference and it costs a sixteenth.
_SHRINK = 4


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


def foreground_color(photo: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """What colour the foreground has where it is mixed with the background.

    After Forte, "Approximate Fast Foreground Colour Estimation" (ICIP 2021): local means of sure foreground and sure
    background, then what they leave unexplained; the paper's repeated passes are not needed for edges this narrow.
    """
    edge = (alpha > 0) & (alpha < 1)
    if not edge.any():
        return photo
    image, weight = photo.astype(np.float32), alpha[..., None].astype(np.float32)
    radius = max(photo.shape[:2]) * _EDGE_SHARE
    front = local_mean(image, (weight > _SURE).astype(np.float32), radius)
    back = local_mean(image, (weight < 1 - _SURE).astype(np.float32), radius)
    estimate = front + weight * (image - weight * front - (1 - weight) * back)
    return np.where(edge[..., None], np.clip(np.rint(estimate), 0, 255).astype(np.uint8), photo)


def local_mean(image: np.ndarray, weight: np.ndarray, radius: float) -> np.ndarray:
    """The mean colour around each pixel, of pixels as far as they have weight."""
    h, w = image.shape[:2]
    size = (max(w // _SHRINK, 1), max(h // _SHRINK, 1))
    small = cv2.resize(np.dstack([image * weight, weight]), size, interpolation=cv2.INTER_AREA)
    # A little of a much wider mean, so that pixels far from any weight have a colour at all.
    near, wide = max(radius / _SHRINK, 0.5), (size[0] | 1, size[1] | 1)
    total = cv2.GaussianBlur(small, (0, 0), near) + _TINY * cv2.blur(small, wide)
    mean = total[..., :3] / np.maximum(total[..., 3:], 1e-8)
    return cv2.resize(mean, (w, h), interpolation=cv2.INTER_LINEAR)


def cover(picture: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """A picture filling `size` (h, w) without distortion: enlarged until it covers it, the middle kept."""
    h, w = size
    scale = max(h / picture.shape[0], w / picture.shape[1])
    full = (max(round(picture.shape[0] * scale), h), max(round(picture.shape[1] * scale), w))
    top, left = (full[0] - h) // 2, (full[1] - w) // 2
    return resized(picture, full)[top : top + h, left : left + w]


def resized(picture: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """A picture at `size` (h, w), without the aliasing of a small one and the blocks of a large one."""
    shrunk = size[0] < picture.shape[0]
    return cv2.resize(picture, size[::-1], interpolation=cv2.INTER_AREA if shrunk else cv2.INTER_LINEAR)
