"""Operations on arrays: (H, W, C) images, (H, W) or (H, W, K) labels. NumPy and OpenCV only."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import cv2
import numpy as np

from paddleseg.errors import DataError
from paddleseg.geometry import Crop, Flip, Pad, Resize, Size, Step, Warp
from paddleseg.images.head import MAX_PIXELS
from paddleseg.transforms.paddleseg_functional import (
    brightness as brightness,
)
from paddleseg.transforms.paddleseg_functional import (
    contrast as contrast,
)
from paddleseg.transforms.paddleseg_functional import (
    crop as crop,
)
from paddleseg.transforms.paddleseg_functional import (
    horizontal_flip as horizontal_flip,
)
from paddleseg.transforms.paddleseg_functional import (
    hue as hue,
)
from paddleseg.transforms.paddleseg_functional import (
    mask_to_binary_edge as mask_to_binary_edge,
)
from paddleseg.transforms.paddleseg_functional import (
    mask_to_onehot as mask_to_onehot,
)
from paddleseg.transforms.paddleseg_functional import (
    normalize as normalize,
)
from paddleseg.transforms.paddleseg_functional import (
    onehot_to_binary_edge as onehot_to_binary_edge,
)
from paddleseg.transforms.paddleseg_functional import (
    rescale_size as rescale_size,
)
from paddleseg.transforms.paddleseg_functional import (
    resize as resize,
)
from paddleseg.transforms.paddleseg_functional import (
    resize_long as resize_long,
)
from paddleseg.transforms.paddleseg_functional import (
    resize_short as resize_short,
)
from paddleseg.transforms.paddleseg_functional import (
    rotate as rotate,
)
from paddleseg.transforms.paddleseg_functional import (
    saturation as saturation,
)
from paddleseg.transforms.paddleseg_functional import (
    sharpness as sharpness,
)
from paddleseg.transforms.paddleseg_functional import (
    vertical_flip as vertical_flip,
)

Fill = float | Sequence[float]
"""One value for all channels, or one for each."""

INTERPOLATIONS = {
    "NEAREST": cv2.INTER_NEAREST,
    "LINEAR": cv2.INTER_LINEAR,
    "CUBIC": cv2.INTER_CUBIC,
    "AREA": cv2.INTER_AREA,
    "LANCZOS4": cv2.INTER_LANCZOS4,
}

LONGEST_SIDE = 2**15 - 1
"""OpenCV's limit for turned images; longer ones are mistakes rather than wishes."""

_OPENCV_TYPES = (np.uint8, np.uint16, np.int16, np.int32, np.float32, np.float64)

_LARGE = 2**18
"""Values of an image from which on it is faster to convert one channel after the other, its values side by side."""


def check_size(size: Size) -> None:
    """Refuse a size that no training or prediction can mean, before memory is asked for.

    Raises:
        DataError: A side or the area is too large.
    """
    if max(size) > LONGEST_SIDE or size[0] * size[1] > MAX_PIXELS:
        what = f"ask for an image of {size[1]}x{size[0]} pixels"
        raise DataError("transforms", what, f"sides end at {LONGEST_SIDE}, areas at {MAX_PIXELS:,} pixels")


def move(image: np.ndarray, step: Step, interp: str = "LINEAR", fill: Fill = 0.0) -> np.ndarray:
    """Apply a geometry step to an image."""
    return _move(image, step, INTERPOLATIONS[interp], cv2.INTER_LINEAR, fill)


def move_label(label: np.ndarray, step: Step, fill: int = 255) -> np.ndarray:
    """Apply a geometry step to a label: every pixel takes the value of the nearest one."""
    if label.dtype not in _OPENCV_TYPES:
        label = label.astype(np.uint8 if label.dtype == bool else np.int32)
    if label.dtype == np.uint8 and fill > 255:
        label = label.astype(np.uint16)
    # INTER_NEAREST takes the pixel to the upper left of the centre, which moves a shrunk label against its image.
    return _move(label, step, cv2.INTER_NEAREST_EXACT, cv2.INTER_NEAREST, fill)


def _move(array: np.ndarray, step: Step, resize_flag: int, warp_flag: int, fill: Fill) -> np.ndarray:
    if isinstance(step, Resize):
        if step.size == array.shape[:2]:
            return array
        return _like(array, cv2.resize(array, step.size[::-1], interpolation=resize_flag))
    if isinstance(step, Pad):
        return _each_four(array, lambda part: _pad(part, step, fill))
    if isinstance(step, Crop):
        return np.ascontiguousarray(array[step.y : step.y + step.h, step.x : step.x + step.w])
    if isinstance(step, Flip):
        return _flip(array, step)
    if isinstance(step, Warp):
        matrix, size = np.asarray(step.matrix), step.size[::-1]
        return _each_four(
            array, lambda part: cv2.warpAffine(part, matrix, size, flags=warp_flag, borderValue=_four(fill))
        )
    raise TypeError(f"no such geometry step: {step}")


def _pad(array: np.ndarray, step: Pad, fill: Fill) -> np.ndarray:
    borders = (step.top, step.bottom, step.left, step.right)
    return cv2.copyMakeBorder(array, *borders, cv2.BORDER_CONSTANT, value=_four(fill))


def _flip(array: np.ndarray, step: Flip) -> np.ndarray:
    if not (step.horizontal or step.vertical):
        return array
    code = -1 if step.horizontal and step.vertical else int(step.horizontal)
    return _like(array, cv2.flip(array, code))


def _four(fill: Fill) -> Sequence[float]:
    return [fill] * 4 if isinstance(fill, (int, float)) else fill


def _like(array: np.ndarray, result: np.ndarray) -> np.ndarray:
    """OpenCV drops the last axis of a single channel."""
    return result if result.ndim == array.ndim else result[..., None]


def _each_four(array: np.ndarray, function: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """OpenCV fills no more than four channels at once."""
    if array.ndim == 2 or array.shape[2] <= 4:
        return _like(array, function(array))
    parts = [array[..., start : start + 4] for start in range(0, array.shape[2], 4)]
    return np.concatenate([_like(part, function(np.ascontiguousarray(part))) for part in parts], axis=2)


def fit_inside(size: Size, limit: Size) -> Size:
    """The largest size of the same shape that lies within `limit`."""
    return scaled(size, min(limit[0] / size[0], limit[1] / size[1]))


def scaled(size: Size, factor: float) -> Size:
    return max(round(size[0] * factor), 1), max(round(size[1] * factor), 1)


def as_uint8(image: np.ndarray) -> np.ndarray:
    """An image that a plugin left as float, on the same scale of 0 to 255."""
    return image if image.dtype == np.uint8 else np.clip(np.rint(image), 0, 255).astype(np.uint8)


def blur(image: np.ndarray, kind: str, width: int) -> np.ndarray:
    """Blur with a "gaussian", "median" or "blur" (box) window of an odd `width`."""
    if kind == "gaussian":
        return _like(image, cv2.GaussianBlur(image, (width, width), 0))
    if kind == "median":
        return _like(image, cv2.medianBlur(image, width))
    return _like(image, cv2.blur(image, (width, width)))


def motion_blur(image: np.ndarray, length: float, angle: float) -> np.ndarray:
    """Blur along a line of `length` pixels, at `angle` (radians, from the x axis downwards)."""
    reach = max(int(np.ceil(length / 2)), 1)
    centre, end = reach, np.array([np.cos(angle), np.sin(angle)]) * length / 2
    kernel = np.zeros((2 * reach + 1, 2 * reach + 1), np.uint8)
    # OpenCV takes fractions of a pixel as whole numbers of sixteenths.
    start, stop = (np.rint((centre + side * end) * 16).astype(int).tolist() for side in (-1, 1))
    cv2.line(kernel, start, stop, 255, 1, cv2.LINE_AA, 4)
    return _like(image, cv2.filter2D(image, -1, kernel / kernel.sum(dtype=float), borderType=cv2.BORDER_REFLECT))


def scale_and_shift(
    image: np.ndarray, scale: Sequence[float], shift: Sequence[float], room: np.ndarray | None = None
) -> np.ndarray:
    """`image * scale + shift` as float32, with one scale and shift for each channel.

    The result lies in memory channel by channel, as networks want it, in `room` (C, H, W) where that fits; it is still
    indexed (H, W, C).
    """
    shape = (image.shape[2], *image.shape[:2])
    planes = room if room is not None and room.shape == shape else np.empty(shape, np.float32)
    channels = image.transpose(2, 0, 1)
    factors, offsets = np.array(scale, np.float32), np.array(shift, np.float32)
    parts: Iterable[tuple] = [(planes, channels, factors[:, None, None], offsets[:, None, None])]
    if image.size > _LARGE:
        beside = channels if channels.flags.c_contiguous or image.dtype != np.uint8 else cv2.split(image)
        parts = zip(planes, beside, factors, offsets, strict=True)
    for part, values, factor, offset in parts:
        np.multiply(values, factor, out=part)
        part += offset
    return planes.transpose(1, 2, 0)


def edge_map(label: np.ndarray, window: np.ndarray, ignore_index: int = 255) -> np.ndarray:
    """Where classes meet: 1 where `window`, laid around a pixel, sees two classes; 0 elsewhere; ignored stays ignored.

    Args:
        label: (H, W).
        window: uint8 (h, w), 1 where it looks.
    """
    ignored = label == ignore_index
    # The values that hide ignored pixels from either must be the ends of a type that OpenCV compares.
    most = 255 if max(label.max(initial=0), ignore_index) <= 255 else 65535
    wide = np.min_scalar_type(most)
    highest = cv2.dilate(np.where(ignored, 0, label).astype(wide), window)
    lowest = cv2.erode(np.where(ignored, most, label).astype(wide), window)
    return np.where(ignored, ignore_index, highest > lowest).astype(wide)
