"""Cityscapes' annotated ids as the benchmark's classes."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from paddleseg.datasets.cityscapes import _CLASS_OF_ID
from paddleseg.errors import DataError
from paddleseg.images.io import read_label, write_png
from paddleseg.progress import progress

_IDS, _CLASSES = "_gtFine_labelIds.png", "_gtFine_labelTrainIds.png"


def convert_cityscapes(root: Path) -> int:
    """Write `*_labelTrainIds.png` beside every `*_labelIds.png` below `gtFine` that has none yet.

    Returns:
        How many were written.

    Raises:
        DataError: There are none, or one is broken.
    """
    files = sorted((root / "gtFine").glob(f"*/*/*{_IDS}"))
    if not files:
        hint = "unpack gtFine_trainvaltest.zip (cityscapes-dataset.com)"
        raise DataError(str(root / "gtFine"), f"holds no <part>/<city>/*{_IDS}", hint)
    table = np.array([_CLASS_OF_ID[value] for value in range(256)], np.uint8)
    targets = {file: file.with_name(file.name.replace(_IDS, _CLASSES)) for file in files}
    wanted = [(file, target) for file, target in targets.items() if not target.is_file()]
    for file, target in progress(wanted, "Converting labels"):
        write_png(target, table[read_label(file)])
    return len(wanted)
