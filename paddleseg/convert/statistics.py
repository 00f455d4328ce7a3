"""How large the images of a data set are, how much of them each class takes, and weights that even it out."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from paddleseg.datasets.base import Dataset
from paddleseg.datasets.checks import count_values, strange_values
from paddleseg.errors import DataError, Problem, few
from paddleseg.progress import progress


@dataclass(frozen=True)
class Statistics:
    """Figures of a data set.

    Args:
        sizes: (w, h) of each label.
        pixels: Pixels of each class in each label, (N, classes).
        ignored: Pixels that count for nothing.
        strange: Pixels of each value that is neither a class nor ignored.
    """

    sizes: list[tuple[int, int]]
    pixels: np.ndarray
    ignored: int
    strange: dict[int, int] = field(default_factory=dict)

    @property
    def shares(self) -> np.ndarray:
        """The share of each class in all pixels that count."""
        return self.pixels.sum(axis=0) / max(self.pixels.sum(), 1)

    @property
    def present(self) -> np.ndarray:
        """In how many labels each class occurs."""
        return (self.pixels > 0).sum(axis=0)

    def median_frequency_weights(self) -> list[float]:
        """The median of the classes' frequencies over each class's own (Eigen and Fergus, ICCV 2015, section 6.3.2).

        A class's frequency is its share in the labels where it occurs. A class that never occurs gets 0.
        """
        size = self.pixels.sum(axis=1, keepdims=True)
        frequency = self.pixels.sum(axis=0) / np.maximum(((self.pixels > 0) * size).sum(axis=0), 1)
        seen = frequency > 0
        median = np.median(frequency[seen]) if seen.any() else 0.0
        return np.divide(median, frequency, out=np.zeros(len(frequency)), where=seen).tolist()

    def inverse_log_weights(self, c: float = 1.02) -> list[float]:
        """1 / ln(c + share): between 1 for a class that is everywhere and 50 for one that never occurs (ENet, 2016)."""
        return (1 / np.log(c + self.shares)).tolist()

    def without_unused(self) -> Statistics:
        """Without the classes above the highest one that occurs."""
        highest = np.flatnonzero(self.present).max(initial=0)
        return replace(self, pixels=self.pixels[:, : highest + 1])

    def table(self, names: Sequence[str] = ()) -> str:
        """A line for each class, and the sizes, for people; the weights as YAML takes them."""
        figures = self.as_dict()
        smallest, median, largest = ("x".join(map(str, size)) for size in figures["sizes"])
        lines = [f"{len(self.sizes)} labels; smallest {smallest}, median {median}, largest {largest}"]
        lines.append(f"ignored: {100 * figures['ignored_share']:.2f} % of the pixels")
        if self.strange:
            lines.append(f"no class: {few([f'value {value} ({n} pixels)' for value, n in self.strange.items()])}")
        for number, (share, present) in enumerate(zip(self.shares, self.present, strict=True)):
            name = names[number] if number < len(names) else ""
            lines.append(f"  {number:3} {name:20} {100 * share:6.2f} %   in {present} labels")
        for kind in ("median_frequency_weights", "inverse_log_weights"):
            weights = ", ".join(f"{weight:.4g}" for weight in figures[kind])
            lines.append(f"{kind.replace('_', ' ')}: [{weights}]")
        return "\n".join(lines)

    def as_dict(self) -> dict[str, Any]:
        """Everything, for JSON: sizes as smallest, median and largest by area, [w, h]."""
        order = sorted(self.sizes, key=lambda size: size[0] * size[1])
        return {
            "labels": len(self.sizes),
            "sizes": [list(order[place]) for place in (0, len(order) // 2, -1)],
            "class_shares": self.shares.tolist(),
            "labels_with_class": self.present.tolist(),
            "no_class": {str(value): count for value, count in self.strange.items()},
            "ignored_share": self.ignored / max(self.ignored + int(self.pixels.sum()), 1),
            "median_frequency_weights": self.median_frequency_weights(),
            "inverse_log_weights": self.inverse_log_weights(),
        }


def measure(dataset: Dataset) -> tuple[Statistics, list[Problem]]:
    """Read every label of a data set.

    Returns:
        The figures, and what is wrong with labels that cannot be read, which the figures are without.

    Raises:
        DataError: There are no labels, or none that can be read.
    """
    labels = [label for _, label in dataset.entries if label is not None]
    if not labels:
        raise DataError(str(dataset.list_file or dataset.root), "names no labels", "name a list of pairs")
    with ThreadPoolExecutor() as pool:
        read = pool.map(lambda path: _count(dataset, path), labels)
        found = list(progress(read, "Counting", len(labels)))
    problems = [problem for one in found if isinstance(one, DataError) for problem in one.problems]
    counted = [one for one in found if not isinstance(one, DataError)]
    if not counted:
        raise DataError(problems)
    return _gathered(counted, dataset.num_classes, dataset.ignore_index), problems


def _count(dataset: Dataset, path: Path) -> tuple[tuple[int, int], np.ndarray] | DataError:
    try:
        label = dataset.read_label(path, None)
    except DataError as error:
        return error
    h, w = label.shape[:2]
    return (w, h), count_values(label)


def _gathered(found: Sequence[tuple[tuple[int, int], np.ndarray]], num_classes: int, ignored: int) -> Statistics:
    counts = np.array([counts for _, counts in found]).reshape(-1, 256)
    total = counts.sum(axis=0)
    strange = {value: int(total[value]) for value in strange_values(total, num_classes, ignored)}
    return Statistics([size for size, _ in found], counts[:, :num_classes], int(total[ignored]), strange)
