"""From a configuration to a finished training run."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import paddle

from paddleseg import assemble
from paddleseg.config.build import Builder
from paddleseg.config.schema import RunConfig
from paddleseg.datasets.base import Dataset
from paddleseg.datasets.loader import TrainLoader
from paddleseg.device import select_device
from paddleseg.doctor.data import check_sample
from paddleseg.engine import checkpoint, dist, ownership
from paddleseg.engine.callbacks import EMA, Callback, Checkpoint, EarlyStop, Finite, Profiler, ProgressLog, VisualDL
from paddleseg.engine.distill import Distillation
from paddleseg.engine.evaluate import evaluate, sample_pictures
from paddleseg.engine.feature_distill import watch
from paddleseg.engine.state import TrainState
from paddleseg.engine.step import Stepper
from paddleseg.engine.terms import LossPlan
from paddleseg.engine.trainer import Trainer
from paddleseg.errors import DataError
from paddleseg.inference.predictor import Predictor
from paddleseg.inference.runtimes.dygraph import evaluating
from paddleseg.models.contract import heads_of, inputs_of
from paddleseg.models.weights import partial_weights
from paddleseg.tasks.base import FEW, Task

# Settings of `train` that change nothing of what a run computes.
_IRRELEVANT = (
    *("num_workers", "on_error", "log_iters", "keep_checkpoint_max", "nproc", "device"),
    *("cache_dir", "cache_gb"),
)


def train(
    config: RunConfig,
    *,
    save_dir: Path,
    resume: str | None = None,
    do_eval: bool = False,
    use_vdl: bool = False,
    repeats: int = 1,
    profiler_options: str | None = None,
    check_data: bool = True,
    overwrite: bool = False,
    prepare: Callable[[paddle.nn.Layer], None] = lambda model: None,
) -> TrainState:
    """Train as `config` says and leave checkpoints in `save_dir`.

    Args:
        resume: A checkpoint folder, or "auto" for the newest one in `save_dir` (none there: start afresh).
        do_eval: Evaluate on `val_dataset` at every `save_interval` and keep the best weights.
        check_data: Look at a sample of the data first, and refuse to start on what would fail later.
        overwrite: Start anew in the folder of an older run, whose checkpoints move to `save_dir/old_N`.
        prepare: Changes the network in place before the run begins, without changing its parameters' names.

    Raises:
        UserError: Anything wrong with the configuration, the data, the checkpoint, the device or `save_dir`.
    """
    with ownership.claim(save_dir, resume, overwrite=overwrite) as claimed:
        return _train(config, claimed, do_eval, use_vdl, repeats, profiler_options, check_data, prepare)


def _train(
    config: RunConfig,
    claimed: ownership.Claim,
    do_eval: bool,
    use_vdl: bool,
    repeats: int,
    profiler_options: str | None,
    check_data: bool,
    prepare: Callable[[paddle.nn.Layer], None],
) -> TrainState:
    save_dir = claimed.save_dir
    build = Builder(config)
    needed = ["model", "loss", "optimizer", "lr_scheduler", "train_dataset", "iters"]
    if build.loss_section() is not None:  # which may be the network's own
        needed.remove("loss")
    config.require(*needed, *(["val_dataset"] if do_eval else []))
    settings = config.train
    device = select_device(settings.device)
    dist.init()
    seed = config.seed or 0
    paddle.seed(seed)

    task = assemble.task_of(config)
    train_set = build.dataset("train")
    train_set.entries *= repeats
    val_set = build.dataset("val") if do_eval else None
    if check_data and dist.is_main():
        skipping = ["train"] if settings.on_error == "skip" else []
        check_sample({"train": train_set} | ({"val": val_set} if val_set else {}), skipping=skipping)
    iters = config.need("iters", config.iters)
    save_interval = config.save_interval or 1000

    with partial_weights(settings.allow_partial):
        model = build.model()
    prepare(model)
    optimizer = build.optimizer(model)
    model, optimizer, amp_level = _mixed_precision(model, optimizer, settings, device)
    # Paddle's tracer of byte code, the other way, runs into the compiled kernels of the CPU.
    network = paddle.jit.to_static(model, full_graph=device == "cpu") if config.to_static_training else model
    losses = LossPlan(*build.losses(), where=lambda number: config.where("loss", "types", number))
    if heads := heads_of(model):
        losses.resolve(heads, _fields(train_set))
    stepper = Stepper(
        dist.wrap(network),
        optimizer,
        losses,
        amp_level=amp_level,
        accumulate=settings.accumulate_steps,
        freeze_norm=settings.freeze_norm,
        distillation=_distillation(config, build, model),
        inputs=inputs_of(model),
    )
    loader = TrainLoader(
        train_set,
        dist.batch_share(config.batch_size),
        seed=seed,
        num_workers=settings.num_workers,
        rank=dist.rank(),
        world_size=dist.world(),
        on_error=settings.on_error,
        plugins=config.plugins,
        aspect_buckets=settings.aspect_buckets,
        cache=settings.cache,
        cache_dir=settings.cache_dir,
        cache_gb=settings.cache_gb,
    )
    trainer = Trainer(
        model=model,
        stepper=stepper,
        lr=_schedule(config, build, do_eval),
        loader=loader,
        iters=iters,
        evaluate=_evaluation(config, task, model, val_set),
        eval_interval=save_interval,
        seed=seed,
        monitor=task.monitor,
    )
    digest = config_hash(config)
    pictures = _pictures(config, task, model, val_set) if use_vdl else None
    trainer.callbacks = _callbacks(config, pictures, save_dir, save_interval, use_vdl, profiler_options, digest)
    checkpoint.begin(claimed, trainer, digest)
    return trainer.fit()


def _fields(dataset: Dataset) -> Collection[str]:
    """The fields of training samples, by one that can be used; where there is none, the loader says why."""
    for index in range(len(dataset)):
        with suppress(DataError):
            return dataset.sample(index, np.random.default_rng(0)).fields.keys()
    return ("image", "label")


def _schedule(config: RunConfig, build: Builder, do_eval: bool) -> Callable[[int], float]:
    """The learning rate, after a line on each setting that this run cannot follow."""
    schedule = build.lr()
    lines = [getattr(schedule, "remark", "")]
    if config.train.early_stop_intervals and not do_eval:
        lines.append("early_stop_intervals counts evaluations, of which there are none without --do_eval.")
    for line in filter(None, lines):
        if dist.is_main():
            print(line)
    return schedule


def config_hash(config: RunConfig) -> str:
    """A digest of all settings that decide what a run computes; the number of workers is none of them."""
    settings = config.to_dict()
    for name in _IRRELEVANT:
        settings["train"].pop(name, None)
    settings["train"]["cache"] = bool(settings["train"]["cache"])  # not where
    return hashlib.sha256(json.dumps(settings, sort_keys=True, default=str).encode()).hexdigest()[:16]


def _distillation(config: RunConfig, build: Builder, model: paddle.nn.Layer) -> Distillation | None:
    if config.teacher is None:
        for name in ("distill_loss", "distill_features"):
            if getattr(config, name) and dist.is_main():
                print(f"{name} is not used: the configuration names no teacher.")
        return None
    teacher = build.teacher()
    losses, coefs = build.losses("distill_loss") if config.distill_loss else ([], [1.0])
    pairs = zip(config.distill_features, build.feature_losses(), strict=True)
    terms = [(each.student, each.teacher or each.student, loss, each.coef) for each, loss in pairs]
    where = [config.where("distill_features", index) for index in range(len(terms))]
    return Distillation(teacher, losses, coefs, watch(model, teacher, terms, where))


def _evaluation(
    config: RunConfig, task: Task, model: paddle.nn.Layer, val_set: Any
) -> Callable[[], dict[str, Any]] | None:
    if val_set is None:
        return None
    predictor = _predictor(config, model)

    def run() -> dict[str, Any]:
        with evaluating(model):
            return evaluate(
                predictor,
                val_set,
                task,
                num_workers=config.train.num_workers,
                measures=FEW,
                rank=dist.rank(),
                world_size=dist.world(),
            ).metrics

    return run


def _predictor(config: RunConfig, model: paddle.nn.Layer) -> Predictor:
    """The model that is being trained, as every command will run it."""
    with evaluating(model):
        return Predictor.from_model(model, assemble.card_from_config(config), assemble.looks_of(config))


def _callbacks(
    config: RunConfig,
    pictures: Callable[[], list[tuple[str, np.ndarray]]] | None,
    save_dir: Path,
    save_interval: int,
    use_vdl: bool,
    profiler_options: str | None,
    digest: str,
) -> list[Callback]:
    """In the order in which they act: who looks first, then averages, who reports, then who saves."""
    settings = config.train
    callbacks: list[Callback] = [Finite(max(settings.log_iters, 10))]
    if settings.ema:
        callbacks.append(EMA(settings.ema.decay, settings.ema.warmup))
    if profiler_options:
        callbacks.append(Profiler(profiler_options))
    if dist.is_main():
        callbacks.append(ProgressLog(settings.log_iters))
        if use_vdl:
            callbacks.append(VisualDL(save_dir, settings.log_iters, pictures))
    if settings.early_stop_intervals:
        callbacks.append(EarlyStop(settings.early_stop_intervals))
    callbacks.append(Checkpoint(save_dir, save_interval, settings.keep_checkpoint_max, digest, claimed=True))
    return callbacks


def _pictures(
    config: RunConfig, task: Task, model: paddle.nn.Layer, val_set: Any
) -> Callable[[], list[tuple[str, np.ndarray]]] | None:
    if val_set is None:
        return None
    predictor = _predictor(config, model)

    def run() -> list[tuple[str, np.ndarray]]:
        with evaluating(model):
            return sample_pictures(predictor, val_set, task)

    return run


def _mixed_precision(model: Any, optimizer: Any, settings: Any, device: str) -> tuple[Any, Any, str]:
    if settings.precision == "fp32":
        return model, optimizer, "O0"
    if device == "cpu":
        if dist.is_main():
            print("precision fp16 works on a GPU only; this run stays in fp32.")
        return model, optimizer, "O0"
    if settings.amp_level == "O2":
        model, optimizer = paddle.amp.decorate(models=model, optimizers=optimizer, level="O2")
    return model, optimizer, settings.amp_level
