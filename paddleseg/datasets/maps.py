"""Maps beside an image: where their files lie, and what is in them."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from paddleseg.errors import DataError
from paddleseg.files import open_file, read_bytes
from paddleseg.images.io import image_size, read_label
from paddleseg.transforms.fields import Kind

_ENDINGS = (".png", ".npy", ".tif", ".tiff")


def map_file(beside: Path) -> Path:
    """The file of a map whose path is, but for its ending, that of an image."""
    files = [beside.with_suffix(ending) for ending in _ENDINGS]
    return next((file for file in files if file.is_file()), files[0])


def read_map(path: Path, kind: Kind) -> np.ndarray:
    """A map (H, W) or (H, W, K); pictures of smooth kinds keep their 16 bits or their floats.

    Raises:
        DataError: Missing, broken, without numbers, or with numbers that are not finite.
    """
    if path.suffix == ".npy":
        array = _load(path)
    elif not kind.smooth:
        return read_label(path)
    else:
        array = _picture(path)
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise DataError(str(path), "holds values that are not finite", "write 0 where nothing is known")
    return array


def _load(path: Path) -> np.ndarray:
    try:
        with open_file(path) as file:
            array = np.load(file, allow_pickle=False)  # an array of objects would run code
    except (OSError, ValueError, EOFError, MemoryError) as error:
        raise DataError(str(path), f"cannot be read: {error}", "save it with numpy.save") from error
    if not isinstance(array, np.ndarray) or array.dtype.kind not in "biuf" or array.ndim not in (2, 3):
        raise DataError(str(path), "holds no map (H, W) of numbers", "save it with numpy.save")
    return array.astype(np.float32) if array.dtype == np.float16 else array


def _picture(path: Path) -> np.ndarray:
    try:
        content = read_bytes(path)
    except OSError as error:
        raise DataError(str(path), f"cannot be read: {error.strerror}", "every image needs its map") from error
    image_size(path)  # refuses what is too large to be decoded
    try:
        array = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error:
        array = None
    if array is None:
        raise DataError(str(path), "is not an image, or is broken", "replace the file")
    if array.ndim == 3:
        if (array[..., :3] != array[..., :1]).any():
            raise DataError(str(path), "is a colour picture, not a map of one value a pixel", "save it as grey")
        array = array[..., 0]
    return array
