"""Area under the ROC curve, from histograms of probabilities."""

from __future__ import annotations

from typing import Any

import numpy as np

from paddleseg.metrics.base import Metric, mean_of_known, ratio


class AucRoc(Metric):
    """How surely a pixel of a class gets a higher probability of it than a pixel of another class.

    With two classes it is the foreground's; with more the mean over one-against-the-rest. Probabilities are sorted
    into fine bins, so that memory does not grow with the images; pixels of one bin count as ties.

    Args:
        num_classes: Classes, background included.
        ignore_index: Label value left out.
        bins: Number of bins between 0 and 1.
    """

    def __init__(self, num_classes: int, ignore_index: int = 255, bins: int = 1 << 14):
        self.ignore_index, self.bins = ignore_index, bins
        self.classes = [1] if num_classes == 2 else list(range(num_classes))
        self.totals = {name: np.zeros((len(self.classes), bins), np.int64) for name in ("inside", "outside")}

    def update(self, mask: np.ndarray, label: np.ndarray, prob: np.ndarray | None = None) -> None:
        if prob is None:
            raise ValueError("AucRoc needs probabilities")
        valid = label != self.ignore_index
        truth = label[valid]
        for place, number in enumerate(self.classes):
            levels = np.minimum(prob[number][valid] * self.bins, self.bins - 1).astype(np.int64)
            for name, where in (("inside", truth == number), ("outside", truth != number)):
                self.totals[name][place] += np.bincount(levels[where], minlength=self.bins)

    def compute(self) -> dict[str, Any]:
        inside, outside = self.totals["inside"].astype(float), self.totals["outside"].astype(float)
        below = outside.cumsum(axis=1) - outside / 2
        won = (inside * below).sum(axis=1)
        return {"auc_roc": mean_of_known(ratio(won, inside.sum(axis=1) * outside.sum(axis=1)))}
