"""A person cut out, or put before another background: colours at the edge, blur, and pictures that fill the frame."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import cv2
import numpy as np
from PIL import ImageColor

from paddleseg.errors import DataError
from paddleseg.files import is_file
from paddleseg.images.color import to_srgb
from paddleseg.images.io import read_image

Background = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""A photo (H, W, 3) and its matte (H, W) to a background (H, W, 3), all RGB uint8."""

Weight = Callable[[slice], np.ndarray]

# Blur radius as a share of the longer side.
_BLUR_SHARE = 0.03
# The radius of the estimate of the foreground's colour, as a share of the longer side; it has to span the soft edge.
_EDGE_SHARE, _SURE, _TINY = 0.02, 0.95, 1e-3
# Means are taken of smaller pictures: the eye sees no difference and it costs a sixteenth.
_SHRINK = 4
_STRIP_PIXELS = 1 << 17


def cutout(photo: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """The foreground with transparency, RGBA uint8 (H, W, 4); the old background's colour is taken out of the edge."""
    picture = np.empty((*photo.shape[:2], 4), np.uint8)
    for rows, front in _foreground(photo, alpha):
        picture[rows, :, :3] = front
    picture[..., 3] = opacity(alpha)
    return picture


def opacity(alpha: np.ndarray) -> np.ndarray:
    """A matte (H, W) in [0, 1] as uint8, 0 to 255."""
    return cv2.convertScaleAbs(alpha, alpha=255)


def replace(photo: np.ndarray, alpha: np.ndarray, background: np.ndarray) -> np.ndarray:
    """The foreground of a photo before another picture of its size, RGB uint8."""
    picture = np.empty_like(photo)
    for rows, front in _foreground(photo, alpha):
        weight = _on_colours(alpha[rows])
        picture[rows] = np.rint(front * weight + background[rows] * (1 - weight))
    return picture


def blurred(photo: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """The background out of focus. The person's colours are left out of the mean, else a halo surrounds them."""
    mean = _LocalMean(photo, lambda rows: 1 - alpha[rows], max(photo.shape[:2]) * _BLUR_SHARE)
    picture = np.empty_like(photo)
    for rows in _strips(photo.shape):
        picture[rows] = np.clip(np.rint(mean[rows]), 0, 255)
    return picture


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
    if not is_file(text):
        raise DataError(
            f"--background {text}", "is no file and no colour", 'give a picture, a colour such as "#00b140", or blur'
        )
    picture = to_srgb(read_image(text), text)
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
    picture = np.empty_like(photo)
    for rows, front in _foreground(photo, alpha):
        picture[rows] = front
    return picture


def _foreground(photo: np.ndarray, alpha: np.ndarray) -> Iterator[tuple[slice, np.ndarray]]:
    """`foreground_color`, a strip of rows at a time."""
    means: tuple[_LocalMean, _LocalMean] | None = None
    for rows in _strips(photo.shape):
        strip, weight = photo[rows], alpha[rows]
        edge = (weight > 0) & (weight < 1)
        if not edge.any():
            yield rows, strip
            continue
        if means is None:
            radius = max(photo.shape[:2]) * _EDGE_SHARE
            means = (
                _LocalMean(photo, lambda rows: alpha[rows] > _SURE, radius),
                _LocalMean(photo, lambda rows: alpha[rows] < 1 - _SURE, radius),
            )
        weight = _on_colours(weight.astype(np.float32))
        front, back = means[0][rows], means[1][rows]
        estimate = front + weight * (strip - weight * front - (1 - weight) * back)
        found = strip.copy()
        found[edge] = np.clip(np.rint(estimate[edge]), 0, 255)
        yield rows, found


class _LocalMean:
    """The mean colour around each pixel, of pixels as far as they have weight; by rows, float32.

    Args:
        image: (H, W, 3) uint8.
        weight: Of rows, (n, W).
        radius: Of the Gaussian, in pixels.
    """

    def __init__(self, image: np.ndarray, weight: Weight, radius: float):
        h, w = image.shape[:2]
        self.width, self.height = w, h
        size = (max(w // _SHRINK, 1), max(h // _SHRINK, 1))
        narrow = np.empty((h, size[0], 4), np.float32)
        for rows in _strips(image.shape):  # across first: in floats the whole is four times the photo
            share = weight(rows).astype(np.float32)
            strip = cv2.merge([*cv2.split(image[rows] * _on_colours(share)), share])
            narrow[rows] = cv2.resize(strip, (size[0], len(strip)), interpolation=cv2.INTER_AREA)
        small = cv2.resize(narrow, size, interpolation=cv2.INTER_AREA)
        del narrow
        # A little of a much wider mean, so that pixels far from any weight have a colour at all.
        near, wide = max(radius / _SHRINK, 0.5), (size[0] | 1, size[1] | 1)
        total = cv2.GaussianBlur(small, (0, 0), near) + _TINY * cv2.blur(small, wide)
        self._mean = total[..., :3] / np.maximum(total[..., 3:], 1e-8)

    def __getitem__(self, rows: slice) -> np.ndarray:
        """Rows (n, W, 3), between those of the small copy as bilinear resizing sets them."""
        place = (np.arange(rows.start, rows.stop) + 0.5) * (len(self._mean) / self.height) - 0.5
        first = np.floor(place).astype(int)
        share = (place - first).astype(np.float32)[:, None]
        above, below = (np.clip(first + k, 0, len(self._mean) - 1) for k in (0, 1))
        start = int(above[0])
        near = self._mean[start : int(below[-1]) + 1]
        wide = cv2.resize(near, (self.width, len(near)), interpolation=cv2.INTER_LINEAR)
        lines = wide.reshape(len(near), -1)
        found = lines[above - start]
        found *= 1 - share
        following = lines[below - start]
        following *= share
        found += following
        return found.reshape(-1, self.width, 3)


def _on_colours(weight: np.ndarray) -> np.ndarray:
    """A map (H, W) as (H, W, 3): arithmetic on whole rows is several times as fast as on pixels of three."""
    return cv2.merge([weight, weight, weight])


def _strips(size: tuple[int, ...]) -> Iterator[slice]:
    """Rows that are worked on together, so that their floats stay small beside a large photo."""
    h, w = size[:2]
    rows = max(_STRIP_PIXELS // w, 1)
    for start in range(0, h, rows):
        yield slice(start, min(start + rows, h))


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
