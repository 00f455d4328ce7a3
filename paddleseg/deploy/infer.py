"""An exported folder's `deploy.yaml`, for programs that run the graph themselves; `Predictor.from_export` does all."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from paddleseg.card import load_card
from paddleseg.errors import ConfigError
from paddleseg.files import read_bytes
from paddleseg.registry import TRANSFORMS
from paddleseg.transforms.base import Compose

_MOST_BYTES = 1_000_000


class DeployConfig:
    """Where the graph is and what it is fed with.

    Args:
        path: A `deploy.yaml`, of PaddleSeg's or of ours.

    Raises:
        ConfigError: It cannot be read, or names no files.

    Example:
        >>> config = DeployConfig("output/export/deploy.yaml")
        >>> config.model, config.params
        ('output/export/model.json', 'output/export/model.pdiparams')
    """

    def __init__(self, path: str | Path):
        card, self._dir = load_card(path)
        if not card.files.graph or not card.files.params:
            raise ConfigError(str(path), "names no model and params", "export the model again")
        self._files = card.files
        content = yaml.safe_load(read_bytes(path, _MOST_BYTES)) if Path(path).is_file() else {}
        self.dic: dict[str, Any] = content.get("Deploy", {}) if isinstance(content, dict) else {}
        self._transforms = self.load_transforms([step.model_dump() for step in card.preprocess])

    @property
    def transforms(self) -> Compose:
        return self._transforms

    @property
    def model(self) -> str:
        return str(self._dir / str(self._files.graph))

    @property
    def params(self) -> str:
        return str(self._dir / str(self._files.params))

    @staticmethod
    def load_transforms(t_list: Sequence[dict[str, Any]]) -> Compose:
        """The transforms of `[{type, ...}, ...]`, in order.

        Raises:
            ConfigError: There is no such transform.
        """
        made = []
        for number, spec in enumerate(t_list):
            arguments = {name: value for name, value in spec.items() if name != "type"}
            made.append(TRANSFORMS.get(spec["type"], f"transforms.{number}.type")(**arguments))
        return Compose(made)
