"""PaddleSeg's `paddleseg.transforms.functional`, for plugins; our transforms use the other functions there.

Those that draw at random do so from NumPy's global generator, as theirs do, so they are not reproducible by `--seed`.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from PIL import Image, ImageEnhance


def crop(img: np.ndarray, crop_coordinate: Sequence[int]) -> np.ndarray:
    """The part from (x1, y1) to (x2, y2), `crop_coordinate` in this order."""
    left, top, right, bottom = crop_coordinate
    return img[top:bottom, left:right]


def rescale_size(img_size: Sequence[int], target_size: Sequence[int]) -> tuple[list[int], float]:
    """The largest size of the same shape whose sides fit those of the target, long to long, and the factor."""
    scale = min(max(target_size) / max(img_size), min(target_size) / min(img_size))
    return [round(side * scale) for side in img_size], scale


def normalize(im: np.ndarray, mean: Sequence[float], std: Sequence[float]) -> np.ndarray:
    """Values of 0 to 255 as (value / 255 - mean) / std, float32 (H, W, C)."""
    return (im.astype(np.float32) / 255 - np.asarray(mean, np.float32)) / np.asarray(std, np.float32)


def resize(im: np.ndarray, target_size: int | Sequence[int] = 608, interp: int = cv2.INTER_LINEAR) -> np.ndarray:
    """To a square of `target_size`, or to (w, h)."""
    w, h = (target_size, target_size) if isinstance(target_size, int) else target_size
    return cv2.resize(im, (w, h), interpolation=interp)


def resize_long(im: np.ndarray, long_size: int = 224, interpolation: int = cv2.INTER_LINEAR) -> np.ndarray:
    """With a longer side of `long_size`."""
    return _by(im, long_size / max(im.shape[:2]), interpolation)


def resize_short(im: np.ndarray, short_size: int = 224, interpolation: int = cv2.INTER_LINEAR) -> np.ndarray:
    """With a shorter side of `short_size`."""
    return _by(im, short_size / min(im.shape[:2]), interpolation)


def _by(im: np.ndarray, scale: float, interpolation: int) -> np.ndarray:
    h, w = (round(side * scale) for side in im.shape[:2])
    return cv2.resize(im, (w, h), interpolation=interpolation)


def horizontal_flip(im: np.ndarray) -> np.ndarray:
    """Left to right."""
    return im[:, ::-1]


def vertical_flip(im: np.ndarray) -> np.ndarray:
    """Upside down."""
    return im[::-1]


def brightness(im: Image.Image, brightness_lower: float, brightness_upper: float) -> Image.Image:
    """Times a factor drawn from the range; so `contrast`, `saturation` and `sharpness`."""
    return ImageEnhance.Brightness(im).enhance(np.random.uniform(brightness_lower, brightness_upper))


def contrast(im: Image.Image, contrast_lower: float, contrast_upper: float) -> Image.Image:
    return ImageEnhance.Contrast(im).enhance(np.random.uniform(contrast_lower, contrast_upper))


def saturation(im: Image.Image, saturation_lower: float, saturation_upper: float) -> Image.Image:
    return ImageEnhance.Color(im).enhance(np.random.uniform(saturation_lower, saturation_upper))


def sharpness(im: Image.Image, sharpness_lower: float, sharpness_upper: float) -> Image.Image:
    return ImageEnhance.Sharpness(im).enhance(np.random.uniform(sharpness_lower, sharpness_upper))


def hue(im: Image.Image, hue_lower: float, hue_upper: float) -> Image.Image:
    """Turned by an angle drawn from the range, where 256 is a whole turn."""
    values = np.array(im.convert("HSV"))
    values[..., 0] = (values[..., 0] + np.random.uniform(hue_lower, hue_upper)) % 256
    return Image.fromarray(values, mode="HSV").convert("RGB")


def rotate(im: Image.Image, rotate_lower: float, rotate_upper: float) -> Image.Image:
    """Turned by whole degrees drawn from the range, the corners black."""
    return im.rotate(int(np.random.uniform(rotate_lower, rotate_upper)))


def mask_to_onehot(mask: np.ndarray, num_classes: int) -> np.ndarray:
    """Classes (H, W) as 0 and 1 (num_classes, H, W) uint8."""
    return (mask[None] == np.arange(num_classes).reshape(-1, *[1] * mask.ndim)).astype(np.uint8)


def onehot_to_binary_edge(mask: np.ndarray, radius: int) -> np.ndarray:
    """1 within `radius` pixels of where a class of (K, H, W) ends, the picture's border included; (1, H, W) uint8.

    Raises:
        ValueError: `radius` is below 1.
    """
    if radius < 1:
        raise ValueError(f"radius should be 1 at least, not {radius}")
    edge = np.zeros(mask.shape[1:], bool)
    for plane in np.pad(mask, ((0, 0), (1, 1), (1, 1))).astype(np.uint8):
        inside, outside = (
            cv2.distanceTransform(part, cv2.DIST_L2, cv2.DIST_MASK_PRECISE) for part in (plane, 1 - plane)
        )
        edge |= (inside + outside)[1:-1, 1:-1] <= radius
    return edge[None].astype(np.uint8)


def mask_to_binary_edge(mask: np.ndarray, radius: int, num_classes: int) -> np.ndarray:
    """`onehot_to_binary_edge` of classes (H, W)."""
    return onehot_to_binary_edge(mask_to_onehot(mask.squeeze(), num_classes), radius)
