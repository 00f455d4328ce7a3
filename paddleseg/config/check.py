"""All faults of a configuration at once, before any object exists."""

from __future__ import annotations

from collections.abc import Iterator

from paddleseg.config.components import Parameters, describe, fits, nested_registry, parameters_of
from paddleseg.config.facts import Facts
from paddleseg.config.schema import LossSection, RunConfig
from paddleseg.config.tree import Origin, near
from paddleseg.config.walk import Found, outermost, with_inner
from paddleseg.errors import ConfigError, Problem
from paddleseg.registry import LOSSES, LR_SCHEDULES, MODELS, OPTIMIZERS, TASKS, Registry


def find_problems(cfg: RunConfig) -> list[Problem]:
    """Unknown components and arguments, missing and mistyped arguments, and parts that contradict each other."""
    facts = Facts(cfg)
    problems = [problem for found in outermost(cfg) for problem in component_problems(cfg, facts, found)]
    return [*problems, *facts.problems(), *_contradictions(cfg), *_class_weights(cfg, facts)]


def component_problems(cfg: RunConfig, facts: Facts, found: Found) -> Iterator[Problem]:
    """Faults of a component and of those in its arguments."""
    for path, registry, spec in with_inner(*found):
        name = spec.get("type")
        if not name:
            yield Problem(cfg.where(*path), f"the {registry.noun} has no type", "add `type: <name>`")
        elif not isinstance(name, str):
            yield Problem(cfg.where(*path, "type"), f"should be the name of a {registry.noun}, not {name!r}")
        else:
            try:
                parameters = parameters_of(registry.get(name, cfg.where(*path, "type")))
            except ConfigError as error:
                yield from error.problems
            else:
                yield from _argument_problems(cfg, facts, (path, registry, spec), parameters)


def _argument_problems(cfg: RunConfig, facts: Facts, found: Found, parameters: Parameters) -> Iterator[Problem]:
    """Arguments that are unknown, mistyped or missing."""
    path, registry, spec = found
    builders = given_by_builders(registry)
    known = parameters.names - builders
    for key, value in spec.items():
        place = cfg.where(*path, key)
        if key in known and key in parameters.hints and not fits(value, parameters.hints[key]):
            yield Problem(place, f"should be {describe(parameters.hints[key])}, not {value!r}")
        elif key not in known and key != "type" and not parameters.open:
            hint = _hint_unknown(key, known, cfg.origin(*path, key), cfg.origin(*path, "type"))
            yield Problem(place, f"{spec['type']} has no argument '{key}'", hint)
        for index, item in enumerate(value if isinstance(value, list) else ()):
            if not isinstance(item, dict) and nested_registry(registry, key, {}) is not None:
                what = f"should be a mapping with a type, not {item!r}"
                yield Problem(cfg.where(*path, key, index), what, f"write `- type: {item}`")
    for key in sorted(parameters.required - builders - set(spec) - set(facts.given(registry, path))):
        yield Problem(cfg.where(*path), f"{spec['type']} needs '{key}'", f"add `{key}:` beside type")


def _hint_unknown(key: str, known: frozenset[str], wrote_key: Origin, wrote_type: Origin) -> str:
    hint = near(key, sorted(known))
    if wrote_key.line and wrote_type.line and wrote_key.file != wrote_type.file and "did you mean" not in hint:
        return f"it is left from {wrote_key.file}; `_inherited_: False` beside type drops what _base_ files set"
    return hint


def _contradictions(cfg: RunConfig) -> Iterator[Problem]:
    if cfg.task not in TASKS:
        yield Problem(cfg.where("task"), f"no task is called {cfg.task!r}", near(cfg.task, TASKS.names()))
    for name in ("loss", "distill_loss"):
        section: LossSection | None = getattr(cfg, name)
        if section and 1 < len(section.types) != len(section.coef) > 1:
            yield Problem(
                cfg.where(name, "coef"),
                f"has {len(section.coef)} weights for {len(section.types)} losses in types",
                "give one type for all outputs, or as many types as weights",
            )
    yield from _loss_count(cfg)
    if cfg.distill_features and cfg.to_static_training:
        hint = "leave to_static_training out"
        yield Problem(cfg.where("distill_features"), "needs layers that are called one by one", hint)
    if cfg.teacher and not cfg.distill_loss and not cfg.distill_features:
        yield Problem(
            cfg.where("teacher"), "has no distill_loss", "add `distill_loss: {types: [{type: KLLoss}], coef: [1]}`"
        )
    if cfg.test_config.is_slide:
        for key in ("crop_size", "stride"):
            if getattr(cfg.test_config, key) is None:
                yield Problem(cfg.where("test_config"), f"is_slide needs {key}", f"add `{key}: [w, h]`")


def _loss_count(cfg: RunConfig) -> Iterator[Problem]:
    """As many losses as outputs, where the network's class tells how many these are."""
    if cfg.loss is None or cfg.model is None or cfg.model.type not in MODELS:
        return
    network = MODELS.get(cfg.model.type)
    given = {
        name: value
        for name, value in {"num_classes": 2, "backbone": None}.items()
        if name in parameters_of(network).names
    }
    heads = network.heads_for(given | cfg.model.args) if hasattr(network, "heads_for") else None
    for name, count in (("types", len(cfg.loss.types)), ("coef", len(cfg.loss.coef))):
        if heads is not None and count not in (1, len(heads)):
            outputs = ", ".join(head.name for head in heads)
            what = f"has {count} entries, but {cfg.model.type} gives {len(heads)} outputs in training: {outputs}"
            yield Problem(cfg.where("loss", name), what, "list one for each output, or one for all")


def _class_weights(cfg: RunConfig, facts: Facts) -> Iterator[Problem]:
    """Losses with one factor for each class, but for another number of classes."""
    count = facts.given(LOSSES, ("loss",)).get("num_classes")
    for path, registry, spec in (inner for outer in outermost(cfg) for inner in with_inner(*outer)):
        weights = spec.get("weight")
        if registry is LOSSES and isinstance(weights, list) and count is not None and len(weights) not in (1, count):
            what = f"has {len(weights)} weights for {count} classes"
            yield Problem(cfg.where(*path, "weight"), what, "give one for each class, background first")


def given_by_builders(registry: Registry) -> frozenset[str]:
    """Arguments that no file writes; one that does is told that there are none."""
    owned = {OPTIMIZERS: frozenset({"model", "learning_rate"}), LR_SCHEDULES: frozenset({"iters"})}
    return owned.get(registry, frozenset())
