"""From a checked configuration to what runs: network, card, predictor, task. The one place where these meet.

What a configuration writes counts; what it leaves out comes, with `zoo://` weights, from their card. So the same
weights give the same mask through every command.
"""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Sequence
from typing import Any

from paddleseg import zoo
from paddleseg.card import Card, Finish, Input, Output, OutputKind, Step
from paddleseg.card.finish import NAMES as FINISH_NAMES
from paddleseg.config.build import Builder, without_pretrained
from paddleseg.config.components import parameters_of
from paddleseg.config.schema import RunConfig
from paddleseg.errors import ConfigError
from paddleseg.inference.augment import TestAugmentation
from paddleseg.inference.predictor import Predictor
from paddleseg.inference.preprocess import Preprocessor, explicit_steps
from paddleseg.models.contract import inputs_of
from paddleseg.registry import DATASETS, MODELS, TASKS
from paddleseg.tasks.base import Task
from paddleseg.version import __version__


def task_of(cfg: RunConfig) -> Task:
    """The task that the configuration names.

    Raises:
        ConfigError: There is no such task.
    """
    task = TASKS.get(cfg.task, cfg.where("task"))()
    assert isinstance(task, Task)
    return task


def weights_of(cfg: RunConfig, model_path: str | None) -> str:
    """Where trained parameters come from: `--model_path`, or else the configuration.

    Raises:
        ConfigError: Neither says so.
    """
    source = model_path or cfg.need("model", cfg.model).args.get("pretrained")
    if not source:
        raise ConfigError(cfg.where("model"), "there are no trained weights", "give --model_path")
    return str(source)


def model_from_config(cfg: RunConfig, model_path: str | None) -> Any:
    """The configuration's model with trained weights; `model_path` takes the place of every `pretrained` in the file.

    Raises:
        ConfigError: Neither says where trained parameters come from.
        WeightsError: They do not fit.
    """
    from paddleseg.models.weights import load_weights

    weights_of(cfg, model_path)
    build = Builder(cfg)
    if model_path is None:
        return build.model()
    model = build.untrained_model()
    load_weights(model, model_path)
    return model


def predictor_from_config(cfg: RunConfig, model_path: str | None = None, *, raw: bool = False) -> Predictor:
    """The configuration's trained model as all commands run it, with the scales, flips and windows of `test_config`.

    Args:
        raw: As `card_from_config`'s.
    """
    card = card_from_config(cfg, weights=weights_of(cfg, model_path), raw=raw)
    return Predictor.from_model(model_from_config(cfg, model_path), card, looks_of(cfg))


def looks_of(cfg: RunConfig) -> TestAugmentation:
    return TestAugmentation.from_config(cfg.test_config.model_dump())


def card_from_config(
    cfg: RunConfig,
    *,
    kind: OutputKind = "prob",
    shape: Sequence[int] | None = None,
    weights: str | None = None,
    raw: bool = False,
) -> Card:
    """The card of the configuration's model.

    The preprocessing is `export.transforms`, else what evaluation does to a picture. The postprocessing is what
    `export` writes. For what is not written, the card of `zoo://` weights stands in.

    Args:
        kind: What the graph's output is.
        shape: N, C, H, W of the graph's input; any number below 1 leaves that one open, as does None for all but C.
            Where height and width are fixed and no step settles the size, a `Resize` to it comes first.
        weights: What the model is given. None for weights that are trained under this configuration.
        raw: The network alone, prepared as `val_dataset` says: no postprocessing but the class of highest probability.

    Raises:
        ConfigError: A step is random or unknown, gives another size than `shape`, or does not fit the classes.
    """
    published = zoo.card(weights) if weights and weights.startswith(zoo.PREFIX) else None
    model, facts = cfg.need("model", cfg.model), Builder(cfg).facts
    known = facts.given(MODELS, ("model",)) | model.args
    num_classes, channels = known.get("num_classes"), known.get("in_channels", 3)
    multilabel = cfg.test_config.use_multilabel
    taken = parameters_of(MODELS.get(model.type)).names | set(model.args)
    arguments = copy.deepcopy(without_pretrained({name: value for name, value in known.items() if name in taken}))
    open_or_given = _open_or_given(shape, channels)
    steps, size = _settle(_steps(cfg, published, raw), open_or_given, channels)
    output = task_of(cfg).output(num_classes, multilabel)
    if kind != "prob" and output.kind == "prob":
        output = output.model_copy(update={"kind": kind})
    card = Card(
        name=model.type,
        task=cfg.task,
        model=Step.of(model.type, **arguments),
        inputs=[
            Input(shape=open_or_given, size=size, color="GREY" if channels == 1 else "RGB"),
            *(_beside(name, open_or_given) for name in inputs_of(MODELS.get(model.type))[1:]),
        ],
        preprocess=steps,
        outputs=[output],
        postprocess=[] if raw else _postprocess(cfg, published, output, num_classes),
        classes=[] if output.kind in ("values", "alpha") else _class_names(cfg, published, num_classes, multilabel),
        colors=_colors(cfg, published),
        versions={"paddleseg": __version__},
    )
    if published is None:
        return card
    kept = ("name", "about", "origin", "licence", "sources", "known_failures")
    return card.model_copy(update={name: getattr(published, name) for name in kept})


def _beside(name: str, shape: Sequence[int | None]) -> Input:
    """What a network takes beside the picture: a map of one channel."""
    return Input(name=name, kind=name, shape=[shape[0], 1, *shape[2:]])


def _steps(cfg: RunConfig, published: Card | None, raw: bool) -> list[Step]:
    dataset = cfg.val_dataset
    specs: list[dict[str, Any]] = dataset.args.get("transforms") or [] if dataset else []
    if cfg.export.transforms and not raw:
        return explicit_steps([step.model_dump() for step in cfg.export.transforms], cfg.where("export", "transforms"))
    if not specs and published is not None:
        return published.preprocess
    return explicit_steps(specs, cfg.where("val_dataset", "transforms"))


def _postprocess(cfg: RunConfig, published: Card | None, output: Output, num_classes: int | None) -> list[Step]:
    """The steps that `export` writes; with published weights, theirs where it writes none."""
    if output.kind in ("argmax", "values", "alpha") and not cfg.export.postprocess:
        return []
    if cfg.export.postprocess:
        return [Step.model_validate(step.model_dump()) for step in cfg.export.postprocess]
    written = {name: getattr(cfg.export, name) for name in FINISH_NAMES if name in cfg.export.model_fields_set}
    if published is not None and not written:
        return published.postprocess
    exclusive = (num_classes or 2) > 2 and not output.multilabel
    for name, value in written.items():
        if name != "threshold" and value and (output.multilabel or exclusive):
            raise ConfigError(cfg.where("export", name), "is for two classes", "leave it out")
        if name == "threshold" and value != 0.5 and exclusive:
            raise ConfigError(cfg.where("export", name), "is for two classes, or independent ones", "leave it out")
    return dataclasses.replace(published.finish if published else Finish(), **written).steps()


def _open_or_given(shape: Sequence[int] | None, channels: int) -> list[int | None]:
    given = [None if side < 1 else side for side in shape or (-1, channels, -1, -1)]
    if given[1] not in (None, channels):
        raise ConfigError("--input_shape", f"has {given[1]} channels, but the pictures have {channels}")
    return [given[0], channels, *given[2:]]


def _settle(steps: list[Step], shape: Sequence[int | None], channels: int) -> tuple[list[Step], tuple[int, int] | None]:
    """The steps with the size that comes out of them, which has to be that of a fixed `shape`."""
    size = Preprocessor(steps).fixed_size(channels)
    h, w = shape[2:]
    if h is None or w is None:
        return steps, size
    if size is None:
        steps = [*explicit_steps([{"type": "Resize", "target_size": [w, h]}]), *steps]
        size = Preprocessor(steps).fixed_size(channels)
    if size != (h, w):
        found = f"{size[0]}x{size[1]}" if size else "other sizes"
        raise ConfigError(
            "--input_shape", f"says {h}x{w} (h x w), but the transforms give {found}", "change one of the two"
        )
    return steps, size


def _class_names(cfg: RunConfig, published: Card | None, num_classes: int | None, multilabel: bool) -> list[str]:
    """As the configuration or the data set says, else as the published card."""
    names = list(cfg.export.class_names) or _said_by_dataset(cfg, "class_names", "CLASSES")
    if not names and published is not None:
        names = published.classes
    if names and num_classes in (None, len(names)):
        return names
    if cfg.export.class_names:
        what = f"names {len(names)} classes, but there are {num_classes}"
        raise ConfigError(cfg.where("export", "class_names"), what, "name every class, background first")
    if num_classes is None:
        return []
    if num_classes <= 2 and not multilabel:
        return ["background", "foreground"]
    return [f"class_{index}" for index in range(num_classes)]


def _colors(cfg: RunConfig, published: Card | None) -> list[list[int]]:
    said = cfg.export.colors or _said_by_dataset(cfg, "class_colors", "COLORS")
    return [list(color) for color in said or (published.colors if published else [])]


def _said_by_dataset(cfg: RunConfig, argument: str, attribute: str) -> list[Any]:
    """What the data set's arguments or its class say of the classes."""
    dataset = cfg.val_dataset or cfg.train_dataset
    if dataset is None:
        return []
    said = dataset.args.get(argument)
    if said is None and dataset.type in DATASETS:
        said = getattr(DATASETS.get(dataset.type), attribute, None)
    return list(said or [])
