"""What makes a label unfit for training, for the data set and the doctor alike."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from paddleseg.errors import DataError

CURE_0_255 = "add `label_map: {255: 1}` to the data set"


def check_label(
    label: np.ndarray, size: tuple[int, int], num_classes: int, ignore_index: int, path: Path, label_path: Path
) -> None:
    """Refuse a label of another size than its image, or with values that are neither a class nor ignored."""
    if label.shape != size:
        raise DataError(
            str(label_path),
            f"is {label.shape[1]}x{label.shape[0]}, but its image {path} is {size[1]}x{size[0]}",
            "pair the right files, or save the label at the image's size",
        )
    counts = np.bincount(label.ravel(), minlength=256)
    strange = strange_values(counts, num_classes, ignore_index)
    if strange:
        hint = (
            CURE_0_255
            if is_0_255(counts, num_classes)
            else f"classes are 0..{num_classes - 1}; {ignore_index} is ignored"
        )
        shown = ", ".join(str(value) for value in strange[:8])
        raise DataError(str(label_path), f"holds values that are no class: {shown}", hint)


def strange_values(counts: np.ndarray, num_classes: int, ignore_index: int) -> list[int]:
    """Label values that occur (`counts` by value) and are neither a class nor `ignore_index`."""
    return [int(v) for v in np.flatnonzero(counts) if v >= num_classes and v != ignore_index]


def is_0_255(counts: np.ndarray, num_classes: int) -> bool:
    """Whether the values that occur are the usual mistake of a two-class mask: 0 and 255 instead of 0 and 1."""
    return num_classes == 2 and bool(counts[255]) and not counts[1:255].any()
