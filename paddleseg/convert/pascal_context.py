"""The annotations of PASCAL Context as labels of its 60 classes."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np

from paddleseg.datasets.annotations import object_mask
from paddleseg.errors import DataError, Problem, few
from paddleseg.files import atomic_write_text
from paddleseg.images.head import is_too_large
from paddleseg.images.io import write_png
from paddleseg.progress import progress
from paddleseg.sources import read_json
from paddleseg.targets import plan

# The categories that count, by their numbers in the file; their classes are 1, 2, ... in this order.
_CATEGORIES = (
    *(2, 9, 18, 19, 22, 23, 25, 31, 33, 34, 44, 45, 46, 59, 65, 68, 72, 80, 85, 98, 104, 105, 113, 115, 144, 158, 159),
    *(162, 187, 189, 207, 220, 232, 258, 259, 260, 284, 295, 296, 308, 324, 326, 347, 349, 354, 355, 360, 366, 368),
    *(397, 415, 416, 420, 424, 427, 440, 445, 454, 458),
)
CLASSES = {category: number for number, category in enumerate(_CATEGORIES, 1)}
"""The class of each category; what nobody drew is the background, 0."""
_KEYS = ("images", "annos_segmentation")


def pascal_context(voc: Path, file: Path) -> dict[str, int]:
    """Write `Context/*.png` below `voc`, and the lists `ImageSets/Segmentation/{train,val,trainval}_context.txt`.

    Args:
        voc: The folder VOC2010.
        file: `trainval_merged.json`.

    Returns:
        How many photos each list names.

    Raises:
        DataError: The file is not that of PASCAL Context, or outlines in it cannot be drawn; all of them are named, the
            labels of other photos are written, and no list is.
    """
    images, drawn = _checked(read_json(file), file)
    sources = [(voc / "JPEGImages" / str(image["file_name"]), Path(str(image["file_name"])).name) for image in images]
    planned = plan(voc / "Context", sources, ".png", inputs=[file])
    problems: list[Problem] = []
    parts: dict[str, list[str]] = {"train": [], "val": []}
    for image, (_, target) in zip(images, progress(planned, "Drawing labels"), strict=True):
        try:
            write_png(target, _label(image, drawn[image["image_id"]]))
            parts[image["phase"]].append(target.stem)
        except (ValueError, KeyError, TypeError, IndexError, OverflowError) as error:
            problems.append(Problem(f"{file}: {image['file_name']}", f"cannot be drawn: {error}", "get the file again"))
    if problems:
        raise DataError(problems)
    parts["trainval"] = sorted(parts["train"] + parts["val"])
    lists = voc / "ImageSets" / "Segmentation"
    lists.mkdir(parents=True, exist_ok=True)
    for part, names in parts.items():
        atomic_write_text(lists / f"{part}_context.txt", "".join(f"{name}\n" for name in names))
    return {part: len(names) for part, names in parts.items()}


def _checked(content: Any, file: Path) -> tuple[list[dict[str, Any]], dict[Any, list[dict[str, Any]]]]:
    """The photos of both parts, and what is drawn in each, by its id."""
    parts = [content.get(key) if isinstance(content, dict) else None for key in _KEYS]
    hint = "get trainval_merged.json of PASCAL Context (cs.stanford.edu/~roozbeh/pascal-context)"
    if not all(isinstance(part, list) and all(isinstance(item, dict) for item in part) for part in parts):
        raise DataError(str(file), f"holds no lists {' and '.join(_KEYS)}", hint)
    images = [image for image in parts[0] or [] if image.get("phase") in ("train", "val")]
    faulty = [image.get("file_name") for image in images if not _is_usable(image)]
    if faulty or not images:
        what = f"photos without a name, an id or a possible size: {few(faulty)}" if faulty else "holds no photos"
        raise DataError(str(file), what, hint)
    drawn: dict[Any, list[dict[str, Any]]] = defaultdict(list)
    for item in parts[1] or []:
        drawn[item.get("image_id")].append(item)
    return images, drawn


def _is_usable(image: dict[str, Any]) -> bool:
    size = image.get("height"), image.get("width")
    if not all(isinstance(side, int) and side > 0 for side in size) or not isinstance(image.get("file_name"), str):
        return False
    return "image_id" in image and not is_too_large(size)  # type: ignore[arg-type]


def _label(image: dict[str, Any], objects: list[dict[str, Any]]) -> np.ndarray:
    """The classes (H, W) of a photo; what comes later in the file lies on top."""
    size = image["height"], image["width"]
    label = np.zeros(size, np.uint8)
    for item in objects:
        number = CLASSES.get(item["category_id"])
        if number is None:
            raise ValueError(f"category {item['category_id']} is none of the 59")
        inside, _ = object_mask(item["segmentation"], size)
        if inside is not None:
            label[inside] = number
    return label
