"""Images in and out of files: any photo as RGB, any mask as classes, and a name for every file that is broken."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from PIL import Image, UnidentifiedImageError

from paddleseg.errors import DataError

IMAGE_EXTENSIONS = (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff")


def read_image(path: str | Path, channels: int = 3) -> np.ndarray:
    """A photo as uint8 (H, W, channels), RGB, turned as its EXIF entry says.

    Raises:
        DataError: Missing, truncated, or not an image.
    """
    content = _bytes(path)
    flag = cv2.IMREAD_COLOR if channels == 3 else cv2.IMREAD_GRAYSCALE
    image = cv2.imdecode(np.frombuffer(content, np.uint8), flag)
    if image is None:
        raise _broken(path, content)
    _check_complete(path, content)
    return cv2.cvtColor(image, cv2.COLOR_BGR2RGB) if channels == 3 else image[..., None]


def read_label(path: str | Path) -> np.ndarray:
    """A mask as integer classes (H, W); a palette image gives its indices.

    Raises:
        DataError: Missing, broken, or in colours instead of classes.
    """
    content = _bytes(path)
    try:
        import io

        with Image.open(io.BytesIO(content)) as opened:
            label = np.asarray(opened)
    except (UnidentifiedImageError, OSError, SyntaxError) as error:
        raise _broken(path, content) from error
    if label.ndim == 3:
        if (label[..., :3] != label[..., :1]).any():
            raise DataError(str(path), "is a colour picture, not a mask of class numbers", "convert colours to classes")
        label = label[..., 0]
    return label.astype(np.uint8) if label.dtype == bool else label


def _bytes(path: str | Path) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        hint = "correct the list file, or dataset_root"
        raise DataError(str(path), f"cannot be read: {error.strerror}", hint) from error


def _broken(path: str | Path, content: bytes) -> DataError:
    what = "is empty" if not content else "is not an image, or is broken"
    return DataError(str(path), what, "replace the file, or take it out of the list")


def _check_complete(path: str | Path, content: bytes) -> None:
    """OpenCV paints the missing part of a truncated JPEG grey without a word."""
    if content[:2] == b"\xff\xd8" and b"\xff\xd9" not in content[-64:] and b"\xff\xd9" not in content:
        raise DataError(str(path), "is truncated (no end marker)", "replace the file, or take it out of the list")
