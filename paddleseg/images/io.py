"""Images in and out of files: any photo as RGB, any mask as classes, and a name for every file that is broken."""

from __future__ import annotations

import io
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from paddleseg.errors import DataError, OutputError
from paddleseg.files import atomic_write_bytes, open_file, read_bytes
from paddleseg.geometry import Size
from paddleseg.images.decode import decode_by_pillow, decode_label, decode_photo
from paddleseg.images.head import IMAGE_EXTENSIONS, MAX_PIXELS, MAX_SIDE, Head, read_head
from paddleseg.images.listing import Listing, list_images, read_lines

__all__ = [
    "IMAGE_EXTENSIONS",
    "MAX_PIXELS",
    "Listing",
    "as_photo",
    "encode",
    "encode_png",
    "image_size",
    "list_images",
    "open_picture",
    "read_image",
    "read_label",
    "read_lines",
    "writable",
    "write_image",
    "write_png",
]

_JPEG_END = b"\xff\xd9"
_REPLACE = "replace the file, or take it out of the list"
_WRITTEN = {".jpg", ".jpeg", ".jpe", ".png", ".webp", ".bmp", ".tif", ".tiff"}


def read_image(path: str | Path, channels: int = 3) -> np.ndarray:
    """A photo as uint8 (H, W, channels): RGB or, with one channel, grey; turned as its EXIF entry says.

    Transparency is dropped; of several pictures in a file the first is read. 16 bits become 8; where a file's largest
    value is below a quarter of their range, that value becomes white, and a line on standard error says so.

    Raises:
        DataError: Missing, truncated, not an image, of more than 268 million pixels, or of floating-point values.
    """
    return as_photo(_bytes(path), str(path), channels)


def as_photo(content: bytes, where: str, channels: int = 3) -> np.ndarray:
    """A photo that is in memory, as `read_image` gives one from a file.

    Args:
        content: The bytes of a picture's file.
        where: What errors call it.

    Raises:
        DataError: As `read_image`.
    """
    head = _checked_head(content, where)
    image = decode_photo(content, head, channels, where)
    if image is None or image.shape[:2] != head.size:
        raise _not_an_image(where, content)
    return image


def image_size(path: str | Path) -> Size:
    """(h, w) of a photo as `read_image` gives it, from the file's head alone.

    Raises:
        DataError: Missing, not an image, or one that `read_image` refuses for its size.
    """
    try:
        with open_file(path) as file:
            head = read_head(file)
    except OSError as error:
        raise _cannot_read(path, error) from error
    if head is None:
        raise _not_an_image(path, _bytes(path))
    return _usable(path, head).size


def read_label(path: str | Path) -> np.ndarray:
    """A mask as uint8 classes (H, W), turned as its EXIF entry says.

    What the file holds is the class: the grey value at whatever depth, the index of a palette; black and white are 0
    and 1. An alpha channel counts for nothing.

    Raises:
        DataError: Missing, truncated, not an image or too large; in colours instead of classes; with fractions, or
            with classes below 0 or above 255.
    """
    content, head = _whole(path)
    label = decode_label(content, head)
    if label is None:
        raise _not_an_image(path, content)
    if label.ndim == 3:
        label = _grey_of(label, path)
    if label.dtype.kind == "f":
        wrong = ~(np.isfinite(label) & (label == np.floor(label)))
        if wrong.any():
            what = f"holds {label[wrong][0]} in {wrong.sum():,} pixels, but classes are whole numbers"
            raise DataError(str(path), what, "save the mask as a PNG of 8 bits")
    low, high = label.min(initial=0), label.max(initial=0)
    if high > 255 or low < 0:
        worst = low if low < 0 else high
        raise DataError(
            str(path), f"holds the class {worst:.0f}, but classes end at 255 and begin at 0", "save it with 8 bits"
        )
    return label.astype(np.uint8, copy=False)


def open_picture(path: str | Path) -> Image.Image:
    """The first picture of a file in Pillow's own mode for it, decoded and upright: for mattes and masks in colour.

    Raises:
        DataError: Missing, truncated, not an image, or too large.
    """
    content, head = _whole(path)
    picture = decode_by_pillow(content, head)
    if picture is None:
        raise _not_an_image(path, content)
    return picture


def write_png(path: str | Path, image: np.ndarray, palette: np.ndarray | None = None) -> None:
    """Write a PNG whole or not at all: classes (H, W), with `palette` (256, 3) as a palette image, RGB or RGBA."""
    atomic_write_bytes(path, encode_png(image, palette))


def encode_png(image: np.ndarray, palette: np.ndarray | None = None) -> bytes:
    """The file that `write_png` writes."""
    picture = Image.fromarray(image)
    if palette is not None:
        picture.putpalette(np.asarray(palette, np.uint8).tobytes())
    file = io.BytesIO()
    picture.save(file, format="PNG", compress_level=3)
    return file.getvalue()


def writable(path: Path) -> Path:
    """The path itself where a photo can be written in the format that its ending says; else one that ends in .jpg."""
    return path if path.suffix.lower() in _WRITTEN else path.with_name(f"{path.stem}.jpg")


def write_image(path: Path, picture: np.ndarray) -> None:
    """Write RGB uint8 in the format that the name's ending says, whole or not at all.

    Raises:
        OutputError: It cannot be written, or the format does not hold pictures of this size.
    """
    atomic_write_bytes(path, encode(path.suffix, picture, str(path)))


def encode(ending: str, picture: np.ndarray, where: str) -> bytes:
    """The file that `write_image` writes under a name with that ending, such as ".jpg".

    Raises:
        OutputError: The format does not hold pictures of this size; `where` says which one it is.
    """
    try:
        done, content = cv2.imencode(ending, cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 95])
    except cv2.error:
        done = False
    if not done:
        h, w = picture.shape[:2]
        what = f"cannot be written: the format does not hold pictures of {w} x {h} pixels"
        raise OutputError(where, what, "save the photo as a PNG first")
    return content.tobytes()


def _whole(path: str | Path) -> tuple[bytes, Head]:
    """The bytes of a picture file and its head, unless it is too large or its end is missing."""
    content = _bytes(path)
    return content, _checked_head(content, path)


def _checked_head(content: bytes, path: str | Path) -> Head:
    head = _head(content)
    if head is None:
        raise _not_an_image(path, content)
    complete = head.whole
    if head.form == "JPEG" and not content.endswith(_JPEG_END):
        # Some versions of OpenCV paint the missing part of a JPEG grey without a word. A thumbnail has an end marker of
        # its own, in the header; coded pixels never look like one.
        complete = content.rfind(_JPEG_END) >= head.start
    if not complete:
        raise DataError(str(path), "is truncated: its end is missing", _REPLACE)
    return _usable(path, head)


def _head(content: bytes) -> Head | None:
    return read_head(io.BytesIO(content))


def _usable(path: str | Path, head: Head) -> Head:
    if head.form == "float":
        what = "holds floating-point values, and nothing says which of them is white"
        raise DataError(str(path), what, "save it with 8 or 16 bits")
    if head.is_too_large:
        h, w = head.size
        what = f"has {w:,} x {h:,} pixels; no more than {MAX_PIXELS:,} in all and {MAX_SIDE:,} a side are read"
        raise DataError(str(path), what, "make it smaller, or cut it into tiles")
    return head


def _grey_of(label: np.ndarray, path: str | Path) -> np.ndarray:
    """One channel of a label that is grey in several; what may be beside it is an alpha channel."""
    colours = label.shape[2] - (label.shape[2] in (2, 4))
    if (label[..., :colours] != label[..., :1]).any():
        hint = "a mask is a grey or palette PNG; convert colours to classes"
        raise DataError(str(path), "is a colour picture, not a mask of class numbers", hint)
    grey, alpha = label[..., 0], label[..., -1]
    if colours < label.shape[2] and (grey == grey.flat[0]).all() and (alpha != alpha.flat[0]).any():
        what = "has one value everywhere and the mask in its alpha channel"
        raise DataError(str(path), what, "make classes of it with `paddleseg data masks`")
    return grey


def _bytes(path: str | Path) -> bytes:
    try:
        return read_bytes(path)
    except OSError as error:
        raise _cannot_read(path, error) from error


def _cannot_read(path: str | Path, error: OSError) -> DataError:
    return DataError(str(path), f"cannot be read: {error.strerror}", "correct the list file, or dataset_root")


def _not_an_image(path: str | Path, content: bytes) -> DataError:
    if not content:
        return DataError(str(path), "is empty", _REPLACE)
    if content.startswith(b"version https://git-lfs"):
        return DataError(str(path), "is a Git LFS pointer, not the file itself", "run `git lfs pull`")
    if content[4:8] == b"ftyp":
        return DataError(str(path), "is an HEIC or AVIF picture, or a video", "convert it to JPEG or PNG")
    if content[:256].isascii() and b"\0" not in content[:256]:
        return DataError(str(path), "is text, not an image", _REPLACE)
    return DataError(str(path), "is not an image, or is broken", _REPLACE)
