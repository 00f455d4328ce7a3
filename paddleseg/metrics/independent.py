"""Measures of independent classes, of which a pixel may belong to several."""

from __future__ import annotations

from typing import Any

import numpy as np

from paddleseg.metrics.base import Metric, mean_of_known, ratio


class IndependentClasses(Metric):
    """IoU and its relatives, each class against everything else.

    Pixel accuracy and kappa are those of all yes-or-no answers together; a class that is ignored in a pixel leaves that
    answer out. `foreground_IoU` pools the pixels of all classes.

    Args:
        num_classes: Classes.
        ignore_index: Label value left out.
    """

    def __init__(self, num_classes: int, ignore_index: int = 255):
        self.num_classes, self.ignore_index = num_classes, ignore_index
        self.totals = {name: np.zeros(num_classes, np.int64) for name in ("hit", "in_label", "in_mask", "answers")}

    def update(self, mask: np.ndarray, label: np.ndarray, prob: np.ndarray | None = None) -> None:
        """Take one image: mask (C, H, W) of 0 and 1, label (H, W, C), or (H, W, C - 1) without the class "none".

        Raises:
            ValueError: The shapes do not belong together.
        """
        if label.ndim == 3 and label.shape[2] == self.num_classes - 1:
            label = np.dstack([(label == 0).all(axis=2), label])
        if label.ndim != 3 or mask.shape != (label.shape[2], *label.shape[:2]):
            raise ValueError(f"masks {mask.shape} and labels {label.shape} do not belong together")
        truth = label.transpose(2, 0, 1)
        valid, found = truth != self.ignore_index, mask > 0
        pairs = {"hit": (truth == 1) & found, "in_label": truth == 1, "in_mask": found & valid, "answers": valid}
        for name, pixels in pairs.items():
            self.totals[name] += pixels.sum(axis=(1, 2))

    def compute(self) -> dict[str, Any]:
        hit, in_label, in_mask, answers = (self.totals[name] for name in ("hit", "in_label", "in_mask", "answers"))
        iou, dice = ratio(hit, in_label + in_mask - hit), ratio(2 * hit, in_label + in_mask)
        count, yes, said = answers.sum(), in_label.sum(), in_mask.sum()
        accuracy = float(ratio(count - yes - said + 2 * hit.sum(), count))
        chance = float(ratio(float(yes) * said + float(count - yes) * (count - said), float(count) ** 2))
        return {
            "mIoU": mean_of_known(iou),
            "foreground_IoU": float(ratio(hit.sum(), yes + said - hit.sum())),
            "pixel_accuracy": accuracy,
            "kappa": float(ratio(accuracy - chance, 1 - chance)),
            "dice": mean_of_known(dice),
            "class_IoU": iou.tolist(),
            "class_dice": dice.tolist(),
            "class_precision": ratio(hit, in_mask).tolist(),
            "class_recall": ratio(hit, in_label).tolist(),
        }
