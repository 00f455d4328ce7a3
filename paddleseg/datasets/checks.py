"""What makes a label unfit for training, for the data set and the doctor alike."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from paddleseg.errors import DataError
from paddleseg.geometry import Size

MOST_CLASSES = 1 << 16
"""As many as labels of 16 bits tell apart; files of 8 bits, as most are, hold 256."""
CURE_0_255 = "add `label_map: {255: 1}` to the data set"


def count_values(label: np.ndarray, known: int = 256) -> np.ndarray:
    """How many pixels hold each value, from 0 to `known` - 1 at least."""
    return np.bincount(label.ravel(), minlength=known)


def strange_values(counts: np.ndarray, num_classes: int, ignore_index: int) -> list[int]:
    """Label values that occur (`counts` by value) and are neither a class nor `ignore_index`."""
    return [int(value) for value in np.flatnonzero(counts) if value >= num_classes and value != ignore_index]


def is_0_255(counts: np.ndarray, num_classes: int) -> bool:
    """Whether the values that occur are the usual mistake of a two-class mask: 0 and 255 instead of 0 and 1.

    One image tells nothing where 255 means "ignored": it may show no person. The counts of many images do.
    """
    return num_classes == 2 and bool(counts[255]) and not counts[1:255].any()


def whole_numbers(values: np.ndarray, where: str) -> np.ndarray:
    """Class numbers as integers, whatever type they came in.

    Raises:
        DataError: Some are no whole numbers.
    """
    if values.dtype.kind in "iub":
        return values
    with np.errstate(invalid="ignore"):
        whole = values.astype(np.int64)
    strange = values[whole != values]
    if strange.size:
        shown = ", ".join(f"{value:g}" for value in np.unique(strange)[:3])
        what = f"holds {strange.size} values that are no whole numbers, such as {shown}"
        raise DataError(where, what, "class numbers are 0, 1, 2, ...: save the label as integers")
    return whole.astype(np.min_scalar_type(int(whole.max(initial=0)))) if whole.min(initial=0) >= 0 else whole


def check_size(label_size: Size, image_size: Size, path: str | Path, label_path: str | Path) -> None:
    """Refuse a label of another size than its image."""
    if label_size == image_size:
        return
    hint = "pair the right files, or save the label at the image's size"
    if label_size == image_size[::-1]:
        hint = "the image is turned by its EXIF entry: turn the label too, or remove the entry"
    what = f"is {label_size[1]}x{label_size[0]}, but its image {path} is {image_size[1]}x{image_size[0]}"
    raise DataError(str(label_path), what, hint)


def check_values(label: np.ndarray, num_classes: int, ignore_index: int, label_path: str | Path) -> None:
    """Refuse a label with values that are neither a class nor ignored."""
    most = max(255, num_classes - 1, ignore_index)
    if label.dtype != np.uint8 and label.size and (label.min() < 0 or label.max() > most):
        what = f"holds values from {label.min()} to {label.max()}, but classes lie between 0 and {most}"
        raise DataError(str(label_path), what, f"classes are 0..{num_classes - 1}")
    if label.max(initial=0) < num_classes:
        return  # nearly every label, and thirty times faster than counting
    counts = count_values(label)
    strange = strange_values(counts, num_classes, ignore_index)
    if not strange:
        return
    hint = f"classes are 0..{num_classes - 1}, and {ignore_index} is ignored; `label_map` changes values on reading"
    if is_0_255(counts, num_classes):
        hint = f"0 and 255 where 0 and 1 are meant: {CURE_0_255}"
    elif len(strange) > 8 and Path(label_path).suffix.lower() in (".jpg", ".jpeg"):
        hint = "JPEG does not keep label values: save labels as PNG"
    shown = ", ".join(map(str, strange[:8])) + (", ..." if len(strange) > 8 else "")
    raise DataError(str(label_path), f"holds values that are no class: {shown}", hint)
