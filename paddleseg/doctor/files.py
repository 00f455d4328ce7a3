"""What kind of file an image or label is, told from its header: before its pixels are decoded, or instead."""

from __future__ import annotations

import io
import warnings
import zlib
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from PIL import Image

from paddleseg.datasets.base import Dataset
from paddleseg.doctor.findings import NOT_A_PICTURE, FileFacts, Finding, Pair, counted, names
from paddleseg.errors import DataError
from paddleseg.geometry import Size
from paddleseg.sources import refuse_endless

_SUFFIXES = {
    "JPEG": {".jpg", ".jpeg", ".jpe", ".jfif"},
    "MPO": {".jpg", ".jpeg", ".mpo"},
    "PNG": {".png", ".apng"},
    "BMP": {".bmp", ".dib"},
    "WEBP": {".webp"},
    "TIFF": {".tif", ".tiff"},
    "GIF": {".gif"},
}
_ORIENTATION = 0x0112
_PNG = b"\x89PNG\r\n\x1a\n"
_GREY, _ALPHA = {"1", "L", "I;16", "I", "F"}, {"LA", "PA", "RGBA", "La", "RGBa"}
_TINY, _HUGE = 64, 4096
_LARGEST = 1 << 30


def file_facts(path: Path) -> FileFacts:
    """Read the header.

    Raises:
        DataError: A pipe or a device, more pixels than any photo has, nothing but zeros, or a PNG that was damaged on
            its way: what reading would not notice, or only after it had filled the memory.
    """
    refuse_endless(path, _LARGEST)
    content = path.read_bytes()
    if content and not content.strip(b"\0"):
        raise DataError(str(path), "holds nothing but zeros", "copy it again: the disk was full, or the copy stopped")
    if content.startswith(_PNG):
        _check_png(path, content)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content)) as opened:
                deep = opened.mode[0] in "IF" or (opened.format == "PNG" and content[24] == 16)
                turned = opened.getexif().get(_ORIENTATION, 1) not in (0, 1)
                # A camera keeps a preview of its own behind the photo (MPO); that is no animation.
                frames = 1 if opened.format == "MPO" else getattr(opened, "n_frames", 1)
                misnamed = path.suffix.lower() not in _SUFFIXES.get(opened.format or "", {path.suffix.lower()})
                return FileFacts(opened.format or "", opened.mode, frames, deep, turned, misnamed)
    except Image.DecompressionBombError as error:
        limit = 2 * (Image.MAX_IMAGE_PIXELS or 0) // 10**6
        what = f"claims to have more than {limit} million pixels"
        raise DataError(str(path), what, "shrink it, or take it out of the list: decoding fills the memory") from error
    except Exception:  # decoders raise whatever the damaged bytes led to
        return NOT_A_PICTURE  # reading it says why


def _check_png(path: Path, content: bytes) -> None:
    """Decoders paint over a damaged part without a word; the chunks' check sums tell."""
    place = len(_PNG)
    while place + 12 <= len(content):
        end = place + 8 + int.from_bytes(content[place : place + 4], "big")
        if end + 4 > len(content):
            return  # truncated, which reading notices
        if zlib.crc32(content[place + 4 : end]) != int.from_bytes(content[end : end + 4], "big"):
            raise DataError(str(path), "is damaged: a PNG check sum is wrong", "copy or download it again")
        place = end + 4


def file_findings(pairs: Sequence[Pair], dataset: Dataset) -> tuple[list[Finding], list[Finding]]:
    """Problems and notes on the files of one data set."""
    problems = []
    for pair in pairs:
        for path, facts in ((pair.image, pair.image_file), (pair.label, pair.label_file)):
            if facts.frames > 1:
                what = f"holds {facts.frames} pictures, of which only the first is read"
                hint = "save the one picture that is meant as a file of its own"
                problems.append(Finding(str(path), what, hint, kind="file.frames", pairs=(pair,), optional=True))
    masks = type(dataset).read_label is Dataset.read_label  # a matte, which has a reading of its own, may be a JPEG
    lossy = tuple(pair for pair in pairs if pair.label_file.format in ("JPEG", "MPO") and pair.counts.any() and masks)
    if lossy:
        what = f"saved as JPEG, which changes values: {counted(lossy, 'label')} ({names(lossy, labels=True)})"
        problems.append(
            Finding("labels", what, "save labels as PNG, from the originals", kind="labels.jpeg", pairs=lossy)
        )
    return problems, _remarks(pairs, dataset.img_channels)


class _Remark(NamedTuple):
    """What may well be meant so: words for many images, what to know, and whether (file, size, channels) shows it."""

    words: str
    hint: str
    shows: Callable[[FileFacts, Size, int], bool]


_REMARKS = {
    "grey": _Remark(
        "grey", "read as three equal channels", lambda file, _, channels: file.mode in _GREY and channels == 3
    ),
    "alpha": _Remark("transparent", "transparency is dropped on reading", lambda file, *_: file.mode in _ALPHA),
    "deep": _Remark("of 16 bits", "they become 8 bits on reading", lambda file, *_: file.deep),
    "turned": _Remark("turned by EXIF", "labels have to be turned as the photo is shown", lambda file, *_: file.turned),
    "cmyk": _Remark(
        "in CMYK", "every program makes other colours of inks: convert to RGB", lambda file, *_: file.mode == "CMYK"
    ),
    "misnamed": _Remark(
        "of another format than the name says", "rename them for other programs", lambda file, *_: file.misnamed
    ),
    "tiny": _Remark(f"with a side below {_TINY}", "enlarging them teaches blur", lambda _, size, __: min(size) < _TINY),
    "huge": _Remark(
        f"with a side above {_HUGE}", "reading is slow: shrink them", lambda _, size, __: max(size) > _HUGE
    ),
    "strip": _Remark(
        "with sides of 4:1 or more", "resizing squeezes them", lambda _, size, __: max(size) >= 4 * min(size)
    ),
}


def remarkable(file: FileFacts, size: Size, channels: int = 3) -> list[str]:
    """Which remarks a photo deserves, such as "grey" or "turned"."""
    return [kind for kind, remark in _REMARKS.items() if remark.shows(file, size, channels)]


def _remarks(pairs: Sequence[Pair], channels: int) -> list[Finding]:
    showing: dict[str, list[Pair]] = defaultdict(list)
    for pair in pairs:
        for kind in remarkable(pair.image_file, pair.size, channels) if pair.size else []:
            showing[kind].append(pair)
    notes = []
    for kind, (words, hint, _) in _REMARKS.items():
        if kind in showing:
            found = tuple(showing[kind])
            what = f"{words}: {len(found)} of {len(pairs)} ({names(found)})"
            notes.append(Finding("images", what, hint, kind=f"images.{kind}", pairs=found))
    return notes
