"""Labels with other numbers: what a benchmark hands out as its classes, and classes as what it wants back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from paddleseg.convert.masks import images_below, plan_masks, with_the_others
from paddleseg.datasets.cityscapes import _EVALUATED_IDS
from paddleseg.errors import DataError, Problem
from paddleseg.images.io import read_label, write_png
from paddleseg.progress import progress

# Of the 182 numbers of COCO's things and stuff these are no category (cocostuff's labels.txt, counted from 0).
_NO_CATEGORY = {11, 25, 28, 29, 44, 65, 67, 68, 70, 82, 90}
COCOSTUFF = {number: place for place, number in enumerate(n for n in range(182) if n not in _NO_CATEGORY)} | {255: 255}
"""The numbers of COCO-Stuff's label files as its 171 classes."""
CITYSCAPES_IDS = dict(enumerate(_EVALUATED_IDS)) | {255: 0}
"""The 19 classes of Cityscapes as the ids that its server wants; what is ignored is "unlabeled"."""


def renumber(source: Path, target: Path, numbers: Mapping[int, int]) -> int:
    """Write every label below `source` with other numbers, under its name below `target`.

    Args:
        numbers: The new number of each one that may occur.

    Returns:
        How many there were.

    Raises:
        OutputError: A label would lie over an input, or two would share a file; nothing is written.
        DataError: Some are broken or hold other numbers; all are named, and the others are written.
    """
    files, remarks = images_below(source)
    planned = plan_masks(target, files)
    table = np.array([numbers.get(value, 255) for value in range(256)], np.uint8)
    problems: list[Problem] = []
    for path, written in progress(planned, "Renumbering"):
        try:
            label = read_label(path)
            strange = [int(value) for value in np.unique(label) if int(value) not in numbers]
            if strange:
                raise DataError(str(path), f"holds numbers that have no class: {', '.join(map(str, strange[:5]))}")
            write_png(written, table[label])
        except DataError as error:
            problems += error.problems
    if problems:
        raise DataError(with_the_others(problems, len(planned) - len(problems), "labels", target))
    for remark in remarks:
        print(remark)
    return len(planned)


def cocostuff(annotations: Path, target: Path) -> Iterator[tuple[Path, int]]:
    """COCO-Stuff's label files in `train2017` and `val2017`, as classes below `target`: each folder and its count.

    Raises:
        DataError: Neither is there; or as `renumber`.
    """
    parts = [part for part in ("train2017", "val2017") if (annotations / part).is_dir()]
    if not parts:
        hint = "unpack stuffthingmaps_trainval2017.zip (github.com/nightrome/cocostuff)"
        raise DataError(str(annotations), "holds no train2017 and no val2017", hint)
    for part in parts:
        yield target / part, renumber(annotations / part, target / part, COCOSTUFF)
