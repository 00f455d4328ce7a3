"""Measures of the confusion matrix: IoU, Dice, precision, recall, pixel accuracy and kappa."""

from __future__ import annotations

from typing import Any

import numpy as np

from paddleseg.metrics.base import Metric, mean_of_known, ratio


def confusion_matrix(mask: np.ndarray, label: np.ndarray, num_classes: int, ignore_index: int = 255) -> np.ndarray:
    """Pixels by (label, mask), (C, C) int64; ignored pixels are left out.

    Raises:
        ValueError: The shapes differ, or a class lies outside `0 .. num_classes - 1`.
    """
    if mask.shape != label.shape:
        raise ValueError(f"mask {mask.shape} and label {label.shape} differ in size")
    valid = label != ignore_index
    truth, found = label[valid].astype(np.int64), mask[valid].astype(np.int64)
    for name, values in (("label", truth), ("mask", found)):
        if values.size and not 0 <= values.min() <= values.max() < num_classes:
            outside = sorted({int(values.min()), int(values.max())} - set(range(num_classes)))
            raise ValueError(f"{name} has class {outside[-1]}, but there are {num_classes} classes")
    return np.bincount(truth * num_classes + found, minlength=num_classes**2).reshape(num_classes, num_classes)


class Confusion(Metric):
    """IoU and its relatives from one confusion matrix over all pixels of all images.

    A class in neither labels nor masks has no IoU: it is nan in the list and takes no part in the mean.
    `foreground_IoU` sets all classes above 0 against class 0.

    Args:
        num_classes: Classes, background included.
        ignore_index: Label value left out.
    """

    def __init__(self, num_classes: int, ignore_index: int = 255):
        self.num_classes, self.ignore_index = num_classes, ignore_index
        self.totals = {"confusion": np.zeros((num_classes, num_classes), np.int64)}

    def update(self, mask: np.ndarray, label: np.ndarray, prob: np.ndarray | None = None) -> None:
        self.totals["confusion"] += confusion_matrix(mask, label, self.num_classes, self.ignore_index)

    def compute(self) -> dict[str, Any]:
        return scores(self.totals["confusion"])


def scores(confusion: np.ndarray) -> dict[str, Any]:
    """All measures of a (C, C) confusion matrix by (label, mask)."""
    hit = np.diag(confusion)
    in_label, in_mask, total = confusion.sum(1), confusion.sum(0), confusion.sum()
    iou, dice = ratio(hit, in_label + in_mask - hit), ratio(2 * hit, in_label + in_mask)
    accuracy = float(ratio(hit.sum(), total))
    chance = float(ratio((in_label.astype(float) * in_mask).sum(), float(total) ** 2))
    return {
        "mIoU": mean_of_known(iou),
        "foreground_IoU": float(ratio(confusion[1:, 1:].sum(), total - confusion[0, 0])),
        "pixel_accuracy": accuracy,
        "kappa": float(ratio(accuracy - chance, 1 - chance)),
        "dice": mean_of_known(dice),
        "class_IoU": iou.tolist(),
        "class_dice": dice.tolist(),
        "class_precision": ratio(hit, in_mask).tolist(),
        "class_recall": ratio(hit, in_label).tolist(),
    }
