"""What one part of a configuration tells another: the number of classes, the label to ignore, image channels."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from paddleseg.config.schema import Component, RunConfig
from paddleseg.config.tree import KeyPath
from paddleseg.errors import Problem
from paddleseg.registry import BACKBONES, DATASETS, LOSSES, LR_SCHEDULES, MODELS, Registry

DATASET_KEYS = ("train_dataset", "val_dataset", "test_dataset")


class Facts:
    """Values that components receive without being told, and the faults where parts of the file disagree.

    A value in the data set is what is there; the model's own `num_classes` is only asked where no data set says.
    """

    def __init__(self, cfg: RunConfig):
        self._cfg = cfg
        self._classes = list(self._stated("num_classes", "NUM_CLASSES"))
        self._ignored = list(self._stated("ignore_index", "IGNORE_INDEX"))
        self._channels = list(self._stated("img_channels", "IMG_CHANNELS"))

    def _stated(self, key: str, class_attribute: str) -> Iterator[tuple[KeyPath, Any]]:
        """Places that state `key`, as (path, value); a data set that is always the same may state it in its class."""
        for name in DATASET_KEYS:
            dataset: Component | None = getattr(self._cfg, name)
            if dataset is None:
                continue
            value = dataset.args.get(key)
            if value is None and dataset.type in DATASETS:
                value = getattr(DATASETS.get(dataset.type), class_attribute, None)
            if value is not None:
                yield (name, key), value

    def given(self, registry: Registry, path: KeyPath) -> dict[str, Any]:
        """Arguments that a component at `path` takes where its signature has them and the file leaves them out."""
        model = self._cfg.model
        num_classes = _first(self._classes) or (model.args.get("num_classes") if model else None)
        known: dict[str, Any] = {}
        if registry is MODELS:
            known = {"num_classes": num_classes, "in_channels": _first(self._channels)}
        elif registry is BACKBONES:
            known = {"in_channels": _first(self._channels)}
        elif registry is LOSSES:
            known = {"num_classes": num_classes, "ignore_index": _first(self._ignored)}
        elif registry is DATASETS:
            known = {"mode": path[0].removesuffix("_dataset")}
        elif registry is LR_SCHEDULES:
            known = {"iters": self._cfg.iters}
        return {name: value for name, value in known.items() if value is not None}

    def problems(self) -> Iterator[Problem]:
        """Disagreements: the model's classes and the losses' `ignore_index` against the data sets'."""
        classes, ignored = list(self._classes), list(self._ignored)
        if self._cfg.model and "num_classes" in self._cfg.model.args:
            classes.insert(0, (("model", "num_classes"), self._cfg.model.args["num_classes"]))
        for section in ("loss", "distill_loss"):
            losses = getattr(self._cfg, section)
            for index, loss in enumerate(losses.types if losses else ()):
                if "ignore_index" in loss.args and self._ignored:
                    ignored.append(((section, "types", index, "ignore_index"), loss.args["ignore_index"]))
        yield from self._disagreements(classes, "leave it out of the model: it then follows the data set")
        yield from self._disagreements(ignored, "leave it out of the losses: they then follow the data set")

    def _disagreements(self, stated: list[tuple[KeyPath, Any]], hint: str) -> Iterator[Problem]:
        for path, value in stated[1:]:
            first_path, first = stated[0]
            if value != first:
                yield Problem(
                    self._cfg.where(*first_path), f"is {first}, but {value} in {self._cfg.where(*path)}", hint
                )


def _first(stated: list[tuple[KeyPath, Any]]) -> Any:
    return stated[0][1] if stated else None
