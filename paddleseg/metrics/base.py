"""The metric contract: fed image by image, merged over processes, computed at the end."""

from __future__ import annotations

import copy
from typing import Any, TypeVar

import numpy as np

Self = TypeVar("Self", bound="Metric")


class Metric:
    """A measure over a set of images, held as sums.

    A subclass names its sums once (`self.totals`), adds to them in `update` and turns them into numbers in `compute`.
    Because sums add up, images may be spread over processes in any way.
    """

    totals: dict[str, np.ndarray]

    def update(self, mask: np.ndarray, label: np.ndarray, prob: np.ndarray | None = None) -> None:
        """Take one image.

        Args:
            mask: Predicted classes, (H, W) integer.
            label: True classes, (H, W) integer, with the metric's `ignore_index` where nothing is known.
            prob: Class probabilities, (C, H, W), for metrics that need them.
        """
        raise NotImplementedError

    def compute(self) -> dict[str, Any]:
        """The numbers by name: floats, or one float for each class; nan where there was nothing to measure."""
        raise NotImplementedError

    def of(self: Self, mask: np.ndarray, label: np.ndarray, prob: np.ndarray | None = None) -> Self:
        """The same metric over this one image; `merge` it to count the image."""
        single = self.fresh()
        single.update(mask, label, prob)
        return single

    def fresh(self: Self) -> Self:
        """The same metric before its first image."""
        other = copy.copy(self)
        other.totals = {name: np.zeros_like(total) for name, total in self.totals.items()}
        return other

    def merge(self, other: Metric) -> None:
        """Add the images that `other` has seen."""
        self.merge_state(other.totals)

    def state(self) -> dict[str, np.ndarray]:
        """The sums, to be sent to another process."""
        return {name: total.copy() for name, total in self.totals.items()}

    def merge_state(self, state: dict[str, np.ndarray]) -> None:
        """Add the images behind a `state` from elsewhere."""
        for name, total in self.totals.items():
            total += state[name]


def ratio(part: np.ndarray | float, whole: np.ndarray | float) -> np.ndarray:
    """`part / whole`, nan where the whole is 0."""
    part, whole = np.asarray(part, float), np.asarray(whole, float)
    return np.divide(part, whole, out=np.full(np.broadcast(part, whole).shape, np.nan), where=whole != 0)


def mean_of_known(values: np.ndarray) -> float:
    """The mean of the values that are not nan; nan where there is none."""
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else float("nan")
