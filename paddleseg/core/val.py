"""`evaluate` over objects, with PaddleSeg's arguments."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import paddle

from paddleseg import compat
from paddleseg.card import Card
from paddleseg.config.schema import TestSection
from paddleseg.datasets.adopt import adopted
from paddleseg.datasets.base import Dataset
from paddleseg.engine import dist
from paddleseg.engine.evaluate import evaluate as run_evaluation
from paddleseg.errors import ConfigError
from paddleseg.inference.augment import TestAugmentation
from paddleseg.inference.predictor import Predictor
from paddleseg.inference.runtimes.dygraph import evaluating
from paddleseg.tasks.base import FEW, EvalResult
from paddleseg.tasks.semantic import Semantic


def evaluate(
    model: paddle.nn.Layer,
    eval_dataset: Dataset,
    aug_eval: bool = False,
    scales: float | Sequence[float] = 1.0,
    flip_horizontal: bool = False,
    flip_vertical: bool = False,
    is_slide: bool = False,
    stride: Sequence[int] | None = None,
    crop_size: Sequence[int] | None = None,
    precision: str = "fp32",
    amp_level: str = "O1",
    num_workers: int = 0,
    print_detail: bool = True,
    auc_roc: bool = False,
    use_multilabel: bool = False,
) -> tuple[float, float, list[float], list[float], float]:
    """mIoU, pixel accuracy, IoU of each class, precision of each class, kappa.

    Args:
        scales: Factors of the input size; they and the flips count with `aug_eval`.
        stride: Steps (w, h) of the sliding window `crop_size` (w, h), with `is_slide`.
        precision: "fp16" runs in mixed precision, on a GPU only.
        print_detail: Print the lines that scripts read.
        auc_roc: Also print the area under the ROC curve.
    """
    looks = {
        "aug_eval": aug_eval,
        "scales": scales,
        "flip_horizontal": flip_horizontal,
        "flip_vertical": flip_vertical,
        "is_slide": is_slide,
        "stride": stride,
        "crop_size": crop_size,
        "use_multilabel": use_multilabel,
    }
    log = compat.say if print_detail else _silent
    if precision not in ("fp32", "fp16"):
        raise ConfigError("evaluate(precision)", f"is {precision!r}", "give fp32 or fp16")
    with paddle.amp.auto_cast(precision == "fp16" and paddle.get_device() != "cpu", level=amp_level):
        dataset = adopted(eval_dataset, needed=True)
        found = measured(model, dataset, num_workers, looks, auc_roc, log).metrics
    return found["mIoU"], found["pixel_accuracy"], found["class_IoU"], found["class_precision"], found["kappa"]


def _silent(line: str) -> None:
    pass


def measured(
    model: paddle.nn.Layer,
    dataset: Dataset,
    num_workers: int,
    test_config: Mapping[str, Any],
    auc_roc: bool = False,
    log: Callable[[str], None] = compat.say,
) -> EvalResult:
    """The measures of a model in memory; its layers keep their modes."""
    with evaluating(model):
        predictor = predictor_of(model, dataset.num_classes, test_config, dataset.transforms)
        return run_evaluation(
            predictor,
            dataset,
            num_workers=num_workers,
            measures=replace(FEW, auc_roc=auc_roc),
            rank=dist.rank(),
            world_size=dist.world(),
            log=log,
        )


def predictor_of(
    model: paddle.nn.Layer, num_classes: int | None, test_config: Mapping[str, Any], transform: Any
) -> Predictor:
    """A model in memory with the looks of `test_config`, None being the default, and a transform that is built."""
    section = TestSection.model_validate({name: value for name, value in test_config.items() if value is not None})
    output = Semantic().output(num_classes, section.use_multilabel)
    looks = TestAugmentation.from_config(section.model_dump())
    return Predictor.from_model(model, Card(name=type(model).__name__, outputs=[output]), looks, transform)
