"""The labels of SBD (Hariharan et al., ICCV 2011), which come as MATLAB files, for PASCAL VOC's `trainaug`."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from paddleseg.errors import DataError, OutputError, Problem
from paddleseg.files import atomic_write_text
from paddleseg.images.io import read_lines, write_png
from paddleseg.images.paint import palette
from paddleseg.progress import progress
from paddleseg.sources import is_leftover, regular_bytes
from paddleseg.targets import plan

_COMPRESSED, _MATRIX, _STRUCT = 15, 14, 2
_NUMBERS = {1: "i1", 2: "u1", 3: "<i2", 4: "<u2", 5: "<i4", 6: "<u4", 7: "<f4", 9: "<f8", 12: "<i8", 13: "<u8"}
_HEADER = 128
_LARGEST = 64 << 20


def augment_voc(voc: Path, sbd: Path) -> int:
    """Write `SegmentationClassAug/*.png` for SBD's labels, and `aug.txt` with those that VOC's own lists lack.

    Labels that are there already are not read again.

    Args:
        voc: The folder with `VOC2012` in it.
        sbd: The unpacked `benchmark_RELEASE`, with `dataset/cls/*.mat`, `train.txt` and `val.txt`.

    Returns:
        How many photos `aug.txt` names.

    Raises:
        DataError: A folder is not what it should be, or labels are broken; all are named.
        OutputError: There is an `aug.txt` of other lines; nothing is written.
    """
    lists, labels = voc / "VOC2012/ImageSets/Segmentation", voc / "VOC2012/SegmentationClassAug"
    known = {line.strip() for line in read_lines(lists / "trainval.txt")}
    listed = {line.strip() for part in ("train", "val") for line in read_lines(sbd / f"dataset/{part}.txt")}
    files = sorted(path for path in (sbd / "dataset/cls").glob("*.mat") if not is_leftover(Path(path.name)))
    if not files:
        raise DataError(str(sbd / "dataset/cls"), "holds no .mat file", "unpack SBD's benchmark.tgz")
    extra = sorted(listed - known - {""})
    aug, text = lists / "aug.txt", "".join(f"{name}\n" for name in extra)
    if aug.exists() and {line.strip() for line in read_lines(aug)} - {""} != set(extra):
        raise OutputError(str(aug), "is there already, with other lines", "move it away, or take it as it is")
    problems: list[Problem] = []
    for file, target in progress(plan(labels, [(file, file.name) for file in files], ".png"), "Converting SBD"):
        if target.is_file():
            continue
        try:
            write_png(target, read_segmentation(file), palette())
        except DataError as error:
            problems += error.problems
    absent = [name for name in extra if not (sbd / f"dataset/cls/{name}.mat").is_file()]
    if absent:
        what = f"{len(absent)} of {len(extra)} listed labels are missing; the first is {absent[0]}.mat"
        problems.append(Problem(str(sbd), what, "unpack SBD's benchmark.tgz again"))
    if problems:
        raise DataError(problems)
    if not aug.exists():
        atomic_write_text(aug, text)
    return len(extra)


def read_segmentation(file: Path) -> np.ndarray:
    """`GTcls.Segmentation` of a MATLAB file of version 5, as uint8 (H, W).

    Raises:
        DataError: It is no such file, or does not hold it.
    """
    try:
        content = regular_bytes(file)
        for kind, data in _elements(content[_HEADER:]):
            kind, data = next(_elements(_inflated(data))) if kind == _COMPRESSED else (kind, data)
            found = _field(data, "GTcls", "Segmentation") if kind == _MATRIX else None
            if found is not None:
                return found
    except (OSError, zlib.error, struct.error, ValueError, KeyError, StopIteration) as error:
        raise DataError(str(file), f"is no MATLAB 5 file, or is broken: {error}", "unpack SBD again") from error
    raise DataError(str(file), "holds no GTcls.Segmentation", "name SBD's folder cls, not inst")


def _elements(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The (type, content) of the elements in `data`, one after the other; small ones sit in their own tag."""
    place = 0
    while place + 8 <= len(data):
        first, size = struct.unpack_from("<II", data, place)
        if first >> 16:
            yield first & 0xFFFF, data[place + 4 : place + 4 + (first >> 16)]
            place += 8
            continue
        if place + 8 + size > len(data):
            raise ValueError("an element ends behind the file's end")
        yield first, data[place + 8 : place + 8 + size]
        place += 8 + size + (-size % 8 if first != _COMPRESSED else 0)


def _field(matrix: bytes, name: str, field: str) -> np.ndarray | None:
    """A numeric field of the structure called `name`, if `matrix` is that structure."""
    parts = _elements(matrix)
    flags, _, title = (next(parts)[1] for _ in range(3))
    if flags[0] != _STRUCT or title.decode() != name:
        return None
    width = struct.unpack("<I", next(parts)[1])[0]
    names = next(parts)[1]
    fields = [names[at : at + width].split(b"\0")[0].decode() for at in range(0, len(names), width)]
    for found, (_, content) in zip(fields, parts, strict=False):
        if found == field:
            inner = _elements(content)
            _, (_, shape), _, (kind, numbers) = (next(inner) for _ in range(4))
            size = np.frombuffer(shape, "<i4")
            return _classes(np.frombuffer(numbers, _NUMBERS[kind]).reshape(size, order="F"))
    return None


def _classes(values: np.ndarray) -> np.ndarray:
    if not np.isfinite(values).all() or (values % 1).any() or values.min(initial=0) < 0 or values.max(initial=0) > 255:
        raise ValueError("its values are no classes from 0 to 255")
    return values.astype(np.uint8)


def _inflated(data: bytes) -> bytes:
    """What is packed in `data`, unless it would fill the memory."""
    unpacking = zlib.decompressobj()
    content = unpacking.decompress(data, _LARGEST)
    if unpacking.unconsumed_tail:
        raise ValueError(f"unpacks to more than {_LARGEST >> 20} MB")
    return content
