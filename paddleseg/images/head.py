"""What a picture's file says of it before anything is decoded: its format, size, turn and depth.

Files are known by their first bytes, whatever their names end in. JPEG, PNG, TIFF and WebP are read here, since a
training run asks for the size of every photo; the others by Pillow.
"""

from __future__ import annotations

import io
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from PIL import Image

from paddleseg.geometry import Size

IMAGE_EXTENSIONS = (
    *(".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff", ".gif", ".avif"),
    *(".jpe", ".jfif", ".jif", ".mpo", ".apng", ".dib", ".avifs", ".jp2", ".j2k", ".j2c", ".jpc", ".jpf", ".jpx"),
    *(".pbm", ".pgm", ".ppm", ".pnm", ".ras", ".sr", ".sgi", ".qoi"),
)
MAX_PIXELS, MAX_SIDE = 1 << 28, 65535
"""Larger pictures are refused before they are decoded: 268 million pixels take 0.8 GB as bytes, several times that on
their way to a mask."""
ORIENTATION = 0x0112

_FIRST_BYTES = 32
_FORMATS = (
    ("JPEG", rb"\xff\xd8\xff"),
    ("PNG", rb"\x89PNG\r\n\x1a\n"),
    ("TIFF", rb"II[*+]\0|MM\0[*+]"),
    ("WEBP", rb"RIFF....WEBP"),
    ("GIF", rb"GIF8[79]a"),
    ("BMP", rb"BM"),
    ("AVIF", rb"....ftyp(?:....)*?avi[fs]"),
    ("JPEG2000", rb"\0\0\0\x0cjP  \r\n|\xff\x4f\xff\x51"),
    ("PPM", rb"P[1-6]\s"),
    ("SUN", rb"\x59\xa6\x6a\x95"),
    ("SGI", rb"\x01\xda[\0\1][\1\2]"),
    ("QOI", rb"qoif"),
    ("float", rb"#\?RADIANCE|#\?RGBE|\x76\x2f\x31\x01|P[Ff]\s"),  # Radiance, OpenEXR, PFM
)
_SNIFFED = re.compile(b"|".join(b"(?P<%s>%s)" % (name.encode(), start) for name, start in _FORMATS), re.DOTALL)
_JPEG_SIZES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_WIDTH, _HEIGHT, _BITS, _SAMPLES, _KIND_OF_PAGE = 256, 257, 258, 277, 254
_MOST_TAGS = 4096
_MOST_PARTS = 1 << 18
"""Segments of a JPEG, chunks of a PNG or WebP: files made of empty ones would keep a reader busy for long."""
_NUMBERS = {1: "B", 3: "H", 4: "I", 16: "Q"}  # TIFF's whole numbers, as `struct` calls them


@dataclass(frozen=True)
class Head:
    """A picture before it is decoded.

    Args:
        form: Its format, by Pillow's name; "float" for formats of floating-point values.
        stored: (h, w) as the file holds it, before the turn.
        turn: The EXIF orientation, 1 to 8; from 5 on, height and width change places.
        bits: Of one value.
        channels: Values of one pixel; 0 where they are numbers of palette colours, or where it is not known.
        frames: Pictures in the file, of which the first is read; 2 stands for more.
        whole: False where the file's end is missing, as far as the format tells.
        start: Where a JPEG's coded pixels begin.
    """

    form: str
    stored: Size
    turn: int = 1
    bits: int = 8
    channels: int = 0
    frames: int = 1
    whole: bool = True
    start: int = 0

    @property
    def size(self) -> Size:
        """(h, w) of the picture as it is seen."""
        h, w = self.stored
        return (w, h) if self.turn >= 5 else (h, w)

    @property
    def is_too_large(self) -> bool:
        h, w = self.stored
        return h * w > MAX_PIXELS or max(h, w) > MAX_SIDE


def format_of(start: bytes) -> str:
    """The format of a file that begins so; "" for what is no picture, or one of no format that is read here."""
    match = _SNIFFED.match(start[:_FIRST_BYTES])
    return (match.lastgroup or "") if match else ""


def read_head(file: BinaryIO) -> Head | None:
    """The head of an open file; None for what is no picture, or has a damaged head."""
    form = format_of(file.read(_FIRST_BYTES))
    file.seek(0)
    head: Head | None = None
    try:
        if form in _READ_HERE:
            head = _READ_HERE[form](file)
        elif form == "float":
            head = Head(form, (1, 1), bits=32)
        elif form:
            head = _by_pillow(file, form)
    except (struct.error, ValueError, KeyError, OSError):
        return None
    return head if head and min(head.stored) > 0 else None


def pillow(file: BinaryIO, form: str) -> Image.Image:
    """The file as Pillow's picture of that format, not yet decoded.

    Not `Image.open`, which warns of and refuses sizes that are allowed here, and tries formats that are not.

    Raises:
        ValueError: It is damaged.
    """
    if form not in Image.OPEN:
        Image.init()
    if form not in Image.OPEN:
        raise ValueError(f"this Pillow cannot read {form}")
    try:
        return Image.OPEN[form][0](file, "")
    except Exception as error:  # decoders raise whatever the damaged bytes led to
        raise ValueError(str(error)) from error


def _by_pillow(file: BinaryIO, form: str) -> Head:
    picture = pillow(file, form)
    try:
        turn = picture.getexif().get(ORIENTATION, 1)
        frames = getattr(picture, "n_frames", 1)
    except Exception as error:
        raise ValueError(str(error)) from error
    bits = {"1": 1, "I": 16, "F": 32}.get(picture.mode, 16 if picture.mode.startswith("I;16") else 8)
    return Head(form, (picture.height, picture.width), _valid(turn), bits, frames=min(frames, 2))


def _valid(turn: object) -> int:
    return turn if isinstance(turn, int) and 1 <= turn <= 8 else 1


def _jpeg(file: BinaryIO) -> Head:
    """After the segments, each of which says how long it is, the coded pixels begin."""
    place, size, turn, bits, channels = 2, (0, 0), 1, 8, 3
    for _ in range(_MOST_PARTS):
        file.seek(place)
        mark = file.read(4)
        if len(mark) < 4 or mark[0] != 0xFF or mark[1] == 0xDA:
            return Head("JPEG", size, turn, bits, channels, start=place)
        if mark[1] == 0xFF:  # a filler
            place += 1
            continue
        length = mark[2] << 8 | mark[3]
        if mark[1] in _JPEG_SIZES:
            bits, *size_, channels = struct.unpack(">BHHB", file.read(6))
            size = (size_[0], size_[1])
        elif mark[1] == 0xE1 and turn == 1 and file.read(6) == b"Exif\0\0":
            turn = exif_turn(file.read(length - 8))
        place += 2 + length
    raise ValueError("too many segments")


def _png(file: BinaryIO) -> Head:
    w, h, bits, kind = struct.unpack(">IIBB", _at(file, 16, 10))
    turn, frames, whole, place = 1, 1, False, 8
    for _ in range(_MOST_PARTS):
        if len(start := _at(file, place, 8)) < 8:
            break
        length, name = int.from_bytes(start[:4], "big"), start[4:]
        if name == b"eXIf":
            turn = exif_turn(file.read(min(length, 1 << 20)))
        elif name == b"acTL":
            frames = 2
        elif name == b"IEND":
            whole = True
            break
        place += 12 + length
    else:
        raise ValueError("too many chunks")
    channels = {0: 1, 2: 3, 3: 0, 4: 2, 6: 4}[kind]
    return Head("PNG", (h, w), turn, bits, channels, frames, whole)


def _tiff(file: BinaryIO) -> Head:
    tags, following = _directory(file)
    frames = 1
    if following:
        with_more, _ = _directory(file, following)
        frames = 1 if with_more.get(_KIND_OF_PAGE, 0) & 1 else 2  # a smaller copy of the first page is no page
    size, turn = (tags[_HEIGHT], tags[_WIDTH]), _valid(tags.get(ORIENTATION, 1))
    return Head("TIFF", size, turn, tags.get(_BITS, 1), tags.get(_SAMPLES, 1), frames)


def _webp(file: BinaryIO) -> Head:
    """Not by Pillow, which takes memory for all pixels to say how many there are."""
    size, turn, frames, place = (0, 0), 1, 1, 12
    end = 8 + int.from_bytes(_at(file, 4, 4), "little")
    for _ in range(_MOST_PARTS):
        start = _at(file, place, 8)
        if place >= end or len(start) < 8:
            break
        name, length = start[:4], int.from_bytes(start[4:], "little")
        if name in _WEBP_SIZES and size == (0, 0):
            size = _WEBP_SIZES[name](file.read(10))
        elif name == b"ANMF":
            frames = 2
        elif name == b"EXIF" and turn == 1:
            turn = exif_turn(file.read(min(length, 1 << 20)).removeprefix(b"Exif\0\0"))
        place += 8 + length + length % 2
    whole = file.seek(0, io.SEEK_END) >= end - 1  # some leave out the last byte where it only fills up
    return Head("WEBP", size, turn, frames=frames, whole=whole)


def _webp_canvas(start: bytes) -> Size:
    return 1 + int.from_bytes(start[7:10], "little"), 1 + int.from_bytes(start[4:7], "little")


def _webp_lossy(start: bytes) -> Size:
    w, h = struct.unpack_from("<HH", start, 6)
    return h & 0x3FFF, w & 0x3FFF


def _webp_lossless(start: bytes) -> Size:
    (numbers,) = struct.unpack_from("<I", start, 1)
    return 1 + (numbers >> 14 & 0x3FFF), 1 + (numbers & 0x3FFF)


_WEBP_SIZES = {b"VP8X": _webp_canvas, b"VP8 ": _webp_lossy, b"VP8L": _webp_lossless}
_READ_HERE = {"JPEG": _jpeg, "PNG": _png, "TIFF": _tiff, "WEBP": _webp}


def exif_turn(exif: bytes) -> int:
    """The orientation in EXIF data; 1, which is none, where they are damaged or do not say."""
    try:
        return _valid(_directory(io.BytesIO(exif))[0].get(ORIENTATION, 1))
    except (struct.error, ValueError, KeyError):
        return 1


def _directory(file: BinaryIO, place: int | None = None) -> tuple[dict[int, int], int]:
    """The whole numbers of a TIFF directory (of several, the first), and where the next directory is; 0 for nowhere."""
    start = _at(file, 0, 16)
    order = {b"II": "<", b"MM": ">"}[start[:2]]
    big = struct.unpack(order + "H", start[2:4]) == (43,)
    word, count_code, entry = ("Q", "Q", 20) if big else ("I", "H", 12)
    wide = struct.calcsize(order + word)
    if place is None:
        (place,) = struct.unpack_from(order + word, start, 8 if big else 4)
    width = struct.calcsize(order + count_code)
    (count,) = struct.unpack(order + count_code, _at(file, place, width))
    if count > _MOST_TAGS:
        raise ValueError("too many tags")
    entries = file.read(count * entry)
    found = dict(_numbers(file, entries, entry, order, word))
    following = _at(file, place + width + count * entry, wide)
    return found, struct.unpack(order + word, following)[0] if len(following) == wide else 0


def _numbers(file: BinaryIO, entries: bytes, entry: int, order: str, word: str) -> Iterator[tuple[int, int]]:
    wide = struct.calcsize(order + word)
    for at in range(0, len(entries), entry):
        tag, kind, count = struct.unpack_from(order + "HH" + word, entries, at)
        if kind not in _NUMBERS or not count:
            continue
        code = order + _NUMBERS[kind]
        value = entries[at + 4 + wide : at + 4 + 2 * wide]
        if count * struct.calcsize(code) > wide:
            value = _at(file, struct.unpack(order + word, value)[0], 8)
        yield tag, struct.unpack_from(code, value)[0]


def _at(file: BinaryIO, place: int, length: int) -> bytes:
    if place > 1 << 62:
        raise ValueError("an offset beyond any file")
    file.seek(place)
    return file.read(length)
