"""COCO's instance files, as COCO and many other tools write them, as masks of classes."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from paddleseg.datasets.shapes import polygon_mask, rle_mask
from paddleseg.errors import DataError, Problem, few
from paddleseg.geometry import Size
from paddleseg.images.head import is_too_large
from paddleseg.sources import read_json
from paddleseg.targets import name_below

IGNORED = 255
_CLASSES = 254
_BEYOND = 2.0
"""Pixels that an outline may reach beyond the picture: rounding, and a pen that slipped."""


@dataclass(frozen=True)
class AnnotatedImage:
    """One image of an annotation file with its objects."""

    name: str
    size: Size
    objects: list[dict[str, Any]]

    def mask(self, classes: Mapping[Hashable, int], oddities: Counter[str] | None = None) -> np.ndarray:
        """Classes (H, W) uint8: smaller objects before larger ones, and any object before a crowd, which is ignored.

        What is known to be there by its box only is ignored as well: nobody can say which pixels are background.

        Args:
            classes: The class of each category id; objects of other categories are background.
            oddities: Counts what a person should know of the objects.

        Raises:
            DataError: Outlines cannot be drawn; all of them are named.
        """
        mask = np.zeros(self.size, np.uint8)
        odd: Counter[str] = Counter() if oddities is None else oddities
        problems: dict[int, Problem] = {}
        ranks: dict[int, tuple[bool, float]] = {}
        wanted = [item for item in self.objects if item["category_id"] in classes]
        for place, item in enumerate(wanted):
            with self._named(item, place, problems):
                ranks[place] = (not _flag(item.get("iscrowd")), -_area(item, self.size))
        for place in sorted(ranks, key=ranks.__getitem__):
            item = wanted[place]
            with self._named(item, place, problems):
                inside, ignored = self._draw(item, odd)
                mask[inside & (mask == 0) if ignored else inside] = IGNORED if ignored else classes[item["category_id"]]
        if problems:
            raise DataError(list(problems.values()))
        return mask

    @contextmanager
    def _named(self, item: Mapping[str, Any], place: int, problems: dict[int, Problem]) -> Iterator[None]:
        """Keep what is wrong with an object, under its name."""
        try:
            yield
        except (ValueError, KeyError, TypeError, IndexError, OverflowError) as error:
            where = f"{self.name}: annotation {item.get('id')}"
            problems[place] = Problem(where, f"cannot be drawn: {error}", "correct the annotation file")

    def _draw(self, item: Mapping[str, Any], odd: Counter[str]) -> tuple[np.ndarray, bool]:
        """The pixels of an object, and whether they are to be ignored."""
        inside, beyond = object_mask(item.get("segmentation"), self.size)
        if inside is None:
            odd["have a box but no outline: their boxes are ignored (255)"] += 1
            return _box(item.get("bbox"), self.size), True
        if beyond:
            odd["reach beyond their picture: drawn for another size?"] += 1
        if not inside.any():
            odd["cover no pixel"] += 1
        return inside, _flag(item.get("iscrowd"))


class Annotations:
    """A COCO annotation file.

    Ids may be numbers or texts: 7, "7" and 7.0 are one id.

    Args:
        content: The parsed JSON.
        where: Its name, for messages.

    Raises:
        DataError: It is no such file, or its records contradict each other; all such faults are named.
    """

    def __init__(self, content: Any, where: str):
        self.where = where
        self.remarks: list[str] = []
        """What a person should know of the file."""
        parts = [
            content.get(name) if isinstance(content, dict) else None for name in ("images", "categories", "annotations")
        ]
        if not all(isinstance(part, list) and all(isinstance(item, dict) for item in part) for part in parts):
            what = "is not a COCO instance file: it needs lists of images, categories and annotations"
            raise DataError(where, what, "export it in COCO's format for instances")
        images, categories, annotations = parts
        assert images is not None and categories is not None and annotations is not None
        problems: list[Problem] = []
        self.categories: dict[str, set[Hashable]] = defaultdict(set)
        for item in categories:
            self.categories[str(item.get("name", "")).strip()].add(_ident(item.get("id")))
        self._images = images
        for image in images:
            fault = _image_fault(image)
            if fault:
                problems.append(Problem(where, f"image {image.get('id')!r}: {fault}", "correct the annotation file"))
        self._objects: dict[Hashable, list[dict[str, Any]]] = defaultdict(list)
        for item in annotations:
            category = _ident(item.get("category_id"))
            same = item if item.get("category_id") is category else {**item, "category_id": category}
            self._objects[_ident(item.get("image_id"))].append(same)
        problems += self._contradictions(annotations)
        if problems:
            raise DataError(_at_most(problems, where))

    def _contradictions(self, annotations: Sequence[Mapping[str, Any]]) -> Iterator[Problem]:
        where, hint = self.where, "correct the annotation file"
        for kind, ids in (
            ("images", [_ident(image.get("id")) for image in self._images]),
            ("categories", [number for numbers in self.categories.values() for number in numbers]),
        ):
            twice = [number for number, count in Counter(ids).items() if count > 1]
            if twice:
                yield Problem(where, f"several {kind} have the same id: {few(twice)}", hint)
        unnamed = [name for name in self.categories if not name or not name.isprintable()]
        if unnamed:
            yield Problem(where, f"categories have names that are none: {few([repr(name) for name in unnamed])}", hint)
        files = Counter(
            PurePosixPath(str(image.get("file_name")).replace("\\", "/")).as_posix() for image in self._images
        )
        again = [name for name, count in files.items() if count > 1]
        if again:
            yield Problem(where, f"several images have the same file_name: {few(again)}", hint)
        known = {number for numbers in self.categories.values() for number in numbers}
        lost = [item.get("id") for item in annotations if _ident(item.get("category_id")) not in known]
        if lost:
            yield Problem(where, f"{len(lost)} annotations name a category that is not there: {few(lost)}", hint)
        there = {_ident(image.get("id")) for image in self._images}
        astray = [item.get("id") for number in self._objects.keys() - there for item in self._objects[number]]
        if astray and len(astray) == len(annotations):
            yield Problem(where, "no annotation belongs to any of its images: image_id and id do not agree", hint)
        elif astray:
            self.remarks.append(
                f"{len(astray)} annotations belong to images that the file does not list: {few(astray)}"
            )
        copies = len(annotations) - len({repr(item.get("id")) for item in annotations if "id" in item})
        if copies and all("id" in item for item in annotations):
            self.remarks.append(f"{copies} annotations have the id of another one; all are drawn")

    @classmethod
    def load(cls, file: str | Path) -> Annotations:
        """Read a file.

        Raises:
            DataError: It is missing, no JSON, or no instance file.
        """
        return cls(read_json(file), str(file))

    def classes(self, names: Sequence[str]) -> dict[Hashable, int]:
        """Category ids to classes 1, 2, ... in the order of `names`.

        Raises:
            DataError: There is no such category, or more than a mask can hold.
        """
        unknown = [name for name in names if name not in self.categories]
        if unknown:
            raise DataError(self.where, f"has no category {unknown[0]!r}", f"known: {', '.join(self.categories)}")
        if len(names) > _CLASSES:
            raise DataError(
                self.where, f"has {len(names)} categories, but a mask holds {_CLASSES}", "name those wanted"
            )
        return {ident: number for number, name in enumerate(names, 1) for ident in self.categories[name]}

    @property
    def count(self) -> int:
        """How many images there are."""
        return len(self._images)

    def names(self) -> list[str]:
        """The categories in the order of their ids."""
        return sorted(self.categories, key=lambda name: min(map(_order, self.categories[name])))

    def images(self, classes: Mapping[Hashable, int], empty: bool = False) -> Iterator[AnnotatedImage]:
        """The images that show any of the `classes`, by name; with `empty` all others too."""
        for image in sorted(self._images, key=lambda image: str(image["file_name"])):
            objects = self._objects.get(_ident(image["id"]), [])
            if empty or any(item["category_id"] in classes for item in objects):
                size = (int(float(image["height"])), int(float(image["width"])))
                yield AnnotatedImage(image["file_name"], size, objects)


def _ident(value: Any) -> Hashable:
    """An id, the same for 7, "7" and 7.0; None for what is none."""
    if isinstance(value, str):
        return int(value) if value.strip().isdecimal() and len(value) < 20 else value.strip() or None
    if isinstance(value, float):
        return int(value) if math.isfinite(value) and value.is_integer() else repr(value)
    return value if isinstance(value, int) else None


def _order(ident: Hashable) -> tuple[bool, int, str]:
    return not isinstance(ident, int), ident if isinstance(ident, int) else 0, str(ident)


def _image_fault(image: Mapping[str, Any]) -> str:
    """What is wrong with an image's record; empty for nothing."""
    name = image.get("file_name")
    if _ident(image.get("id")) is None:
        return "has no id"
    if not isinstance(name, str) or not name_below(name).strip(" ./") or not name.isprintable():
        return f"has no file_name that a mask could be called by: {name!r}"
    try:
        h, w = (float(image[side]) for side in ("height", "width"))
    except (KeyError, TypeError, ValueError):
        return "has no height and width"
    if not (h >= 1 and w >= 1 and h.is_integer() and w.is_integer()) or is_too_large((int(h), int(w))):
        return f"is {image['width']} x {image['height']}: not a picture's size"
    return ""


def _area(item: Mapping[str, Any], size: Size) -> float:
    """How many pixels an object covers: as it says, or else counted."""
    area = item.get("area")
    if isinstance(area, (int, float)) and math.isfinite(area) and area > 0:
        return float(area)
    inside, _ = object_mask(item.get("segmentation"), size)
    return 0.0 if inside is None else float(inside.sum())


def _flag(value: Any) -> bool:
    """`iscrowd`, which may be missing, a number, a truth value, or any of these as a text."""
    if isinstance(value, str):
        return value.strip().lower() not in ("", "0", "0.0", "false", "no")
    return bool(value)


def _box(box: Any, size: Size) -> np.ndarray:
    """The pixels of a box [x, y, w, h]."""
    if not box:
        raise ValueError("it has neither an outline nor a box")
    x, y, w, h = (float(number) for number in box)
    return polygon_mask([[x, y], [x + w, y], [x + w, y + h], [x, y + h]], size)


def object_mask(segmentation: Any, size: Size) -> tuple[np.ndarray | None, bool]:
    """An object's `segmentation`, a list of polygons or run lengths, as bool (H, W); None where it encloses nothing.

    Returns:
        The pixels, and whether the outline reaches well beyond the picture.

    Raises:
        ValueError: It is neither, or does not fit `size`.
    """
    if isinstance(segmentation, dict):
        if tuple(map(int, segmentation["size"])) != tuple(size):
            raise ValueError(f"its run lengths are for {segmentation['size']}, the image is {list(size)}")
        return rle_mask(segmentation["counts"], size), False
    if segmentation is not None and not isinstance(segmentation, list):
        raise ValueError("its segmentation is neither a list of polygons nor run lengths")
    polygons = segmentation or []
    if polygons and all(isinstance(value, (int, float)) for value in polygons):
        polygons = [polygons]  # one polygon that was not put into a list
    inside: np.ndarray | None = None
    beyond = False
    for polygon in polygons:
        points: np.ndarray = np.asarray(polygon, np.float64).ravel()
        if len(points) % 2:
            raise ValueError(f"a polygon has {len(points)} numbers, not pairs of x and y")
        if len(points) < 6:  # fewer than three points enclose nothing
            continue
        points = points.reshape(-1, 2)
        drawn = polygon_mask(points, size)
        inside = drawn if inside is None else inside | drawn
        beyond |= bool((points < -_BEYOND).any() or (points > np.array(size[::-1]) + _BEYOND).any())
    return inside, beyond


def _at_most(problems: Sequence[Problem], where: str, limit: int = 20) -> list[Problem]:
    more = [Problem(where, f"{len(problems) - limit} more faults like these")] if len(problems) > limit else []
    return [*problems[:limit], *more]
