"""How much a mask flickers from frame to frame."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np

from paddleseg.metrics.base import Metric, ratio

Self = TypeVar("Self", bound="Flicker")


class Flicker(Metric):
    """Share of the pixels whose class changes from one frame to the next though the label's does not.

    Frames come in order; `restart` before a clip's first. Ignored pixels do not count.

    Example:
        >>> flicker, label = Flicker(), np.zeros((2, 2), np.uint8)
        >>> for mask in ([[0, 0], [0, 0]], [[0, 0], [0, 1]]):
        ...     flicker.update(np.array(mask), label)
        >>> flicker.compute()
        {'flicker': 0.25}
    """

    def __init__(self, ignore_index: int = 255):
        self.ignore_index = ignore_index
        self.totals = {name: np.zeros((), np.int64) for name in ("changed", "still")}
        self.restart()

    def restart(self) -> None:
        """The next frame begins a clip."""
        self._before: tuple[np.ndarray, np.ndarray] | None = None

    def update(self, mask: np.ndarray, label: np.ndarray, prob: np.ndarray | None = None) -> None:
        if self._before is not None:
            old_mask, old_label = self._before
            still = (label == old_label) & (label != self.ignore_index)
            self.totals["changed"] += np.count_nonzero((mask != old_mask) & still)
            self.totals["still"] += np.count_nonzero(still)
        self._before = mask, label

    def compute(self) -> dict[str, Any]:
        return {"flicker": float(ratio(self.totals["changed"], self.totals["still"]))}

    def fresh(self: Self) -> Self:
        other = super().fresh()
        other.restart()
        return other
