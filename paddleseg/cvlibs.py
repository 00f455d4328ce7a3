"""PaddleSeg's spellings: `from paddleseg.cvlibs import manager, Config, SegBuilder`."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from paddleseg import registry
from paddleseg.config import build, load
from paddleseg.config.schema import RunConfig
from paddleseg.config.tree import Origin, with_origins
from paddleseg.config.yaml_io import dump
from paddleseg.errors import ConfigError

__all__ = ["Config", "SegBuilder", "manager"]


class manager:  # noqa: N801 - plugins write `@manager.MODELS.add_component`
    """The registries, by PaddleSeg's names."""

    MODELS = registry.MODELS
    BACKBONES = registry.BACKBONES
    DATASETS = registry.DATASETS
    TRANSFORMS = registry.TRANSFORMS
    LOSSES = registry.LOSSES
    OPTIMIZERS = registry.OPTIMIZERS


class Config:
    """A configuration file with PaddleSeg's attributes. Components are looked up when they are built, not here.

    `dic` is the merged file, and may be changed until a `SegBuilder` takes it.

    Args:
        path: The YAML file.
        learning_rate: Replaces the schedule's.
        batch_size: Replaces the file's.
        iters: Replaces the file's.
        opts: `key.path=value` texts; they win over the three above.

    Raises:
        ConfigError: The file cannot be read, or a key or value is wrong whatever the components are.

    Example:
        >>> config = Config("configs/pp_humanseg/pp_humanseg_lite_mini_portrait.yml", batch_size=4)
        >>> model = SegBuilder(config).model
    """

    def __init__(
        self,
        path: str | Path,
        learning_rate: float | None = None,
        batch_size: int | None = None,
        iters: int | None = None,
        opts: Sequence[str] | None = None,
    ):
        replaced = {"lr_scheduler.learning_rate": learning_rate, "batch_size": batch_size, "iters": iters}
        given = [f"{key}={value}" for key, value in replaced.items() if value is not None]
        self._tree = load.load_tree(path, [*given, *(opts or ())])
        self.dic: dict[str, Any] = self._tree.plain()
        self.typed()

    def typed(self) -> RunConfig:
        """`dic` as it is now, typed and with the lines that wrote it."""
        return load.validate(with_origins(self.dic, self._tree, Origin("Config.dic")), check=False)

    @property
    def batch_size(self) -> int:
        return self.typed().batch_size

    @property
    def iters(self) -> int:
        cfg = self.typed()
        return cfg.need("iters", cfg.iters)

    @property
    def to_static_training(self) -> bool:
        return self.typed().to_static_training

    @property
    def model_cfg(self) -> dict[str, Any]:
        return self.dic.get("model", {})

    @property
    def loss_cfg(self) -> dict[str, Any]:
        return self.dic.get("loss", {})

    @property
    def distill_loss_cfg(self) -> dict[str, Any]:
        return self.dic.get("distill_loss", {})

    @property
    def optimizer_cfg(self) -> dict[str, Any]:
        return self.dic.get("optimizer", {})

    @property
    def lr_scheduler_cfg(self) -> dict[str, Any]:
        """The schedule, older spellings translated."""
        schedule = self.typed().lr_scheduler
        return schedule.model_dump() if schedule else {}

    @property
    def train_dataset_cfg(self) -> dict[str, Any]:
        return self.dic.get("train_dataset", {})

    @property
    def val_dataset_cfg(self) -> dict[str, Any]:
        return self.dic.get("val_dataset", {})

    @property
    def test_config(self) -> dict[str, Any]:
        return self.dic.get("test_config", {})

    def __str__(self) -> str:
        return dump(self.dic)


class SegBuilder:
    """The objects of a `Config`, each built and checked on first use.

    Raises:
        ConfigError: A plugin of the file cannot be imported.
    """

    def __init__(self, config: Config):
        self.config = config
        self._cfg = config.typed()
        problems = load.plugin_problems(self._cfg)
        if problems:
            raise ConfigError(problems)

    @cached_property
    def model(self) -> Any:
        return build.build_model(self._cfg)

    @cached_property
    def lr_scheduler(self) -> Any:
        """The rate as a function of the step."""
        return build.build_lr(self._cfg)

    @cached_property
    def optimizer(self) -> Any:
        return build.build_optimizer(self._cfg, self.model)

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
