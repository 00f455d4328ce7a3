"""A configuration's card: what someone who runs its model has to know."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any, Literal

from paddleseg.card import TWO_CLASS_STEPS, Card, Input, Output, Step
from paddleseg.config.build import build_model
from paddleseg.config.components import parameters_of
from paddleseg.config.facts import Facts
from paddleseg.config.schema import RunConfig
from paddleseg.errors import ConfigError
from paddleseg.inference.preprocess import Preprocessor, explicit_steps
from paddleseg.registry import MODELS
from paddleseg.version import __version__

Kind = Literal["prob", "argmax", "logits"]


def card_from_config(cfg: RunConfig, *, kind: Kind = "prob", shape: Sequence[int] | None = None) -> Card:
    """The card of the configuration's model.

    The preprocessing is `export.transforms`, else what evaluation does to a picture.

    Args:
        kind: What the graph's output is.
        shape: N, C, H, W of the graph's input; any number below 1 leaves that one open, as does None for all but C.
            Where height and width are fixed and no step settles the size, a `Resize` to it comes first.

    Raises:
        ConfigError: A step is random or unknown, or gives another size than `shape`.
    """
    model = cfg.need("model", cfg.model)
    known = Facts(cfg).given(MODELS, ("model",)) | model.args
    num_classes, channels = known.get("num_classes"), known.get("in_channels", 3)
    taken = parameters_of(MODELS.get(model.type)).names | set(model.args)
    arguments = copy.deepcopy({name: value for name, value in known.items() if name in taken})
    _drop_pretrained(arguments)
    open_or_given = _open_or_given(shape, channels)
    steps, size = _settle(_steps(cfg), open_or_given, channels)
    multilabel = cfg.test_config.use_multilabel
    finishing: dict[str, Any] = {name: getattr(cfg.export, name) for name in TWO_CLASS_STEPS}
    for name, value in finishing.items():
        if value and (multilabel or (num_classes or 2) > 2):
            raise ConfigError(cfg.where("export", name), "is for two classes", "leave it out")
    if cfg.export.threshold != 0.5 and (num_classes or 2) > 2 and not multilabel:
        raise ConfigError(cfg.where("export", "threshold"), "is for two classes, or independent ones", "leave it out")
    finishing["threshold"] = cfg.export.threshold
    return Card(
        name=model.type,
        task="segmentation",
        model=Step(type=model.type, **arguments),
        input=Input(shape=open_or_given, size=size, color="GREY" if channels == 1 else "RGB"),
        preprocess=steps,
        output=Output(
            kind=kind, activation="sigmoid" if multilabel or num_classes == 1 else "softmax", multilabel=multilabel
        ),
        classes=_class_names(cfg, num_classes, multilabel),
        **({} if kind == "argmax" else finishing),
        versions={"paddleseg": __version__},
    )


def _steps(cfg: RunConfig) -> list[Step]:
    if cfg.export.transforms:
        return explicit_steps([step.model_dump() for step in cfg.export.transforms], cfg.where("export", "transforms"))
    dataset = cfg.val_dataset
    specs: list[dict[str, Any]] = dataset.args.get("transforms") or [] if dataset else []
    return explicit_steps(specs, cfg.where("val_dataset", "transforms"))


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


def _class_names(cfg: RunConfig, num_classes: int | None, multilabel: bool) -> list[str]:
    dataset = cfg.val_dataset or cfg.train_dataset
    names = list(dataset.args.get("class_names") or []) if dataset else []
    if names or num_classes is None:
        return names
    if num_classes <= 2 and not multilabel:
        return ["background", "foreground"]
    return [f"class_{index}" for index in range(num_classes)]


def model_from_config(cfg: RunConfig, weights: str | None) -> Any:
    """The configuration's model with `weights`, which take the place of every `pretrained` in the file.

    Raises:
        ConfigError: Neither `weights` nor the file says where trained parameters come from.
        WeightsError: They do not fit.
    """
    from paddleseg.models.weights import load_weights

    if weights is None:
        if not cfg.need("model", cfg.model).args.get("pretrained"):
            raise ConfigError(cfg.where("model"), "there are no trained weights", "give --model_path")
        return build_model(cfg)
    model = untrained_model(cfg)
    load_weights(model, weights)
    return model


def untrained_model(cfg: RunConfig) -> Any:
    """The configuration's model without any `pretrained`, so that nothing is looked for or fetched."""
    cfg = cfg.model_copy(deep=True)
    _drop_pretrained(cfg.need("model", cfg.model).model_extra or {})
    return build_model(cfg)


def _drop_pretrained(settings: dict[str, Any]) -> None:
    settings.pop("pretrained", None)
    for value in settings.values():
        if isinstance(value, dict):
            _drop_pretrained(value)
