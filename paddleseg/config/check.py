"""All faults of a configuration at once, before any object exists."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from paddleseg.config.components import Parameters, describe, fits, nested_registry, parameters_of
from paddleseg.config.facts import DATASET_KEYS, Facts
from paddleseg.config.schema import LossSection, RunConfig
from paddleseg.config.tree import KeyPath, near
from paddleseg.errors import ConfigError, Problem
from paddleseg.registry import DATASETS, LOSSES, LR_SCHEDULES, MODELS, OPTIMIZERS, TRANSFORMS, Registry


def find_problems(cfg: RunConfig) -> list[Problem]:
    """Unknown components and arguments, missing and mistyped arguments, and parts that contradict each other."""
    checker = Checker(cfg)
    problems = [
        problem for path, registry, spec in components(cfg) for problem in checker.component(spec, registry, path)
    ]
    return [*problems, *checker.facts.problems(), *_contradictions(cfg)]


def components(cfg: RunConfig) -> Iterator[tuple[KeyPath, Registry, dict[str, Any]]]:
    """Every outermost component of a configuration: where it is, its family, `{type, ...}`."""
    single = {"model": MODELS, "optimizer": OPTIMIZERS, "lr_scheduler": LR_SCHEDULES}
    for name, registry in {**single, **dict.fromkeys(DATASET_KEYS, DATASETS)}.items():
        component = getattr(cfg, name)
        if component is not None:
            yield (name,), registry, component.model_dump()
    for name in ("loss", "distill_loss"):
        section: LossSection | None = getattr(cfg, name)
        for index, loss in enumerate(section.types if section else ()):
            yield (name, "types", index), LOSSES, loss.model_dump()
    for index, transform in enumerate(cfg.export.transforms):
        yield ("export", "transforms", index), TRANSFORMS, transform.model_dump()


def _contradictions(cfg: RunConfig) -> Iterator[Problem]:
    for name in ("loss", "distill_loss"):
        section: LossSection | None = getattr(cfg, name)
        if section and 1 < len(section.types) != len(section.coef) > 1:
            yield Problem(
                cfg.where(name, "coef"),
                f"has {len(section.coef)} weights for {len(section.types)} losses in types",
                "give one type for all outputs, or as many types as weights",
            )
    if cfg.test_config.is_slide:
        for key in ("crop_size", "stride"):
            if getattr(cfg.test_config, key) is None:
                yield Problem(cfg.where("test_config"), f"is_slide needs {key}", f"add `{key}: [w, h]`")


class Checker:
    """Compares components with their constructors' signatures."""

    def __init__(self, cfg: RunConfig):
        self.cfg = cfg
        self.facts = Facts(cfg)

    def component(self, spec: dict[str, Any], registry: Registry, path: KeyPath) -> Iterator[Problem]:
        """Faults of one `{type, ...}` and of the components in its arguments."""
        name = spec.get("type")
        if not name or not isinstance(name, str):
            what = (
                f"should be the name of a {registry.noun}, not {name!r}" if name else f"the {registry.noun} has no type"
            )
            yield Problem(self.cfg.where(*path, "type") if name else self.cfg.where(*path), what, "add `type: <name>`")
        else:
            try:
                parameters = parameters_of(registry.get(name, self.cfg.where(*path, "type")))
            except ConfigError as error:
                yield from error.problems
            else:
                yield from self.arguments(spec, parameters, registry, path)
        for key, value in spec.items():
            if key != "type":
                yield from self.nested(value, registry, key, (*path, key))

    def arguments(
        self, spec: dict[str, Any], parameters: Parameters, registry: Registry, path: KeyPath
    ) -> Iterator[Problem]:
        """Faults of the arguments of one component: unknown, mistyped, missing."""
        name, builders = spec["type"], given_by_builders(registry)
        known = parameters.names - builders
        for key, value in spec.items():
            place = self.cfg.where(*path, key)
            if key in parameters.hints and key in known and not fits(value, parameters.hints[key]):
                yield Problem(place, f"should be {describe(parameters.hints[key])}, not {value!r}")
            elif key not in known and key != "type" and not parameters.open:
                yield Problem(place, f"{name} has no argument '{key}'", self._hint_unknown(key, known, path))
        for key in sorted(parameters.required - builders - set(spec) - set(self.facts.given(registry, path))):
            yield Problem(self.cfg.where(*path), f"{name} needs '{key}'", f"add `{key}:` beside type")

    def _hint_unknown(self, key: str, known: frozenset[str], path: KeyPath) -> str:
        hint = near(key, sorted(known))
        wrote_key, wrote_type = self.cfg.origin(*path, key), self.cfg.origin(*path, "type")
        if wrote_key.line and wrote_type.line and wrote_key.file != wrote_type.file and "did you mean" not in hint:
            return f"it is left from {wrote_key.file}; `_inherited_: False` beside type drops what _base_ files set"
        return hint

    def nested(self, value: Any, owner: Registry, key: str, path: KeyPath) -> Iterator[Problem]:
        """Faults of the components that an argument holds, however deep in lists and mappings."""
        if isinstance(value, list):
            for index, item in enumerate(value):
                yield from self.nested(item, owner, key, (*path, index))
        elif isinstance(value, dict):
            registry = nested_registry(owner, key, value)
            if registry is not None:
                yield from self.component(value, registry, path)
            else:
                for inner, item in value.items():
                    yield from self.nested(item, owner, inner, (*path, inner))
        elif path[-1] != key and nested_registry(owner, key, {}) is not None:
            yield Problem(self.cfg.where(*path), f"should be a mapping with a type, not {value!r}", f"`type: {value}`")


def given_by_builders(registry: Registry) -> frozenset[str]:
    """Arguments that no file writes; one that does is told that there are none."""
    return {OPTIMIZERS: frozenset({"model", "learning_rate"}), LR_SCHEDULES: frozenset({"iters"})}.get(
        registry, frozenset()
    )
