"""What stands behind people: the photo out of focus, a colour, or a picture."""

from __future__ import annotations

from typing import Protocol

import cv2
import numpy as np
from PIL import ImageColor

from paddleseg.errors import DataError
from paddleseg.files import is_file
from paddleseg.images.color import to_srgb
from paddleseg.images.io import read_image
from paddleseg.images.local_mean import LocalMean, Shrunk
from paddleseg.images.mattes import opacity

# Radius of the strongest blur as a share of the longer side, and which share of it "blur" means.
_BLUR_SHARE, STRENGTH = 0.06, 0.5


class Background(Protocol):
    """A photo (H, W, 3) and its matte to a background (H, W, 3), all RGB uint8.

    Attributes:
        foreign: Whether it looks other than the old one, whose colour must then be taken out of the edge.
    """

    foreign: bool

    def __call__(self, photo: np.ndarray, alpha: np.ndarray) -> np.ndarray: ...


class Blur:
    """The photo itself, out of focus.

    Args:
        strength: Above 0, up to 1.

    Raises:
        DataError: The strength is out of range.
    """

    foreign = False

    def __init__(self, strength: float = STRENGTH):
        if not 0 < strength <= 1:
            raise DataError("blur", f"has a strength above 0, up to 1, not {strength}", "such as blur:0.5")
        self.strength = strength

    def __call__(self, photo: np.ndarray, alpha: np.ndarray) -> np.ndarray:
        """The background goes on behind the person, whose colours are left out of the mean: else they made a halo."""
        radius = max(photo.shape[:2]) * _BLUR_SHARE * self.strength
        return LocalMean(Shrunk(photo, opacity(alpha), radius), of_foreground=False).picture()


class Plain:
    """One colour, [r, g, b]."""

    foreign = True

    def __init__(self, color: tuple[int, ...]):
        self._picture = Picture(np.array(color, np.uint8)[None, None])

    def __call__(self, photo: np.ndarray, alpha: np.ndarray) -> np.ndarray:
        return self._picture(photo, alpha)


class Picture:
    """A picture, RGB uint8 (H, W, 3), filling the frame with its middle."""

    foreign = True

    def __init__(self, picture: np.ndarray):
        self.picture = picture
        self._fitted = picture[:0]

    def __call__(self, photo: np.ndarray, alpha: np.ndarray) -> np.ndarray:
        fitted = self._fitted  # threads may fit at once, and to different sizes
        if fitted.shape != photo.shape:
            fitted = self._fitted = cover(self.picture, photo.shape[:2])
        return fitted


def background_from(text: str) -> Background:
    """The background that a user means: "blur" or "blur:STRENGTH", a colour ("#00b140", "white", "0,177,64"), or a
    picture's file.

    Raises:
        DataError: It is none of these.
    """
    name, colon, strength = text.partition(":")
    if name == "blur":
        return Blur(_number(text, strength)) if colon else Blur()
    color = color_from(text)
    if color is not None:
        return Plain(color)
    if not is_file(text):
        raise DataError(
            f"--background {text}", "is no file and no colour", 'give a picture, a colour such as "#00b140", or blur'
        )
    return Picture(to_srgb(read_image(text), text))


def _number(text: str, strength: str) -> float:
    try:
        return float(strength)
    except ValueError:
        raise DataError(f"--background {text}", f"{strength!r} is no number", "such as blur:0.5") from None


def color_from(text: str) -> tuple[int, ...] | None:
    """[r, g, b] of "#00b140", "white" or "0,177,64"; None of what is no colour."""
    numbers = text.split(",")
    if len(numbers) == 3 and all(number.strip().isdigit() and int(number) < 256 for number in numbers):
        return tuple(map(int, numbers))
    try:
        return ImageColor.getrgb(text)[:3]
    except ValueError:
        return None


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
