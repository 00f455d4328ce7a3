"""A configuration file with PaddleSeg's attributes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from paddleseg.config import load
from paddleseg.config.schema import RunConfig
from paddleseg.config.tree import Origin, with_origins
from paddleseg.config.yaml_io import dump
from paddleseg.cvlibs.config_checker import ConfigChecker


class Config:
    """A configuration file with PaddleSeg's attributes. Components are looked up when they are built, not here.

    `dic` is the merged file, and may be changed until a `SegBuilder` takes it.

    Args:
        path: The YAML file.
        learning_rate: Replaces the schedule's.
        batch_size: Replaces the file's.
        iters: Replaces the file's.
        to_static_training: Replaces the file's.
        opts: `key.path=value` texts; they win over those above.
        checker: Rules of your own, applied to the finished object; what PaddleSeg's check is checked anyway.

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
        to_static_training: bool | None = None,
        opts: Sequence[str] | None = None,
        checker: ConfigChecker | None = None,
    ):
        replaced = {
            "lr_scheduler.learning_rate": learning_rate,
            "batch_size": batch_size,
            "iters": iters,
            "to_static_training": to_static_training,
        }
        given = [f"{key}={value}" for key, value in replaced.items() if value is not None]
        self._tree = load.load_tree(path, [*given, *(opts or ())])
        self.dic: dict[str, Any] = self._tree.plain()
        self.typed()
        if checker is not None:
            checker.apply_all_rules(self)

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


def parse_from_yaml(path: str | Path) -> dict[str, Any]:
    """The dictionary of a file with its `_base_` files merged in."""
    return dict(load.load_tree(path).plain())


def merge_config_dicts(dic: dict[str, Any], base_dic: dict[str, Any]) -> dict[str, Any]:
    """`base_dic` with `dic` laid over it, key by key; `_inherited_: False` replaces a whole section."""
    if dic.get("_inherited_", True) is False:
        return {key: value for key, value in dic.items() if key != "_inherited_"}
    merged = dict(base_dic)
    for key, value in dic.items():
        below = merged.get(key)
        both = isinstance(value, dict) and isinstance(below, dict)
        merged[key] = merge_config_dicts(value, below) if both else value  # type: ignore[arg-type]
    return merged
