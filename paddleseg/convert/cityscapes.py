"""Cityscapes' annotated ids as the benchmark's classes."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from paddleseg.convert.masks import with_the_others
from paddleseg.datasets.cityscapes import _CLASS_OF_ID
from paddleseg.errors import DataError, Problem
from paddleseg.images.io import read_label, write_png
from paddleseg.progress import progress
from paddleseg.sources import is_leftover
from paddleseg.targets import plan

_IDS, _CLASSES = "_gtFine_labelIds.png", "_gtFine_labelTrainIds.png"


def convert_cityscapes(root: Path) -> int:
    """Write `*_labelTrainIds.png` beside every `*_labelIds.png` below `gtFine` that has none yet.

    Returns:
        How many were written.

    Raises:
        DataError: There are none, or some are broken: all are named, and the others are written.
    """
    files = sorted(path for path in (root / "gtFine").glob(f"*/*/*{_IDS}") if not is_leftover(path.relative_to(root)))
    if not files:
        hint = "unpack gtFine_trainvaltest.zip (cityscapes-dataset.com)"
        raise DataError(str(root / "gtFine"), f"holds no <part>/<city>/*{_IDS}", hint)
    table = np.array([_CLASS_OF_ID[value] for value in range(256)], np.uint8)
    planned = plan(root / "gtFine", [(file, _name(file, root / "gtFine")) for file in files])
    wanted = [(file, target) for file, target in planned if not target.is_file()]
    problems: list[Problem] = []
    for file, target in progress(wanted, "Converting labels"):
        try:
            write_png(target, table[read_label(file)])
        except DataError as error:
            problems += error.problems
    if problems:
        raise DataError(with_the_others(problems, len(wanted) - len(problems), "labels", root))
    return len(wanted)


def _name(file: Path, folder: Path) -> str:
    return file.relative_to(folder).as_posix().replace(_IDS, _CLASSES)
