"""`train` over objects, with PaddleSeg's arguments."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import paddle

from paddleseg.core.val import measured
from paddleseg.datasets.adopt import adopted
from paddleseg.datasets.base import Dataset
from paddleseg.datasets.loader import TrainLoader
from paddleseg.engine import checkpoint, dist
from paddleseg.engine.callbacks import EMA, Callback, Checkpoint, EarlyStop, Profiler, ProgressLog, VisualDL
from paddleseg.engine.step import Stepper
from paddleseg.engine.terms import LossPlan
from paddleseg.engine.trainer import Trainer
from paddleseg.errors import ConfigError
from paddleseg.utils.logger import setup_logger


def train(
    model: paddle.nn.Layer,
    train_dataset: Dataset,
    val_dataset: Dataset | None = None,
    optimizer: Any = None,
    save_dir: str = "output",
    iters: int = 10000,
    batch_size: int = 2,
    early_stop_intervals: int | None = None,
    resume_model: str | None = None,
    save_interval: int = 1000,
    log_iters: int = 10,
    num_workers: int = 0,
    use_vdl: bool = False,
    use_ema: bool = False,
    losses: Mapping[str, Sequence[Any]] | None = None,
    keep_checkpoint_max: int = 5,
    test_config: Mapping[str, Any] | None = None,
    precision: str = "fp32",
    amp_level: str = "O1",
    profiler_options: str | None = None,
    to_static_training: bool = False,
    logger: logging.Logger | None = None,
    print_mem_info: bool = False,
    shuffle: bool = True,
    **kwargs: Any,
) -> None:
    """Train `model`; checkpoints and the best weights go to `save_dir`.

    Args:
        optimizer: A Paddle optimizer, with a number or a Paddle schedule as its learning rate.
        early_stop_intervals: Evaluations without a better one after which the run ends.
        use_ema: Evaluate and keep a moving average of the weights.
        losses: `{"types": [loss, ...], "coef": [weight, ...]}`, one of each for every output of the model, or for all.
        precision: "fp32", or "fp16" on a GPU.
        logger: Takes the lines instead of standard output.
        print_mem_info: Also how much memory of the GPU is taken.
        shuffle: False is refused: the order of an epoch is a function of the seed here.
        kwargs: What newer versions of PaddleSeg add, such as `cli_args`; named and left aside.

    Raises:
        ConfigError: `shuffle` is False, or `precision` is none.
    """
    if optimizer is None or losses is None:
        raise TypeError("train() needs an optimizer and losses")
    if not shuffle:
        hint = "leave it out; for one fixed order write an iterator over paddleseg.engine.trainer.Trainer"
        raise ConfigError("train(shuffle=False)", "is not to be had", hint)
    log = logger or setup_logger("ppseg")
    if kwargs and dist.is_main():
        log.warning("train() makes no use of %s", ", ".join(sorted(kwargs)))
    on_cpu = paddle.get_device() == "cpu"
    model, optimizer, level = _mixed(model, optimizer, precision, amp_level, on_cpu, log)
    network = paddle.jit.to_static(model, full_graph=on_cpu) if to_static_training else model
    callbacks: list[Callback] = [EMA()] if use_ema else []
    if profiler_options:
        callbacks.append(Profiler(profiler_options))
    if dist.is_main():
        callbacks.append(_Log(log_iters, logger, print_mem_info and not on_cpu))
        if use_vdl:
            callbacks.append(VisualDL(save_dir, log_iters))
    if early_stop_intervals:
        callbacks.append(EarlyStop(early_stop_intervals))
    val_set = None if val_dataset is None else adopted(val_dataset, needed=True)
    trainer = Trainer(
        model=model,
        stepper=Stepper(dist.wrap(network), optimizer, LossPlan(losses["types"], losses["coef"]), amp_level=level),
        lr=_rate(optimizer),
        loader=TrainLoader(
            train_dataset, batch_size, num_workers=num_workers, rank=dist.rank(), world_size=dist.world()
        ),
        iters=iters,
        callbacks=[*callbacks, Checkpoint(save_dir, save_interval, keep_checkpoint_max)],
        evaluate=None if val_set is None else lambda: measured(model, val_set, num_workers, test_config or {}).metrics,
        eval_interval=save_interval,
    )
    if resume_model:
        checkpoint.restore(Path(resume_model), trainer)
    trainer.fit()


def check_logits_losses(logits_list: Sequence[Any], losses: Mapping[str, Sequence[Any]]) -> None:
    """Compare the number of outputs with that of losses and their weights.

    Raises:
        ConfigError: They differ.
    """
    counts = (len(logits_list), len(losses["types"]), len(losses["coef"]))
    if len(set(counts)) > 1:
        what = "the model gives {} outputs, for which there are {} types and {} coef".format(*counts)
        raise ConfigError("losses", what, "list one of each for every output")


def loss_computation(
    logits_list: Sequence[paddle.Tensor],
    labels: paddle.Tensor,
    edges: paddle.Tensor | None,
    losses: Mapping[str, Sequence[Any]],
) -> list[paddle.Tensor]:
    """The weighted loss of every output, for a loop of one's own."""
    check_logits_losses(logits_list, losses)
    fields = {"label": labels} if edges is None else {"label": labels, "edge": edges}
    return LossPlan(losses["types"], losses["coef"])(logits_list, fields)


class _Log(ProgressLog):
    """The lines of a run to a logger of the caller's, where there is one."""

    def __init__(self, log_iters: int, logger: logging.Logger | None, with_memory: bool):
        super().__init__(log_iters)
        self.logger, self.with_memory = logger, with_memory

    def log(self, text: str) -> None:
        if self.with_memory and text.startswith("[TRAIN]"):
            device = paddle.device.cuda
            reserved, taken = (size >> 20 for size in (device.max_memory_reserved(), device.max_memory_allocated()))
            text += f", max_mem_reserved: {reserved} MB, max_mem_allocated: {taken} MB"
        if self.logger is None:
            super().log(text)
        else:
            self.logger.info(text)


def _mixed(
    model: paddle.nn.Layer, optimizer: Any, precision: str, amp_level: str, on_cpu: bool, log: logging.Logger
) -> tuple[paddle.nn.Layer, Any, str]:
    if precision not in ("fp32", "fp16") or amp_level not in ("O1", "O2"):
        hint = "precision is fp32 or fp16, amp_level O1 or O2"
        raise ConfigError("train()", f"got precision {precision!r} and amp_level {amp_level!r}", hint)
    if precision == "fp32":
        return model, optimizer, "O0"
    if on_cpu:
        log.warning("precision fp16 works on a GPU only; this run stays in fp32.")
        return model, optimizer, "O0"
    if amp_level == "O2":
        model, optimizer = paddle.amp.decorate(models=model, optimizers=optimizer, level="O2")
    return model, optimizer, amp_level


def _rate(optimizer: Any) -> Callable[[int], float]:
    """The optimizer's own learning rate as a function of the step."""
    schedule = getattr(optimizer, "_learning_rate", None)
    if not isinstance(schedule, paddle.optimizer.lr.LRScheduler):
        return lambda step: optimizer.get_lr()

    def rate(step: int) -> float:
        schedule.step(step)
        return schedule()

    return rate
