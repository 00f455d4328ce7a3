"""UW-Madison's scans of the gut, whose organs lie over each other, out of the archive of their contest."""

from __future__ import annotations

import csv
import io
import zipfile
import zlib
from collections import defaultdict
from pathlib import Path, PurePosixPath

import numpy as np

from paddleseg.convert.multilabel import Divided, write_pairs
from paddleseg.errors import DataError, few
from paddleseg.files import open_file
from paddleseg.geometry import Size
from paddleseg.images.decode import decode_label
from paddleseg.images.head import is_too_large, read_head
from paddleseg.sources import is_leftover

ORGANS = ("large_bowel", "small_bowel", "stomach")
"""The classes, in the order of their masks."""
_LARGEST, _WHOLE = 64 << 20, 1 << 40
"""Bytes of a file in the archive, and of the archive."""
_HINT = "get the archive of the contest uw-madison-gi-tract-image-segmentation again"


def uwmgi_multilabel(archive: Path, target: Path, share: float, seed: int = 0) -> Divided:
    """The scans, their three masks side by side, and the lists of two parts.

    Args:
        archive: With `train.csv` and folders such as `case2_day1/scans`.
        share: Of scans for training; the others are for validation.
        seed: Of the division.

    Raises:
        DataError: It is no such archive; or scans are broken, or their run lengths do not fit: all are named, the other
            pairs are written, and no list is.
        OutputError: A result would lie over an input; nothing is written.
    """
    try:
        with open_file(archive, _WHOLE) as stream, zipfile.ZipFile(stream) as packed:
            runs = _runs(packed, archive)
            scans = {
                ident: name
                for name in packed.namelist()
                if name.endswith(".png") and (ident := _scan(name)) and not is_leftover(Path(name))
            }
            if not scans:
                raise DataError(str(archive), "holds no scans such as case2_day1/scans/slice_0001_...png", _HINT)

            def pair(source: Path) -> tuple[np.ndarray, np.ndarray]:
                ident = source.name
                grey = _grey(_content(packed, scans[ident]), f"{archive}: {scans[ident]}")
                masks = [_row_runs(runs[ident].get(organ, ""), grey.shape[:2]) for organ in ORGANS]
                return np.repeat(grey[..., None], 3, axis=2), np.hstack(masks)

            # Scans have no files of their own: each stands for a place in the archive.
            sources = [(archive / ident, f"{ident}.jpg") for ident in sorted(scans)]
            return Divided(ORGANS, write_pairs(sources, target, share, seed, pair, [archive]))
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise DataError(str(archive), f"is no zip archive, or is broken: {error}", _HINT) from error


def _runs(packed: zipfile.ZipFile, archive: Path) -> dict[str, dict[str, str]]:
    """The run lengths of each scan's organs, out of `train.csv`."""
    name = next((name for name in packed.namelist() if PurePosixPath(name).name == "train.csv"), None)
    if name is None:
        raise DataError(str(archive), "holds no train.csv", _HINT)
    rows = csv.DictReader(io.StringIO(_content(packed, name).decode("utf-8", "replace")))
    if not {"id", "class", "segmentation"} <= set(rows.fieldnames or ()):
        raise DataError(f"{archive}: {name}", "has no columns id, class and segmentation", _HINT)
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for row in rows:
        found[row["id"]][row["class"]] = row["segmentation"] or ""
    strange = sorted({organ for organs in found.values() for organ in organs} - set(ORGANS))
    if strange:
        raise DataError(f"{archive}: {name}", f"names other classes than {', '.join(ORGANS)}: {few(strange)}", _HINT)
    return found


def _content(packed: zipfile.ZipFile, name: str) -> bytes:
    if packed.getinfo(name).file_size > _LARGEST:
        raise DataError(name, f"unpacks to more than {_LARGEST >> 20} MB", "get the archive again")
    return packed.read(name)


def _scan(name: str) -> str:
    """`case123_day20_slice_0001` of `.../case123_day20/scans/slice_0001_266_266_1.50_1.50.png`."""
    path = PurePosixPath(name)
    parts = path.name.split("_")
    return "_".join([path.parent.parent.name, *parts[:2]]) if len(parts) > 2 and path.parent.parent.name else ""


def _grey(content: bytes, where: str) -> np.ndarray:
    """A scan as uint8 (H, W), its largest value as white."""
    head = read_head(io.BytesIO(content))
    scan = None if head is None or is_too_large(head.stored) else decode_label(content, head)
    if scan is None or scan.ndim != 2 or scan.dtype.kind != "u":
        raise DataError(where, "is no grey picture", _HINT)
    return (scan * (255.0 / max(int(scan.max()), 1))).astype(np.uint8)


def _row_runs(text: str, size: Size) -> np.ndarray:
    """A mask (H, W) of 0 and 1 from pairs of a first pixel, counted from 1 row after row, and a length.

    Raises:
        DataError: The runs are no such pairs, or leave the picture.
    """
    mask = np.zeros(size[0] * size[1], np.uint8)
    numbers = text.split()
    if len(numbers) % 2 or not all(number.isdigit() for number in numbers):
        raise DataError("train.csv", f"holds run lengths that are no pairs of numbers: {text[:40]}")
    for first, length in zip(map(int, numbers[::2]), map(int, numbers[1::2]), strict=True):
        if not 1 <= first <= first - 1 + length <= mask.size:
            raise DataError("train.csv", f"holds a run that leaves its scan of {size[1]}x{size[0]}: {first} {length}")
        mask[first - 1 : first - 1 + length] = 1
    return mask.reshape(size)
