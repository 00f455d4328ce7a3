"""Images in and out of files: any photo as RGB, any mask as classes, and a name for every file that is broken."""

from __future__ import annotations

import io
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from paddleseg.errors import DataError
from paddleseg.files import atomic_path, atomic_write_bytes

IMAGE_EXTENSIONS = (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff")

# From version 4.11 on, OpenCV decodes to RGB itself.
_COLOUR = getattr(cv2, "IMREAD_COLOR_RGB", cv2.IMREAD_COLOR)
_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG, _JPEG_END = b"\xff\xd8\xff", b"\xff\xd9"
_ORIENTATION = 0x0112
_REPLACE = "replace the file, or take it out of the list"


def read_image(path: str | Path, channels: int = 3) -> np.ndarray:
    """A photo as uint8 (H, W, channels): RGB or, with one channel, grey; turned as its EXIF entry says.

    Transparency is dropped, 16 bits become 8.

    Raises:
        DataError: Missing, truncated, or not an image.
    """
    content = _complete(path)
    image = _decode(content, _COLOUR if channels == 3 else cv2.IMREAD_GRAYSCALE)
    if image is None:
        raise _not_an_image(path, content)
    if channels != 3:
        return image[..., None]
    return image if _COLOUR != cv2.IMREAD_COLOR else cv2.cvtColor(image, cv2.COLOR_BGR2RGB)


def image_size(path: str | Path) -> tuple[int, int]:
    """(h, w) of a photo as `read_image` gives it, from the file's head alone.

    Raises:
        DataError: Missing, or not an image.
    """
    try:
        with Image.open(path) as opened:
            turned = opened.getexif().get(_ORIENTATION, 1) >= 5  # a quarter turn, with or without a mirror
            return opened.size if turned else (opened.height, opened.width)
    except OSError as error:
        raise _not_an_image(path, _bytes(path)) from error


def read_label(path: str | Path) -> np.ndarray:
    """A mask as uint8 classes (H, W); a palette image gives its indices, a black-and-white one 0 and 1.

    Raises:
        DataError: Missing, truncated, not an image, in colours instead of classes, or with classes above 255.
    """
    content = _complete(path)
    label = None
    if content.startswith(_PNG) and content[24:26] == b"\x08\x00":  # 8-bit grey: OpenCV gives its values as they are
        label = _decode(content, cv2.IMREAD_UNCHANGED)
    if label is None or label.ndim == 3:
        try:
            with Image.open(io.BytesIO(content)) as opened:
                label = np.asarray(opened)
        except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
            raise _not_an_image(path, content) from error
    if label.ndim == 3:
        if (label[..., :3] != label[..., :1]).any():
            hint = "a mask is a grey or palette PNG; convert colours to classes"
            raise DataError(str(path), "is a colour picture, not a mask of class numbers", hint)
        label = label[..., 0]
    if label.max(initial=0) > 255 or label.min(initial=0) < 0:
        raise DataError(str(path), f"holds the class {label.max()}, but classes end at 255", "save it with 8 bits")
    return label.astype(np.uint8, copy=False)


def list_images(source: str | Path) -> list[tuple[Path, str]]:
    """The images that `source` means, each with its name below the folder it was found in, sorted.

    Args:
        source: An image; a folder, with all folders below it; or a `.txt` list with an image at the start of each line,
            relative to the list's folder or to the working directory.

    Raises:
        DataError: No such file, or no image in it.
    """
    source = Path(source)
    if source.is_dir():
        found = sorted(path for path in source.rglob("*") if path.suffix.lower() in IMAGE_EXTENSIONS and path.is_file())
        images = [(path, path.relative_to(source).as_posix()) for path in found]
    elif source.suffix.lower() == ".txt":
        images = [_listed(source, line.split()[0]) for line in read_lines(source) if line.strip()]
    else:
        if not source.is_file():
            raise DataError(str(source), "does not exist", "give an image, a folder of images, or a .txt list")
        images = [(source, source.name)]
    if not images:
        raise DataError(str(source), "holds no image", f"images end in {', '.join(IMAGE_EXTENSIONS)}")
    return images


def _listed(source: Path, name: str) -> tuple[Path, str]:
    beside = source.parent / name
    path = beside if beside.is_file() else Path(name)
    below = Path(name).name if Path(name).is_absolute() or ".." in Path(name).parts else name
    return path, below


def read_lines(path: str | Path) -> list[str]:
    """The lines of a UTF-8 text file.

    Raises:
        DataError: Missing, or not UTF-8.
    """
    try:
        return _bytes(path).decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise DataError(f"{path}:{line}", "is not UTF-8 text", "save the list as UTF-8") from error


def write_png(path: str | Path, image: np.ndarray, palette: np.ndarray | None = None) -> None:
    """Write a PNG whole or not at all: classes (H, W), with `palette` (256, 3) as a palette image, RGB or RGBA."""
    picture = Image.fromarray(image)
    if palette is not None:
        picture.putpalette(np.asarray(palette, np.uint8).tobytes())
    with atomic_path(path) as temporary:
        picture.save(temporary, format="PNG", compress_level=3)


def write_image(path: Path, picture: np.ndarray) -> None:
    """Write RGB uint8 in the format that the name's ending says."""
    quality = [cv2.IMWRITE_JPEG_QUALITY, 95]
    _, content = cv2.imencode(path.suffix, cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), quality)
    atomic_write_bytes(path, content.tobytes())


def _bytes(path: str | Path) -> bytes:
    try:
        return (path if isinstance(path, Path) else Path(path)).read_bytes()
    except OSError as error:
        raise DataError(
            str(path), f"cannot be read: {error.strerror}", "correct the list file, or dataset_root"
        ) from error


def _complete(path: str | Path) -> bytes:
    """The bytes of a file, unless it is a JPEG or PNG whose end is missing.

    Some versions of OpenCV paint the missing part of a JPEG grey without a word.
    """
    content = _bytes(path)
    complete = True
    if content.startswith(_JPEG) and not content.endswith(_JPEG_END):
        # A thumbnail has an end marker of its own, in the header; coded pixels never look like one.
        complete = content.rfind(_JPEG_END) >= _start_of_scan(content)
    elif content.startswith(_PNG):
        complete = b"IEND" in content[-64:] or b"IEND" in content
    if not complete:
        raise DataError(str(path), "is truncated: its end is missing", _REPLACE)
    return content


def _start_of_scan(content: bytes) -> int:
    """Where a JPEG's coded pixels begin: after the segments, each of which says how long it is."""
    place = 2
    while place + 4 <= len(content) and content[place] == 0xFF and content[place + 1] != 0xDA:
        filler = content[place + 1] == 0xFF
        place += 1 if filler else 2 + int.from_bytes(content[place + 2 : place + 4], "big")
    return place


def _decode(content: bytes, flag: int) -> np.ndarray | None:
    try:
        return cv2.imdecode(np.frombuffer(content, np.uint8), flag)
    except cv2.error:  # nothing to decode, or more pixels than OpenCV takes
        return None


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
