"""The components of a configuration, outermost ones and those inside them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias

from paddleseg.config.components import nested_registry
from paddleseg.config.schema import RunConfig
from paddleseg.config.tree import KeyPath
from paddleseg.registry import DATASETS, LOSSES, LR_SCHEDULES, MODELS, OPTIMIZERS, POSTPROCESS, TRANSFORMS, Registry

# Where it is, its family, and `{type, ...}`.
Found: TypeAlias = tuple[KeyPath, Registry, dict[str, Any]]


def outermost(cfg: RunConfig) -> Iterator[Found]:
    """Components that are no argument of another one, data sets first."""
    families = {
        **dict.fromkeys(("train_dataset", "val_dataset", "test_dataset"), DATASETS),
        "model": MODELS,
        "teacher": MODELS,
        "optimizer": OPTIMIZERS,
        "lr_scheduler": LR_SCHEDULES,
    }
    for name, registry in families.items():
        component = getattr(cfg, name)
        if component is not None:
            yield (name,), registry, component.model_dump()
    for name in ("loss", "distill_loss"):
        section = getattr(cfg, name)
        for index, loss in enumerate(section.types if section else ()):
            yield (name, "types", index), LOSSES, loss.model_dump()
    for index, feature in enumerate(cfg.distill_features):
        yield ("distill_features", index, "loss"), LOSSES, feature.loss.model_dump()
    for name, registry in (("transforms", TRANSFORMS), ("postprocess", POSTPROCESS)):
        for index, step in enumerate(getattr(cfg.export, name)):
            yield ("export", name, index), registry, step.model_dump()


def with_inner(path: KeyPath, registry: Registry, spec: dict[str, Any]) -> Iterator[Found]:
    """A component and all that its arguments hold, however deep in lists and mappings."""
    yield path, registry, spec
    for key, value in spec.items():
        if key != "type":
            yield from _inside(value, registry, key, (*path, key))


def _inside(value: Any, owner: Registry, key: str, path: KeyPath) -> Iterator[Found]:
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _inside(item, owner, key, (*path, index))
    elif isinstance(value, dict):
        registry = nested_registry(owner, key, value)
        if registry is not None:
            yield from with_inner(path, registry, value)
        else:
            for inner, item in value.items():
                yield from _inside(item, owner, inner, (*path, inner))
