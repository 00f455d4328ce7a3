"""PaddleSeg's entry points over objects: `from paddleseg.core import train, evaluate, predict`.

New code that has a configuration uses `paddleseg.engine.run.train`; these keep scripts written for PaddleSeg running.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import paddle

from paddleseg.card import Card
from paddleseg.config.schema import TestSection
from paddleseg.datasets.base import Dataset
from paddleseg.datasets.loader import TrainLoader
from paddleseg.engine import checkpoint, dist
from paddleseg.engine.callbacks import Callback, Checkpoint, ProgressLog, VisualDL
from paddleseg.engine.evaluate import evaluate as run_evaluation
from paddleseg.engine.step import Stepper
from paddleseg.engine.terms import LossPlan
from paddleseg.engine.trainer import Trainer
from paddleseg.images.paint import palette
from paddleseg.inference.augment import TestAugmentation
from paddleseg.inference.outputs import Writer
from paddleseg.inference.pictures import predict_files
from paddleseg.inference.predictor import Predictor
from paddleseg.inference.runtimes.dygraph import evaluating
from paddleseg.models.weights import load_weights
from paddleseg.tasks.base import FEW
from paddleseg.tasks.semantic import Semantic


def train(
    model: paddle.nn.Layer,
    train_dataset: Dataset,
    val_dataset: Dataset | None = None,
    optimizer: Any = None,
    save_dir: str = "output",
    iters: int = 10000,
    batch_size: int = 2,
    resume_model: str | None = None,
    save_interval: int = 1000,
    log_iters: int = 10,
    num_workers: int = 0,
    use_vdl: bool = False,
    losses: Mapping[str, Sequence[Any]] | None = None,
    keep_checkpoint_max: int = 5,
    test_config: Mapping[str, Any] | None = None,
) -> None:
    """Train `model`; checkpoints and the best weights go to `save_dir`.

    Args:
        optimizer: A Paddle optimizer, with a number or a Paddle schedule as its learning rate.
        losses: `{"types": [loss, ...], "coef": [weight, ...]}`, one of each for every output of the model, or for all.
    """
    if optimizer is None or losses is None:
        raise TypeError("train() needs an optimizer and losses")
    callbacks: list[Callback] = [ProgressLog(log_iters)]
    if use_vdl:
        callbacks.append(VisualDL(save_dir, log_iters))
    trainer = Trainer(
        model=model,
        stepper=Stepper(dist.wrap(model), optimizer, LossPlan(losses["types"], losses["coef"])),
        lr=_rate(optimizer),
        loader=TrainLoader(
            train_dataset, batch_size, num_workers=num_workers, rank=dist.rank(), world_size=dist.world()
        ),
        iters=iters,
        callbacks=[*callbacks, Checkpoint(save_dir, save_interval, keep_checkpoint_max)],
        evaluate=None if val_dataset is None else lambda: _measured(model, val_dataset, num_workers, test_config or {}),
        eval_interval=save_interval,
    )
    if resume_model:
        checkpoint.restore(Path(resume_model), trainer)
    trainer.fit()


def evaluate(
    model: paddle.nn.Layer, eval_dataset: Dataset, num_workers: int = 0, **test_config: Any
) -> tuple[float, float, list[float], list[float], float]:
    """mIoU, pixel accuracy, IoU of each class, precision of each class, kappa; `test_config` as in a YAML file."""
    found = _measured(model, eval_dataset, num_workers, test_config)
    return found["mIoU"], found["pixel_accuracy"], found["class_IoU"], found["class_precision"], found["kappa"]


def _measured(
    model: paddle.nn.Layer, dataset: Dataset, num_workers: int, test_config: Mapping[str, Any]
) -> dict[str, Any]:
    """The measures of a model in memory; its layers keep their modes."""
    with evaluating(model):
        predictor = _predictor(model, dataset.num_classes, test_config, dataset.transforms)
        return run_evaluation(predictor, dataset, num_workers=num_workers, measures=FEW).metrics


def _predictor(
    model: paddle.nn.Layer, num_classes: int | None, test_config: Mapping[str, Any], transform: Any
) -> Predictor:
    section = TestSection.model_validate(dict(test_config))
    output = Semantic().output(num_classes, section.use_multilabel)
    looks = TestAugmentation.from_config(section.model_dump())
    return Predictor.from_model(model, Card(name=type(model).__name__, outputs=[output]), looks, transform)


def predict(
    model: paddle.nn.Layer,
    model_path: str | None,
    transforms: Callable[[Any], Any],
    image_list: Sequence[str],
    image_dir: str | None = None,
    save_dir: str = "output",
    custom_color: Sequence[int] | None = None,
    **test_config: Any,
) -> None:
    """Write pseudo-colour masks and overlays of the images of `image_list` to `save_dir`.

    Args:
        model_path: Weights to load first; None keeps those in `model`.
        image_dir: Predict this whole folder, sub-folders kept, in place of `image_list`.
    """
    if model_path:
        load_weights(model, model_path)
    predictor = _predictor(model, None, test_config, transforms)
    numbers = [] if custom_color is None else list(custom_color)
    colors = palette([numbers[i : i + 3] for i in range(0, len(numbers), 3)])
    writer = Writer(save_dir, ["overlay", "pseudo_color"], colors)
    for source in [image_dir] if image_dir else image_list:
        predict_files(predictor, source, writer).raise_if_any_failed()


def _rate(optimizer: Any) -> Callable[[int], float]:
    """The optimizer's own learning rate as a function of the step."""
    schedule = getattr(optimizer, "_learning_rate", None)
    if not isinstance(schedule, paddle.optimizer.lr.LRScheduler):
        return lambda step: optimizer.get_lr()

    def rate(step: int) -> float:
        schedule.step(step)
        return schedule()

    return rate
