"""The contract of a task, and the results of an evaluation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from paddleseg.card import Output
from paddleseg.datasets.base import Dataset
from paddleseg.inference.predictor import SegResult
from paddleseg.metrics.base import Metric
from paddleseg.metrics.monitor import Monitor
from paddleseg.transforms.sample import Sample


@dataclass
class EvalResult:
    """What an evaluation found.

    Args:
        metrics: Every measure by name, over all images; lists hold one number for each class.
        images: One row for each image, in the data set's order: index, path and the measures of that image alone.
    """

    metrics: dict[str, Any]
    images: list[dict[str, Any]]


@dataclass(frozen=True)
class Measures:
    """What to measure beside the task's own.

    Args:
        connectivity: Semantic connectivity and components; None where the task finds it fit.
        auc_roc: The area under the ROC curve.
        thorough: Also what takes longer than one look at the mask, such as boundary IoU.
    """

    connectivity: bool | None = None
    auc_roc: bool = False
    thorough: bool = True


FEW = Measures(connectivity=False, thorough=False)
"""What an evaluation during training looks at."""


class Task:
    """A kind of answer; a configuration names it as `task`, and so does a card.

    Attributes:
        monitor: What `best_model`, early stop and the progress bar look at.
    """

    monitor: ClassVar[Monitor]

    def output(self, num_classes: int | None, multilabel: bool) -> Output:
        """What the main output of an exported graph means."""
        raise NotImplementedError

    def metrics(self, dataset: Dataset, output: Output, asked: Measures) -> list[Metric]:
        """Streaming measures for a data set."""
        raise NotImplementedError

    def maps(self, sample: Sample) -> Mapping[str, np.ndarray]:
        """What a network may take beside the picture, of a sample as the data set reads it."""
        return {}

    def compare(self, result: SegResult, sample: Sample) -> tuple[np.ndarray | None, ...]:
        """What `Metric.of` takes, of one image.

        Args:
            sample: As the data set reads it, untransformed.

        Raises:
            DataError: The sample lacks what the task compares with.
        """
        raise NotImplementedError

    def log_lines(self, result: EvalResult) -> list[str]:
        """An evaluation in the lines that scripts read."""
        values = (f"{name}: {value:.4f}" for name, value in result.metrics.items() if isinstance(value, float))
        return [f"[EVAL] #Images: {len(result.images)} {' '.join(values)}"]

    def worst_first(self, result: EvalResult, dataset: Dataset) -> tuple[str, list[dict[str, Any]]]:
        """A measure, and the rows of an evaluation by it, those without it last."""
        known = [row for row in result.images if row[self.monitor.name] == row[self.monitor.name]]
        ordered = sorted(known, key=lambda row: row[self.monitor.name], reverse=self.monitor.mode == "min")
        return self.monitor.name, [*ordered, *(row for row in result.images if row not in known)]

    def panel(self, result: SegResult, sample: Sample, dataset: Dataset) -> np.ndarray:
        """A picture RGB uint8 that shows where the answer is wrong."""
        raise NotImplementedError


Pictures = Sequence[tuple[str, np.ndarray]]
"""(path, RGB picture) pairs."""
