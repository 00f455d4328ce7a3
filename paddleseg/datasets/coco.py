"""COCO's instance annotations as masks of classes."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from paddleseg.datasets.base import Entry
from paddleseg.datasets.published import Published
from paddleseg.datasets.shapes import polygon_mask, rle_mask
from paddleseg.errors import DataError
from paddleseg.geometry import Size
from paddleseg.images.io import write_png
from paddleseg.progress import progress
from paddleseg.registry import DATASETS

_IGNORED = 255


@DATASETS.register
class COCOPerson(Published):
    """The photos of COCO 2017 that show people, everything else being background (Lin et al., ECCV 2014).

    `annotations/instances_<part>2017.json` beside the photos in `train2017` and `val2017`. `paddleseg data prepare`
    draws `person_masks/<part>2017/*.png`; crowds that are marked as one region are ignored.
    """

    SOURCE = "unpack train2017.zip, val2017.zip and annotations_trainval2017.zip (cocodataset.org)"
    TERMS = "annotations CC BY 4.0; every photo has its own Flickr licence, many of them NC or ND"
    COUNTS = {"published": {"train": 64115, "val": 2693}}

    @classmethod
    def divide(cls, root: Path, seed: int) -> dict[str, list[Entry]]:
        found: dict[str, list[Entry]] = {}
        for part in ("train", "val"):
            file = root / "annotations" / f"instances_{part}2017.json"
            if not file.is_file():
                continue
            labels = root / "person_masks" / f"{part}2017"
            annotations = Annotations.load(file)
            classes = annotations.classes(["person"])
            found[part] = []
            for image in progress(list(annotations.images(classes)), f"Drawing {labels.name}"):
                label = labels / f"{Path(image.name).stem}.png"
                if not label.is_file():  # a run that was cut short goes on where it ended
                    write_png(label, image.mask(classes))
                found[part].append((root / f"{part}2017" / image.name, label))
        if not found:
            raise DataError(str(root / "annotations"), "holds no instances_train2017.json", cls.SOURCE)
        return found


@dataclass(frozen=True)
class AnnotatedImage:
    """One image of an annotation file with its objects."""

    name: str
    size: Size
    objects: list[dict[str, Any]]

    def mask(self, classes: Mapping[int, int]) -> np.ndarray:
        """Classes (H, W) uint8: smaller objects before larger ones, and any object before a crowd, which is ignored.

        Args:
            classes: The class of each category id; objects of other categories are background.

        Raises:
            DataError: An outline cannot be drawn.
        """
        mask = np.zeros(self.size, np.uint8)
        wanted = [item for item in self.objects if item["category_id"] in classes]
        for item in sorted(wanted, key=lambda item: (not item.get("iscrowd"), -item.get("area", 0))):
            try:
                inside = object_mask(item["segmentation"], self.size)
            except (ValueError, KeyError, TypeError) as error:
                where = f"{self.name}: annotation {item.get('id')}"
                raise DataError(where, f"cannot be drawn: {error}", "correct the annotation file") from error
            mask[inside] = _IGNORED if item.get("iscrowd") else classes[item["category_id"]]
        return mask


class Annotations:
    """A COCO annotation file.

    Args:
        content: The parsed JSON.
        where: Its name, for messages.

    Raises:
        DataError: It is no such file.
    """

    def __init__(self, content: Mapping[str, Any], where: str):
        self.where = where
        try:
            self.categories = {item["name"]: int(item["id"]) for item in content["categories"]}
            self._images = content["images"]
            self._objects: dict[int, list[dict[str, Any]]] = defaultdict(list)
            for item in content["annotations"]:
                self._objects[item["image_id"]].append(item)
        except (KeyError, TypeError) as error:
            what = f"is not a COCO instance file: {error} is missing or of another kind"
            raise DataError(where, what, "it needs images, annotations and categories") from error

    @classmethod
    def load(cls, file: str | Path) -> Annotations:
        """Read a file.

        Raises:
            DataError: It is missing, no JSON, or no instance file.
        """
        try:
            return cls(json.loads(Path(file).read_text(encoding="utf-8")), str(file))
        except (OSError, ValueError) as error:
            raise DataError(str(file), f"cannot be read: {error}", "give COCO's instances_*.json") from error

    def classes(self, names: list[str]) -> dict[int, int]:
        """Category ids to classes 1, 2, ... in the order of `names`.

        Raises:
            DataError: There is no such category.
        """
        unknown = [name for name in names if name not in self.categories]
        if unknown:
            raise DataError(self.where, f"has no category {unknown[0]!r}", f"known: {', '.join(self.categories)}")
        return {self.categories[name]: number for number, name in enumerate(names, 1)}

    def images(self, classes: Mapping[int, int], empty: bool = False) -> Iterator[AnnotatedImage]:
        """The images that show any of the `classes`, by name; with `empty` all others too."""
        for image in sorted(self._images, key=lambda image: image["file_name"]):
            objects = self._objects.get(image["id"], [])
            if empty or any(item["category_id"] in classes for item in objects):
                yield AnnotatedImage(image["file_name"], (image["height"], image["width"]), objects)


def object_mask(segmentation: Any, size: Size) -> np.ndarray:
    """An object's `segmentation` as bool (H, W): a list of polygons, or run lengths.

    Raises:
        ValueError: It is neither, or does not fit `size`.
    """
    if isinstance(segmentation, dict):
        if tuple(segmentation["size"]) != tuple(size):
            raise ValueError(f"its run lengths are for {segmentation['size']}, the image is {list(size)}")
        return rle_mask(segmentation["counts"], size)
    inside = np.zeros(size, bool)
    for polygon in segmentation:
        if len(polygon) >= 6:  # fewer than three points enclose nothing
            inside |= polygon_mask(np.reshape(polygon, (-1, 2)), size)
    return inside
