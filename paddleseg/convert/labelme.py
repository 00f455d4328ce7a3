"""labelme's JSON files as labels."""

from __future__ import annotations

import base64
import binascii
import io
import json
import shutil
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from paddleseg.datasets.shapes import polygon_mask
from paddleseg.errors import DataError, Problem
from paddleseg.files import atomic_path, atomic_write_bytes, atomic_write_text
from paddleseg.geometry import Size
from paddleseg.images.io import read_image, write_png
from paddleseg.progress import progress

BACKGROUND, IGNORED = "_background_", "__ignore__"
_CIRCLE_CORNERS = 90


@dataclass(frozen=True)
class Converted:
    """What `convert_labelme` wrote: class names in order, files, and shapes that enclose no pixels, by type."""

    classes: list[str]
    count: int
    left_out: Counter[str]


def convert_labelme(
    source: Path, target: Path, classes: Sequence[str] | None = None, palette: np.ndarray | None = None
) -> Converted:
    """Write `images/*`, `annotations/*.png` and `class_names.txt` for every JSON file in `source`.

    Later shapes cover earlier ones. Shapes that are called `__ignore__` become 255.

    Args:
        classes: Names in order, background first; otherwise as they first occur, file by file in order of their names.
        palette: Colours (256, 3) of the label images.

    Raises:
        DataError: No JSON, or files that are none of labelme's, of which all are named and nothing is written; or a
            shape that cannot be drawn.
    """
    files = sorted(source.glob("*.json"))
    if not files:
        raise DataError(str(source), "holds no .json file", "name the folder that labelme wrote to")
    records, problems = _read(files)
    names = list(classes) if classes else _names(record for _, record in records)
    for file, record in records:
        unknown = sorted({shape["label"] for shape in record["shapes"]} - {*names, IGNORED})
        if unknown:
            problems.append(Problem(str(file), f"has a class {unknown[0]!r}", f"classes are {', '.join(names)}"))
    if problems:
        raise DataError(problems)
    left_out: Counter[str] = Counter()
    for file, record in progress(records, "Drawing labels"):
        image = _copy_image(file, record, target / "images")
        size: Size = read_image(image).shape[:2]
        label = np.zeros(size, np.uint8)
        for shape in record["shapes"]:
            try:
                inside = shape_mask(shape, size)
            except (ValueError, IndexError, KeyError, OSError) as error:
                what = f"a shape of {shape['label']!r} cannot be drawn: {error}"
                raise DataError(str(file), what, "correct it in labelme") from error
            if inside is None:
                left_out[shape["shape_type"]] += 1
            else:
                label[inside] = 255 if shape["label"] == IGNORED else names.index(shape["label"])
        write_png(target / "annotations" / f"{image.stem}.png", label, palette)
    atomic_write_text(target / "class_names.txt", "\n".join(names))
    return Converted(names, len(records), left_out)


def shape_mask(shape: dict[str, Any], size: Size) -> np.ndarray | None:
    """The pixels of a polygon, rectangle, circle or mask as bool (H, W); None for points and lines."""
    points: np.ndarray = np.asarray(shape["points"], float).reshape(-1, 2)
    kind = shape.get("shape_type") or "polygon"
    if kind == "rectangle":
        (left, top), (right, bottom) = points.min(axis=0), points.max(axis=0)
        points = np.array([[left, top], [right, top], [right, bottom], [left, bottom]])
    elif kind == "circle":  # its centre, and a point on it
        angle = np.linspace(0, 2 * np.pi, _CIRCLE_CORNERS, endpoint=False)[:, None]
        points = points[0] + np.hypot(*(points[1] - points[0])) * np.hstack([np.cos(angle), np.sin(angle)])
    elif kind == "mask":
        return _placed(shape["mask"], points, size)
    elif kind != "polygon":
        return None
    return polygon_mask(points, size)


def _placed(content: str, points: np.ndarray, size: Size) -> np.ndarray:
    """A drawn mask: a small picture, and where its upper left corner is."""
    small = np.asarray(Image.open(io.BytesIO(base64.b64decode(content)))) > 0
    inside = np.zeros(size, bool)
    x, y = points[0].round().astype(int)
    inside[y : y + small.shape[0], x : x + small.shape[1]] = small[: size[0] - y, : size[1] - x]
    return inside


def _read(files: Sequence[Path]) -> tuple[list[tuple[Path, dict[str, Any]]], list[Problem]]:
    records, problems = [], []
    for file in files:
        try:
            record = json.loads(file.read_text(encoding="utf-8"))
            if not all({"label", "points"} <= set(shape) for shape in record["shapes"]):
                raise ValueError("a shape has no label or no points")
            beside = file.parent / record["imagePath"].replace("\\", "/")
            if not beside.is_file() and not record.get("imageData"):
                problems.append(Problem(str(file), f"its image {beside} is missing", "put it beside the JSON file"))
            records.append((file, record))
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            problems.append(Problem(str(file), f"is no labelme file: {error}", "take it out of the folder"))
    return records, problems


def _names(records: Iterable[dict[str, Any]]) -> list[str]:
    labels = [shape["label"] for record in records for shape in record["shapes"] if shape["label"] != IGNORED]
    return list(dict.fromkeys([BACKGROUND, *labels]))


def _copy_image(file: Path, record: dict[str, Any], folder: Path) -> Path:
    """The photo, from beside the JSON file or from within it."""
    name = Path(record["imagePath"].replace("\\", "/"))
    beside = file.parent / name
    target = folder / f"{file.stem}{name.suffix}"
    if beside.is_file():
        with atomic_path(target) as temporary:
            shutil.copyfile(beside, temporary)
        return target
    try:
        atomic_write_bytes(target, base64.b64decode(record["imageData"], validate=True))
    except (binascii.Error, ValueError) as error:
        raise DataError(str(file), "its imageData is damaged", f"put {name.name} beside it") from error
    return target
