"""A checked configuration to objects."""

from __future__ import annotations

from typing import Any

from paddleseg.config.check import component_problems
from paddleseg.config.components import nested_registry, parameters_of
from paddleseg.config.facts import Facts
from paddleseg.config.schema import RunConfig
from paddleseg.config.tree import KeyPath
from paddleseg.config.walk import outermost
from paddleseg.errors import ConfigError
from paddleseg.registry import DATASETS, LR_SCHEDULES, MODELS, OPTIMIZERS, TRANSFORMS, Registry


def check(cfg: RunConfig, *, for_training: bool = False, for_evaluation: bool = False) -> None:
    """Refuse a configuration that lacks what a command needs, naming all that it lacks.

    Raises:
        ConfigError: One problem for each missing section.
    """
    names = ["model"]
    if for_training:
        names += ["iters", "train_dataset", "loss", "optimizer", "lr_scheduler"]
    if for_evaluation:
        names.append("val_dataset")
    cfg.require(*names)


def build_model(cfg: RunConfig) -> Any:
    """The network; `num_classes` and input channels follow the data set where the file leaves them out."""
    return _build_top(cfg, "model", MODELS)


def build_teacher(cfg: RunConfig) -> Any:
    """The network that the model learns from."""
    return _build_top(cfg, "teacher", MODELS)


def build_dataset(cfg: RunConfig, role: str) -> Any:
    """The data set of `role` ("train", "val", "test") with its transforms."""
    return _build_top(cfg, f"{role}_dataset", DATASETS)


def build_losses(cfg: RunConfig, section: str = "loss") -> tuple[list[Any], list[float]]:
    """Losses and their weights, in the order of the model's outputs; a single entry is meant for all outputs."""
    losses = cfg.need(section, getattr(cfg, section))
    found = [_build(cfg, spec, registry, path) for path, registry, spec in outermost(cfg) if path[0] == section]
    return found, list(losses.coef)


def build_lr(cfg: RunConfig) -> Any:
    """The learning-rate schedule: a function of the step."""
    cfg.require("iters")
    return _build_top(cfg, "lr_scheduler", LR_SCHEDULES)


def build_optimizer(cfg: RunConfig, model: Any) -> Any:
    """The optimizer over the model's parameters, at the schedule's first learning rate."""
    return _build_top(cfg, "optimizer", OPTIMIZERS, model=model, learning_rate=build_lr(cfg)(0))


def build_transforms(cfg: RunConfig, section: str) -> list[Any]:
    """The transforms of `export` or of a data set, without opening the data set; empty where there are none."""
    held = getattr(cfg, section)
    specs = cfg.to_dict()[section].get("transforms") or [] if held is not None else []
    return [_build(cfg, spec, TRANSFORMS, (section, "transforms", index)) for index, spec in enumerate(specs)]


def _build_top(cfg: RunConfig, name: str, registry: Registry, **given: Any) -> Any:
    component = cfg.need(name, getattr(cfg, name))
    return _build(cfg, component.model_dump(), registry, (name,), **given)


def _build(cfg: RunConfig, spec: dict[str, Any], registry: Registry, path: KeyPath, **given: Any) -> Any:
    # A configuration loaded with `check=False` comes here unchecked.
    facts = Facts(cfg)
    problems = list(component_problems(cfg, facts, (path, registry, spec)))
    if problems:
        raise ConfigError(problems)
    return _Builder(cfg, facts).component(spec, registry, path, **given)


class _Builder:
    def __init__(self, cfg: RunConfig, facts: Facts):
        self.cfg, self.facts = cfg, facts

    def component(self, spec: dict[str, Any], registry: Registry, path: KeyPath, **given: Any) -> Any:
        """The object of `{type, ...}`, after the components among its arguments."""
        component = registry.get(spec["type"], self.cfg.where(*path, "type"))
        arguments = {
            key: self.nested(value, registry, key, (*path, key)) for key, value in spec.items() if key != "type"
        }
        names = parameters_of(component).names
        for key, value in {**self.facts.given(registry, path), **given}.items():
            if key in names:
                arguments.setdefault(key, value)
        try:
            return registry.adopted(component(**arguments))
        except ValueError as error:
            raise ConfigError(self.cfg.where(*path), f"{spec['type']}: {error}") from error

    def nested(self, value: Any, owner: Registry, key: str, path: KeyPath) -> Any:
        if isinstance(value, list):
            return [self.nested(item, owner, key, (*path, index)) for index, item in enumerate(value)]
        if isinstance(value, dict):
            registry = nested_registry(owner, key, value)
            if registry is not None:
                return self.component(value, registry, path)
            return {inner: self.nested(item, owner, inner, (*path, inner)) for inner, item in value.items()}
        return value
