"""Masks of classes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from paddleseg import compat
from paddleseg.card import Output
from paddleseg.datasets.base import Dataset
from paddleseg.errors import DataError
from paddleseg.images.error_map import panel
from paddleseg.images.paint import flatten
from paddleseg.inference.predictor import SegResult
from paddleseg.metrics import AucRoc, BoundaryIoU, Confusion, Connectivity
from paddleseg.metrics.base import Metric
from paddleseg.metrics.independent import IndependentClasses
from paddleseg.metrics.monitor import Monitor
from paddleseg.registry import TASKS
from paddleseg.tasks.base import EvalResult, Measures, Task
from paddleseg.transforms.sample import Sample


@TASKS.register("semantic")
class Semantic(Task):
    """A class for every pixel or, of independent classes, all that hold there."""

    monitor = Monitor("mIoU")

    def output(self, num_classes: int | None, multilabel: bool) -> Output:
        """Probabilities: of exclusive classes by softmax, of one channel or independent classes by sigmoid."""
        activation = "sigmoid" if multilabel or num_classes == 1 else "softmax"
        return Output.model_validate({"activation": activation, "multilabel": multilabel})

    def metrics(self, dataset: Dataset, output: Output, asked: Measures) -> list[Metric]:
        """IoU and its relatives; boundary IoU; with one kind of foreground also connectivity."""
        about = (max(dataset.num_classes, 2), dataset.ignore_index)  # a single channel means two classes
        if output.multilabel:
            return [IndependentClasses(dataset.num_classes, dataset.ignore_index)]
        wanted: list[Metric] = [Confusion(*about)]
        if asked.thorough:
            wanted.append(BoundaryIoU(*about))
        if asked.connectivity or (asked.connectivity is None and asked.thorough and about[0] == 2):
            wanted.append(Connectivity(*about))
        if asked.auc_roc:
            wanted.append(AucRoc(*about))
        return wanted

    def compare(self, result: SegResult, sample: Sample) -> tuple[np.ndarray | None, ...]:
        return result.mask, self._label(result, sample), result.prob

    @staticmethod
    def _label(result: SegResult, sample: Sample) -> np.ndarray:
        """The sample's label; a `DataError` that names the image where it has none, or one of the other kind."""
        independent = result.output.multilabel
        if sample.label is None:
            raise DataError(sample.path, "has no label", "evaluation needs `image label` pairs")
        if independent and sample.label.ndim == 2:
            hint = "leave out use_multilabel, or save the masks of all classes side by side in one file"
            raise DataError(sample.label_path, "says one class a pixel, not independent ones", hint)
        if sample.label.ndim == 3 and not independent:
            raise DataError(sample.label_path, "holds masks of several classes", "add --use_multilabel")
        return sample.label

    def log_lines(self, result: EvalResult) -> list[str]:
        """PaddleSeg's lines."""
        names = {"mIoU": "mIoU", "Acc": "pixel_accuracy", "Kappa": "kappa", "Dice": "dice"}
        means = " ".join(f"{shown}: {result.metrics[name]:.4f}" for shown, name in names.items())
        lists = {"IoU": "class_IoU", "Precision": "class_precision", "Recall": "class_recall"}
        classes = [
            f"[EVAL] Class {shown}: {compat.list_break()}{_numbers(result.metrics[name])}"
            for shown, name in lists.items()
        ]
        return [f"[EVAL] #Images: {len(result.images)} {means}", *classes]

    def worst_first(self, result: EvalResult, dataset: Dataset) -> tuple[str, list[dict[str, Any]]]:
        """By foreground IoU; by mIoU with more than two classes."""
        measure = "foreground_IoU" if dataset.num_classes == 2 else "mIoU"
        # An image without any foreground, rightly left empty, has no IoU and no fault.
        return measure, sorted(result.images, key=lambda row: math.inf if math.isnan(row[measure]) else row[measure])

    def panel(self, result: SegResult, sample: Sample, dataset: Dataset) -> np.ndarray:
        """Photo, label, mask and errors side by side."""
        mask, label = result.mask, self._label(result, sample)
        if result.output.multilabel:
            mask, label = flatten(mask), flatten((label == 1).transpose(2, 0, 1))
        return panel(sample.image, label, mask, dataset.ignore_index)


def _numbers(values: list[float]) -> str:
    text = np.array2string(np.round(values, 4), suppress_small=True)
    return text if compat.release() else text.replace("\n", "")
