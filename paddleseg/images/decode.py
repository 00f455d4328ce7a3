"""Bytes of a picture file to pixels: photos as bytes of RGB or grey, labels as the numbers that the file holds."""

from __future__ import annotations

import io
import sys
import warnings

import cv2
import numpy as np
from PIL import Image, ImageOps

from paddleseg.errors import DataError
from paddleseg.images.head import Head, pillow

# From version 4.11 on, OpenCV decodes to RGB itself.
_COLOUR = getattr(cv2, "IMREAD_COLOR_RGB", cv2.IMREAD_COLOR)
# OpenCV turns TIFF whatever it is told, and WebP never: so it is told not to, and the turn is done here.
_AS_STORED = cv2.IMREAD_IGNORE_ORIENTATION
_TURNED_BY_OPENCV = {"TIFF"}
# Versions of OpenCV differ in what they make of these, or read a PGM of 0 to 3 as nearly black.
_BY_PILLOW = {"GIF", "AVIF", "PPM"}
# Damaged animated PNGs crash OpenCV 4.12.
_STILLS_BY_OPENCV = {"PNG", "WEBP"}
_FARTHEST_DARK = 1 << 14
"""A 16-bit photo without any value from here on uses less than a quarter of the range."""
_NAMED = 20
_said: dict[str, set[str]] = {}

# What is wrong with a file is said once, by a DataError.
warnings.filterwarnings("ignore", module=r"PIL\.")
if hasattr(cv2, "setLogLevel"):
    cv2.setLogLevel(0)


def decode_photo(content: bytes, head: Head, channels: int, where: str) -> np.ndarray | None:
    """RGB (H, W, 3) or grey (H, W, 1) uint8, turned upright; None where the file is broken.

    Raises:
        DataError: Its values are no brightness of 8 or 16 bits.
    """
    image = None
    if head.form not in _BY_PILLOW and not _is_animation(head):
        image = _by_opencv(content, head, channels)
    if image is None:
        image = _photo_by_pillow(content, head, channels)
    if image is None:
        return None
    if head.frames > 1:
        note(where, "holds several pictures", "only the first one is read")
    return np.ascontiguousarray(_as_bytes(image, where)).reshape(*image.shape[:2], channels)


def decode_label(content: bytes, head: Head) -> np.ndarray | None:
    """The numbers of a label file (H, W) or (H, W, C), turned upright, as they are stored; None where it is broken."""
    label = None
    if _opencv_keeps_numbers(content, head):
        label = _opencv(content, cv2.IMREAD_UNCHANGED)
        label = label if label is None else _upright(label, head)
    if label is None or (label.ndim == 3 and head.channels == 1):  # 8-bit grey with one value that is transparent
        picture = decode_by_pillow(content, head)
        if picture is None:
            return None
        label = np.asarray(picture if picture.mode != "CMYK" else picture.convert("RGB"))
        if head.bits in (2, 4) and picture.mode == "L" and head.form in ("PNG", "TIFF"):
            label = label // (255 // (2**head.bits - 1))  # Pillow makes brightness of 0 to 255 of them
    return label


def decode_by_pillow(content: bytes, head: Head) -> Image.Image | None:
    """The first picture of the file, upright, in Pillow's mode for it; None where it is broken."""
    try:
        picture = pillow(io.BytesIO(content), head.form)
        picture.load()
        return ImageOps.exif_transpose(picture)
    except Exception:  # decoders raise whatever the damaged bytes led to
        return None


def note(where: str, what: str, consequence: str) -> None:
    """Say on standard error what was made of a file; once for each file, and for the first twenty of a kind."""
    said = _said.setdefault(what, set())
    if where in said or len(said) > _NAMED:
        return
    said.add(where)
    if len(said) > _NAMED:
        print(f"More files {what.removeprefix('holds').removeprefix('has').strip()}: not named.", file=sys.stderr)
    else:
        print(f"{where}: {what}: {consequence}.", file=sys.stderr)


def _by_opencv(content: bytes, head: Head, channels: int) -> np.ndarray | None:
    # OpenCV 4.12 leaves the memory as it was where it should make RGB of a TIFF of 16 bits.
    colour = cv2.IMREAD_COLOR if head.form == "TIFF" else _COLOUR
    flag = (colour if channels == 3 else cv2.IMREAD_GRAYSCALE) | _AS_STORED
    if head.bits > 8 or head.form not in ("JPEG", "WEBP", "PNG", "BMP"):
        flag |= cv2.IMREAD_ANYDEPTH
    image = _opencv(content, flag)
    if image is None:
        return None
    if channels == 3 and colour == cv2.IMREAD_COLOR:
        image = cv2.cvtColor(image, cv2.COLOR_BGR2RGB)
    return _upright(image, head)


def _opencv(content: bytes, flag: int) -> np.ndarray | None:
    try:
        return cv2.imdecode(np.frombuffer(content, np.uint8), flag)
    except cv2.error:  # nothing to decode, or more pixels than OpenCV takes
        return None


def _photo_by_pillow(content: bytes, head: Head, channels: int) -> np.ndarray | None:
    picture = decode_by_pillow(content, head)
    if picture is None:
        return None
    if picture.mode[0] in "IF":  # more than 8 bits of grey
        values = np.asarray(picture)
        if picture.mode == "I" and values.min() >= 0 and values.max() < 1 << 16:
            values = values.astype(np.uint16)
        return values if channels == 1 else np.repeat(values[..., None], 3, axis=2)
    try:
        return np.asarray(picture.convert("RGB" if channels == 3 else "L"))
    except ValueError:  # colours that Pillow cannot convert, such as Lab
        return None


def _as_bytes(image: np.ndarray, where: str) -> np.ndarray:
    """Brightness of 16 bits as 8; where the upper three quarters of the range are empty, the largest value is white."""
    if image.dtype == np.uint8:
        return image
    if image.dtype != np.uint16:
        what = f"holds {image.dtype} values, and nothing says which of them is white"
        raise DataError(where, what, "save the photo with 8 or 16 bits")
    largest = int(image.max())
    if largest >= _FARTHEST_DARK:
        return (image >> 8).astype(np.uint8)
    if largest < 256:
        note(where, "has 16 bits but values of 8", "they are taken as they are")
        return image.astype(np.uint8)
    note(where, "has 16 bits but is dark", f"its largest value, {largest:,}, becomes white")
    return cv2.convertScaleAbs(image, alpha=255 / largest)


def _upright(image: np.ndarray, head: Head) -> np.ndarray:
    """The turn that EXIF asks for: mirrored for the even ones of 2 to 5 and 7, then in quarters."""
    if head.turn == 1 or head.form in _TURNED_BY_OPENCV:
        return image
    turn = {3: cv2.ROTATE_180, 4: cv2.ROTATE_180, 5: cv2.ROTATE_90_COUNTERCLOCKWISE, 6: cv2.ROTATE_90_CLOCKWISE}
    turn |= {7: cv2.ROTATE_90_CLOCKWISE, 8: cv2.ROTATE_90_COUNTERCLOCKWISE}
    if head.turn in (2, 4, 5, 7):
        image = cv2.flip(image, 1)
    return cv2.rotate(image, turn[head.turn]) if head.turn != 2 else image


def _is_animation(head: Head) -> bool:
    return head.frames > 1 and head.form in _STILLS_BY_OPENCV


def _opencv_keeps_numbers(content: bytes, head: Head) -> bool:
    """Whether OpenCV, and not Pillow, gives what the file holds: Pillow cuts 16 bits of several channels to 8."""
    if head.form == "PNG" and not _is_animation(head):
        return head.bits == 16 or (head.bits, head.channels) == (8, 1)
    if head.form == "PPM":  # Pillow makes brightness of 0 to 255 of them
        return content[1:2] in b"2356"
    return head.form == "TIFF" and head.bits == 16 and head.channels > 1
