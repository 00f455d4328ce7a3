"""labelme's JSON files: a photo and the shapes drawn on it, checked before anything is made of them."""

from __future__ import annotations

import base64
import io
import math
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

import cv2
import numpy as np

from paddleseg.datasets.shapes import polygon_mask
from paddleseg.errors import DataError, Problem
from paddleseg.files import is_file
from paddleseg.geometry import Size
from paddleseg.images.decode import decode_by_pillow
from paddleseg.images.head import is_too_large, read_head
from paddleseg.images.io import read_image
from paddleseg.sources import read_json

_CIRCLE_CORNERS = 90
_OPEN = {"line", "linestrip", "point", "points"}
_POINTS = {"polygon": (3, math.inf), "rotation": (3, math.inf), "rectangle": (2, 4), "circle": (2, 2), "mask": (1, 2)}
"""How many points a shape has, at least and at most."""
_TURNS = ("rotation", "direction", "angle")
_SAME_SHAPE = 0.01
"""Share by which width to height may differ between the photo that was drawn on and the one that is there."""
_BEYOND, _FAR = 2.0, 1e10


@dataclass
class Record:
    """A file of labelme's with its photo.

    Args:
        photo: Beside the file; None where it is `content`, from within it.
        suffix: Of the photo's name.
        size: Of the photo, as it is seen.
        scale: What the points have to be multiplied with, (x, y): not 1 where the photo was resized since.
    """

    file: Path
    photo: Path | None
    content: bytes
    suffix: str
    size: Size
    scale: tuple[float, float] = (1.0, 1.0)
    shapes: list[Mapping[str, Any]] = field(default_factory=list)


def read_record(file: Path) -> Record:
    """Read a file, its photo, and all its shapes.

    Raises:
        DataError: It is no such file, or its photo or shapes are broken; all faults of the file are named.
    """
    try:
        record = read_json(file)
    except DataError as error:
        what = f"is no labelme file: it {error.problems[0].what}"
        raise DataError(str(file), what, "take it out of the folder") from error
    shapes = record.get("shapes") if isinstance(record, dict) else None
    if not isinstance(shapes, list) or not all(isinstance(shape, dict) for shape in shapes):
        raise DataError(str(file), "is no labelme file: it has no list of shapes", "take it out of the folder")
    problems = []
    for number, shape in enumerate(shapes, 1):
        try:
            shape["label"] = _label(shape.get("label"))
            _check(shape)
        except (ValueError, TypeError, KeyError, OverflowError) as error:
            what = f"shape {number}, of {shape.get('label')!r}, cannot be drawn: {error}"
            problems.append(Problem(str(file), what, "correct it in labelme, or take it out"))
    found = Record(file, None, b"", "", (0, 0), shapes=shapes)
    try:
        _find_photo(record, found)
        found.scale = _scale(record, found)
    except DataError as error:
        problems += error.problems
    if problems:
        raise DataError(problems)
    return found


def _label(value: Any) -> str:
    """A label's text; tools that number their classes write numbers."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise ValueError("its label is no text")
    text = str(value).strip()
    if not text or not text.isprintable():
        raise ValueError("its label is empty, or holds line breaks")
    return text


def kind_of(shape: Mapping[str, Any]) -> str:
    return str(shape.get("shape_type") or "polygon")


def encloses(shape: Mapping[str, Any]) -> bool:
    """Whether a shape has an inside, which lines and points have not."""
    return kind_of(shape) not in _OPEN


def _check(shape: Mapping[str, Any]) -> None:
    """Refuse what cannot be drawn."""
    kind = kind_of(shape)
    if kind in _OPEN:
        return
    if kind not in _POINTS:
        raise ValueError(f"shapes of the type {kind!r} are not known")
    points = _points(shape)
    least, most = _POINTS[kind]
    if not least <= len(points) <= most or (kind == "rectangle" and len(points) == 3):
        raise ValueError(f"it is a {kind} of {len(points)} point{'' if len(points) == 1 else 's'}")
    if not (np.abs(points) < _FAR).all():
        raise ValueError("its points are no finite numbers, or beyond all pictures")
    turn = next((name for name in _TURNS if isinstance(shape.get(name), (int, float)) and shape[name]), None)
    if kind == "rectangle" and len(points) == 2 and turn:
        raise ValueError(f"it is turned ({turn}: {shape[turn]:g}), but only two of its corners are there")
    if kind == "mask":
        _small_mask(shape)


def _points(shape: Mapping[str, Any]) -> np.ndarray:
    return np.asarray(shape["points"], np.float64).reshape(-1, 2)


def _small_mask(shape: Mapping[str, Any]) -> np.ndarray:
    """A drawn mask as bool (h, w)."""
    try:
        content = base64.b64decode(shape["mask"])
    except (TypeError, ValueError) as error:
        raise ValueError(f"its mask is damaged: {error}") from error
    head = read_head(io.BytesIO(content))
    if head is not None and is_too_large(head.stored):
        raise ValueError(f"its mask is {head.stored[1]}x{head.stored[0]}")
    picture = decode_by_pillow(content, head) if head is not None else None
    if picture is None:
        raise ValueError("its mask is damaged: it is no picture, or a broken one")
    return np.asarray(picture.convert("L") if picture.mode not in ("1", "L") else picture) > 0


def _find_photo(record: Mapping[str, Any], found: Record) -> None:
    """The photo, from beside the JSON file or from within it, with its size."""
    file = found.file
    given = record.get("imagePath")
    name = PurePosixPath(given.replace("\\", "/")) if isinstance(given, str) else PurePosixPath()
    # The path of another machine is of no use here, but the name at its end may be.
    beside = [file.parent / name, file.parent / name.name] if name.name and "\0" not in str(name) else []
    found.photo = next((path for path in beside if is_file(path)), None)
    found.suffix = name.suffix
    if found.photo is not None:
        found.size = read_image(found.photo).shape[:2]
        return
    content = record.get("imageData")
    if not content:
        missing = beside[-1] if beside else f"imagePath {given!r}"
        raise DataError(str(file), f"its image {missing} is missing", "put it beside the JSON file")
    hint = f"put {name.name or 'its photo'} beside it"
    try:
        found.content = base64.b64decode(content, validate=True)
    except (TypeError, ValueError) as error:
        raise DataError(str(file), f"its imageData is damaged: {error}", hint) from error
    found.suffix = found.suffix or (".png" if found.content.startswith(b"\x89PNG") else ".jpg")
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / f"photo{found.suffix}"
        copy.write_bytes(found.content)
        try:
            found.size = read_image(copy).shape[:2]
        except DataError as error:
            raise DataError(str(file), f"its imageData {error.problems[0].what}", hint) from error


def _scale(record: Mapping[str, Any], found: Record) -> tuple[float, float]:
    """What brings points from the photo that was drawn on to the photo that is there."""
    given = (record.get("imageHeight"), record.get("imageWidth"))
    if not all(isinstance(side, (int, float)) and math.isfinite(side) and side > 0 for side in given):
        return 1.0, 1.0
    (h, w), (drawn_h, drawn_w) = found.size, map(float, given)  # type: ignore[arg-type]
    if (h, w) == (drawn_h, drawn_w):
        return 1.0, 1.0
    what = f"its shapes were drawn on a picture of {drawn_w:g}x{drawn_h:g}, but the picture is {w}x{h}"
    if abs((w / h) / (drawn_w / drawn_h) - 1) > _SAME_SHAPE:
        turned = (h, w) == (drawn_w, drawn_h)
        hint = "the picture was turned since: turn it back" if turned else "put the picture there that was drawn on"
        raise DataError(str(found.file), what, hint)
    return w / drawn_w, h / drawn_h


def beyond(shape: Mapping[str, Any], record: Record) -> bool:
    """Whether corners lie well beyond the picture, as those of another picture do."""
    if kind_of(shape) in ("circle", *_OPEN):
        return False
    points = _points(shape) * record.scale
    return bool((points < -_BEYOND).any() or (points > np.array(record.size[::-1]) + _BEYOND).any())


def shape_mask(shape: Mapping[str, Any], size: Size, scale: tuple[float, float] = (1.0, 1.0)) -> np.ndarray:
    """The pixels of a polygon, rectangle, circle or mask as bool (H, W)."""
    points = _points(shape)
    kind = kind_of(shape)
    if kind == "mask":
        return _placed(_small_mask(shape), points[0], size, scale)
    if kind == "rectangle" and len(points) == 2:
        (left, top), (right, bottom) = points.min(axis=0), points.max(axis=0)
        points = np.array([[left, top], [right, top], [right, bottom], [left, bottom]])
    elif kind == "circle":  # its centre, and a point on it
        angle = np.linspace(0, 2 * np.pi, _CIRCLE_CORNERS, endpoint=False)[:, None]
        points = points[0] + np.hypot(*(points[1] - points[0])) * np.hstack([np.cos(angle), np.sin(angle)])
    return polygon_mask(points * scale, size)


def _placed(small: np.ndarray, corner: np.ndarray, size: Size, scale: tuple[float, float]) -> np.ndarray:
    """A small mask with its upper left corner at a place of the picture; what lies outside is cut off."""
    x, y = np.clip((corner * scale).round(), -(2.0**31), 2.0**31).astype(int)
    if scale != (1.0, 1.0):
        w, h = (max(round(side * factor), 1) for side, factor in zip(small.shape[::-1], scale, strict=True))
        small = cv2.resize(small.astype(np.uint8), (w, h), interpolation=cv2.INTER_NEAREST_EXACT) > 0
    inside = np.zeros(size, bool)
    top, left = max(y, 0), max(x, 0)
    part = small[max(-y, 0) : max(size[0] - y, 0), max(-x, 0) : max(size[1] - x, 0)]
    inside[top : top + part.shape[0], left : left + part.shape[1]] = part
    return inside
