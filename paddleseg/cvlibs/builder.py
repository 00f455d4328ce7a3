"""The objects of a `Config`, in PaddleSeg's way: attributes of a builder."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import paddle

from paddleseg import registry
from paddleseg.config import build, load
from paddleseg.config.yaml_io import dump
from paddleseg.cvlibs import manager
from paddleseg.cvlibs.config import Config
from paddleseg.errors import ConfigError
from paddleseg.utils import logger


class Builder:
    """Makes objects of `{type: Name, ...}` dictionaries; the base of builders of other projects, such as Matting's.

    Args:
        config: Any object with settings.
        comp_list: Where names are looked up, in this order; all of `manager`'s families by default.
    """

    def __init__(self, config: Any, comp_list: Sequence[Any] | None = None):
        self.config = config
        self.comp_list = list(manager.ALL if comp_list is None else comp_list)

    def build_component(self, cfg: dict[str, Any]) -> Any:
        """The object, after the components among its arguments.

        Raises:
            ConfigError: There is no `type`, or no such component.
        """
        arguments = dict(cfg)
        if "type" not in arguments:
            raise ConfigError("component", "has no type", "add `type:`")
        component = self.load_component_class(arguments.pop("type"))
        return self.build_component_impl(component, **{key: self._built(value) for key, value in arguments.items()})

    def build_component_impl(self, component_class: Any, *args: Any, **kwargs: Any) -> Any:
        """What `build_component` ends in; builders override it."""
        return component_class(*args, **kwargs)

    def load_component_class(self, class_type: str) -> Any:
        """The class of that name in the first family that has it.

        Raises:
            ConfigError: None has.
        """
        for family in self.comp_list:
            if class_type in family:
                return family[class_type]
        raise ConfigError("type", f"no component is called '{class_type}'", "import the file that registers it first")

    @classmethod
    def is_meta_type(cls, obj: Any) -> bool:
        """Whether it is a dictionary that a component is built from."""
        return isinstance(obj, dict) and "type" in obj

    @classmethod
    def show_msg(cls, name: str, cfg: dict[str, Any]) -> None:
        """Log what `name` is built from."""
        logger.info("%s is built from\n%s", name, dump({name: cfg}).rstrip())

    def _built(self, value: Any) -> Any:
        if self.is_meta_type(value):
            return self.build_component(value)
        return [self._built(item) for item in value] if isinstance(value, list) else value


class Schedule(paddle.optimizer.lr.LRScheduler):
    """One of our schedules as Paddle's: `step()` moves on, and a call gives the rate, of any step that it names."""

    def __init__(self, rate: Any):
        self._rate = rate
        super().__init__(rate(0))

    def get_lr(self) -> float:
        return float(self._rate(self.last_epoch))

    def __call__(self, step: int | None = None) -> float:
        return float(self.last_lr if step is None else self._rate(step))


class SegBuilder(Builder):
    """The objects of a `Config`, each built and checked on first use.

    Raises:
        ConfigError: A plugin of the file cannot be imported.
    """

    def __init__(self, config: Config, comp_list: Sequence[Any] | None = None):
        super().__init__(config, comp_list)
        self._cfg = config.typed()
        problems = load.plugin_problems(self._cfg)
        if problems:
            raise ConfigError(problems)

    @cached_property
    def model(self) -> Any:
        return build.build_model(self._cfg)

    @cached_property
    def lr_scheduler(self) -> Schedule:
        """The rate, as Paddle's schedules and as a function of the step."""
        return Schedule(build.build_lr(self._cfg))

    @cached_property
    def optimizer(self) -> Any:
        found = build.build_optimizer(self._cfg, self.model)
        found.set_lr_scheduler(self.lr_scheduler)
        return found

    @cached_property
    def loss(self) -> dict[str, list]:
        return self._losses("loss")

    @cached_property
    def distill_loss(self) -> dict[str, list]:
        return self._losses("distill_loss")

    @cached_property
    def train_dataset(self) -> Any:
        return build.build_dataset(self._cfg, "train")

    @cached_property
    def val_dataset(self) -> Any:
        return build.build_dataset(self._cfg, "val")

    @cached_property
    def train_dataset_class(self) -> Any:
        return self._dataset_class("train_dataset")

    @cached_property
    def val_dataset_class(self) -> Any:
        return self._dataset_class("val_dataset")

    @cached_property
    def val_transforms(self) -> list[Any]:
        return build.build_transforms(self._cfg, "val_dataset")

    def _losses(self, section: str) -> dict[str, list]:
        types, coef = build.build_losses(self._cfg, section)
        return {"types": types, "coef": coef}

    def _dataset_class(self, name: str) -> Any:
        dataset = self._cfg.need(name, getattr(self._cfg, name))
        return registry.DATASETS.get(dataset.type, self._cfg.where(name, "type"))
