"""COCO's instance files as labels of chosen categories."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from paddleseg.datasets.coco import Annotations
from paddleseg.files import atomic_write_text
from paddleseg.images.io import write_png
from paddleseg.progress import progress


def convert_coco(
    file: Path,
    target: Path,
    categories: Sequence[str] | None = None,
    *,
    empty: bool = False,
    palette: np.ndarray | None = None,
) -> tuple[list[str], int]:
    """Write a mask for every image of an instance file, and `class_names.txt`.

    Args:
        categories: What becomes class 1, 2, ...; all of the file's, by their ids, where none are named.
        empty: Images without any of these too, all background.
        palette: Colours (256, 3) of the masks.

    Returns:
        The class names and the number of masks.

    Raises:
        DataError: The file is no instance file, or lacks a category.
    """
    annotations = Annotations.load(file)
    names = list(categories or sorted(annotations.categories, key=annotations.categories.__getitem__))
    classes = annotations.classes(names)
    images = list(annotations.images(classes, empty))
    for image in progress(images, "Drawing masks"):
        write_png((target / image.name).with_suffix(".png"), image.mask(classes), palette)
    atomic_write_text(target / "class_names.txt", "\n".join(["_background_", *names]))
    return ["_background_", *names], len(images)
