"""What one part of a configuration tells another: the number of classes, the label to ignore, image channels."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from paddleseg.config.schema import RunConfig
from paddleseg.config.tree import KeyPath
from paddleseg.config.walk import outermost, with_inner
from paddleseg.errors import Problem
from paddleseg.registry import BACKBONES, DATASETS, LOSSES, LR_SCHEDULES, MODELS, Registry, wanted_of_backbone

# Argument -> fact, for those that take it.
_TAKEN: dict[Registry, dict[str, str]] = {
    DATASETS: {"num_classes": "num_classes", "ignore_index": "ignore_index", "img_channels": "channels"},
    MODELS: {"num_classes": "num_classes", "in_channels": "channels"},
    BACKBONES: {"in_channels": "channels"},
    LOSSES: {"num_classes": "num_classes", "ignore_index": "ignore_index"},
}
# A loss may count classes in its own way, such as edge or no edge.
_STATED = {**_TAKEN, LOSSES: {"ignore_index": "ignore_index"}}


class Facts:
    """Values that components receive without being told, and the faults where parts of the file disagree.

    A fact is stated once, by a data set, the model or a loss, and holds for all that leave it out. Where nobody states
    it, the constructors' defaults hold.
    """

    def __init__(self, cfg: RunConfig):
        self._cfg = cfg
        self._stated: dict[str, list[tuple[KeyPath, Any]]] = {"num_classes": [], "ignore_index": [], "channels": []}
        for path, registry, spec in (inner for outer in outermost(cfg) for inner in with_inner(*outer)):
            for argument, fact in _STATED.get(registry, {}).items():
                value = spec.get(argument)
                if value is None and registry is DATASETS and spec["type"] in DATASETS:
                    # A data set that is always the same says so in its class: `NUM_CLASSES = 19`.
                    value = getattr(DATASETS.get(spec["type"]), argument.upper(), None)
                if value is not None:
                    self._stated[fact].append(((*path, argument), value))

    def given(self, registry: Registry, path: KeyPath) -> dict[str, Any]:
        """Arguments that a component at `path` takes where its signature has them and the file leaves them out."""
        if registry is LR_SCHEDULES:
            return {} if self._cfg.iters is None else {"iters": self._cfg.iters}
        known = {"mode": path[0].removesuffix("_dataset")} if registry is DATASETS else {}
        for argument, fact in _TAKEN.get(registry, {}).items():
            if self._stated[fact]:
                known[argument] = self._stated[fact][0][1]
        return known | self._wanted_of_backbone(registry, path)

    def _wanted_of_backbone(self, registry: Registry, path: KeyPath) -> dict[str, Any]:
        """What the network around a backbone asks of it."""
        network = getattr(self._cfg, str(path[0]), None)
        if registry is not BACKBONES or network is None or network.type not in MODELS:
            return {}
        name = network.args.get("backbone", {}).get("type")
        return wanted_of_backbone(MODELS.get(network.type), BACKBONES.get(name)) if name in BACKBONES else {}

    def problems(self) -> Iterator[Problem]:
        """Facts that are stated more than once, and differently."""
        for (first_path, first), *others in filter(None, self._stated.values()):
            for path, value in others:
                if value != first:
                    what = f"is {value}, but {first} in {self._cfg.where(*first_path)}"
                    yield Problem(self._cfg.where(*path), what, "write it once; the others follow")
