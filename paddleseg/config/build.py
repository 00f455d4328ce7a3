"""A checked configuration to objects."""

from __future__ import annotations

import contextlib
from typing import Any

from paddleseg.config.check import component_problems
from paddleseg.config.components import Parameters, nested_registry, parameters_of, takes_path
from paddleseg.config.facts import Facts
from paddleseg.config.places import find_beside
from paddleseg.config.schema import LossSection, RunConfig
from paddleseg.config.tree import KeyPath
from paddleseg.config.walk import outermost, with_inner
from paddleseg.errors import ConfigError, DataError, Problem
from paddleseg.registry import DATASETS, LOSSES, LR_SCHEDULES, MODELS, OPTIMIZERS, POSTPROCESS, TRANSFORMS, Registry

_CHEAP = (TRANSFORMS, LOSSES, LR_SCHEDULES, POSTPROCESS)
# What a constructor may raise for arguments from a file; anything else is a fault of its own.
_MISTAKES = (ValueError, TypeError, OverflowError, ZeroDivisionError)


class Builder:
    """Makes the objects of one configuration; what its parts tell each other is found out once.

    Raises:
        ConfigError: By each method: the part is missing, or wrong (a configuration loaded with `check=False` comes here
            unchecked).

    Example:
        >>> build = Builder(load_config("configs/pp_humanseg/pp_humanseg_lite_mini_portrait.yml"))
        >>> model, val_set = build.model(), build.dataset("val")
    """

    def __init__(self, cfg: RunConfig):
        self.cfg, self.facts = cfg, Facts(cfg)

    def model(self) -> Any:
        """The network; `num_classes` and input channels follow the data set where the file leaves them out."""
        return self._top("model", MODELS)

    def untrained_model(self) -> Any:
        """The network without any `pretrained`, so that nothing is looked for or fetched."""
        model = self.cfg.need("model", self.cfg.model).model_dump()
        return self._checked(without_pretrained(model), MODELS, ("model",))

    def teacher(self) -> Any:
        """The network that the model learns from."""
        return self._top("teacher", MODELS)

    def dataset(self, role: str) -> Any:
        """The data set of `role` ("train", "val", "test") with its transforms."""
        return self._top(f"{role}_dataset", DATASETS)

    def losses(self, section: str = "loss") -> tuple[list[Any], list[float]]:
        """Losses and their weights, in the order of the model's outputs; a single entry is meant for all outputs."""
        losses = self.cfg.need(section, self.loss_section(section))
        places = [(section, "types", index) for index in range(len(losses.types))]
        found = [
            self._checked(loss.model_dump(), LOSSES, path) for path, loss in zip(places, losses.types, strict=True)
        ]
        return found, list(losses.coef)

    def feature_losses(self) -> list[Any]:
        """The losses of `distill_features`, in its order."""
        return [
            self._checked(feature.loss.model_dump(), LOSSES, ("distill_features", index, "loss"))
            for index, feature in enumerate(self.cfg.distill_features)
        ]

    def loss_section(self, section: str = "loss") -> LossSection | None:
        """As the file writes it; without one, the losses that the network's paper teaches it by, if it says them."""
        written: LossSection | None = getattr(self.cfg, section)
        network = self.cfg.model
        if written is not None or section != "loss" or network is None or network.type not in MODELS:
            return written
        said = getattr(MODELS.get(network.type), "losses_for", None)
        return LossSection.model_validate(said(network.args)) if said else None

    def lr(self) -> Any:
        """The learning-rate schedule: a function of the step."""
        self.cfg.require("iters")
        return self._top("lr_scheduler", LR_SCHEDULES)

    def optimizer(self, model: Any) -> Any:
        """The optimizer over the model's parameters, at the schedule's first learning rate."""
        return self._top("optimizer", OPTIMIZERS, model=model, learning_rate=self.lr()(0))

    def transforms(self, section: str) -> list[Any]:
        """The transforms of `export` or of a data set, without opening the data set; empty where there are none."""
        held = getattr(self.cfg, section)
        specs = self.cfg.to_dict()[section].get("transforms") or [] if held is not None else []
        return [self._checked(spec, TRANSFORMS, (section, "transforms", index)) for index, spec in enumerate(specs)]

    def _top(self, name: str, registry: Registry, **given: Any) -> Any:
        component = self.cfg.need(name, getattr(self.cfg, name))
        return self._checked(component.model_dump(), registry, (name,), **given)

    def _checked(self, spec: dict[str, Any], registry: Registry, path: KeyPath, **given: Any) -> Any:
        problems = list(component_problems(self.cfg, self.facts, (path, registry, spec)))
        if problems:
            raise ConfigError(problems)
        return self.component(spec, registry, path, **given)

    def component(self, spec: dict[str, Any], registry: Registry, path: KeyPath, **given: Any) -> Any:
        """The object of `{type, ...}`, after the components among its arguments."""
        component = registry.get(spec["type"], self.cfg.where(*path, "type"))
        parameters = parameters_of(component)
        arguments = {
            key: self._argument(value, registry, parameters, (*path, key))
            for key, value in spec.items()
            if key != "type"
        }
        for key, value in {**self.facts.given(registry, path), **given}.items():
            if key in parameters.names:
                arguments.setdefault(key, value)
        try:
            return registry.adopted(component(**arguments))
        except _MISTAKES as error:
            raise ConfigError(self.cfg.where(*path), f"{spec['type']}: {error}") from error

    def _argument(self, value: Any, owner: Registry, parameters: Parameters, path: KeyPath) -> Any:
        if isinstance(value, str) and takes_path(path[-1], parameters):
            return find_beside(value, self.cfg.origin(*path).file)
        return self._nested(value, owner, path[-1], path)

    def _nested(self, value: Any, owner: Registry, key: str, path: KeyPath) -> Any:
        if isinstance(value, list):
            return [self._nested(item, owner, key, (*path, index)) for index, item in enumerate(value)]
        if isinstance(value, dict):
            registry = nested_registry(owner, key, value)
            if registry is not None:
                return self.component(value, registry, path)
            return {inner: self._nested(item, owner, inner, (*path, inner)) for inner, item in value.items()}
        return value


def refusals(cfg: RunConfig) -> list[Problem]:
    """What constructors refuse in arguments that are of the right type, such as a probability of 2.

    Those that open files or build networks are not asked: they may only find here what they find when the run begins.
    """
    build, problems = Builder(cfg), list[Problem]()
    for path, registry, spec in (inner for outer in outermost(cfg) for inner in with_inner(*outer)):
        lacks_iters = registry is LR_SCHEDULES and cfg.iters is None
        if registry in _CHEAP and not lacks_iters:
            with contextlib.suppress(DataError):
                try:
                    build.component(spec, registry, path)
                except ConfigError as error:
                    problems += error.problems
    return list(dict.fromkeys(problems))  # a loss within a mix is asked twice


def without_pretrained(settings: dict[str, Any]) -> dict[str, Any]:
    """A network's settings, its backbone's too, without `pretrained` and the like."""
    return {
        key: without_pretrained(value) if isinstance(value, dict) else value
        for key, value in settings.items()
        if not key.endswith("pretrained")
    }


def build_model(cfg: RunConfig) -> Any:
    """`Builder(cfg).model()`; so the functions below, for who needs one part only."""
    return Builder(cfg).model()


def build_dataset(cfg: RunConfig, role: str) -> Any:
    return Builder(cfg).dataset(role)


def build_losses(cfg: RunConfig, section: str = "loss") -> tuple[list[Any], list[float]]:
    return Builder(cfg).losses(section)


def build_lr(cfg: RunConfig) -> Any:
    return Builder(cfg).lr()


def build_optimizer(cfg: RunConfig, model: Any) -> Any:
    return Builder(cfg).optimizer(model)


def build_transforms(cfg: RunConfig, section: str) -> list[Any]:
    return Builder(cfg).transforms(section)
