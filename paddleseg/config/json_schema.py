"""A JSON schema of configuration files, for editors that complete keys and underline typos."""

from __future__ import annotations

from typing import Any

from paddleseg.config.check import given_by_builders
from paddleseg.config.components import parameters_of
from paddleseg.config.schema import RunConfig
from paddleseg.registry import (
    BACKBONES,
    DATASETS,
    LOSSES,
    LR_SCHEDULES,
    MODELS,
    OPTIMIZERS,
    POSTPROCESS,
    TRANSFORMS,
    Registry,
)

_FAMILIES = (MODELS, BACKBONES, LOSSES, TRANSFORMS, DATASETS, OPTIMIZERS, LR_SCHEDULES, POSTPROCESS)
Schema = dict[str, Any]


def json_schema() -> Schema:
    """The schema of the files that `load_config` reads: typed keys, every family's names, every component's arguments.

    Nothing is required, since a file may be a fragment that others build on. Plugins imported before are included.
    """
    schema = RunConfig.model_json_schema()
    keys, parts = schema["properties"], schema["$defs"]
    del parts["Component"]
    parts.update({registry.name: _family(registry) for registry in _FAMILIES})

    keys["model"] = keys["teacher"] = _one(MODELS)
    keys["optimizer"], keys["lr_scheduler"] = _one(OPTIMIZERS), _one(LR_SCHEDULES)
    for name in ("train_dataset", "val_dataset", "test_dataset"):
        keys[name] = _one(DATASETS)
    parts["ExportSection"]["properties"] |= {"transforms": _many(TRANSFORMS), "postprocess": _many(POSTPROCESS)}
    loss = {"anyOf": [_one(LOSSES), {"enum": LOSSES.names()}]}
    parts["LossSection"]["properties"]["types"] = _or_list(loss)
    parts["FeatureSection"]["properties"]["loss"] = loss
    parts["TrainSection"]["properties"]["ema"]["anyOf"].append({"type": "boolean"})
    for section, name in (("LossSection", "coef"), ("TestSection", "scales")):
        properties = parts[section]["properties"]
        properties[name] = _or_list(properties[name]["items"])
    keys["plugins"] = keys["_base_"] = _or_list({"type": "string"})
    keys["learning_rate"] = {"description": "PaddleSeg's older spelling of lr_scheduler."}
    schema["patternProperties"] = {"^x-": {}}
    for part in parts.values():
        part.setdefault("properties", {})["_inherited_"] = {"type": "boolean"}
        part.pop("required", None)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _family(registry: Registry) -> Schema:
    names = registry.names()
    if registry is OPTIMIZERS:
        names += [name.lower() for name in names]  # as older files write them
    choices = [
        {"if": {"properties": {"type": {"const": name}}, "required": ["type"]}, "then": _arguments(registry, name)}
        for name in registry.names()
    ]
    return {"type": "object", "properties": {"type": {"enum": names}}, "allOf": choices}


def _arguments(registry: Registry, name: str) -> Schema:
    # SGD with a momentum is accepted, and means Momentum.
    parameters = parameters_of(registry.get("Momentum" if name == "SGD" else name))
    nested = {"backbone": _one(BACKBONES), "transforms": _many(TRANSFORMS), "losses": _many(LOSSES)}
    properties = {key: nested.get(key, {}) for key in sorted(parameters.names - given_by_builders(registry))}
    return {"properties": {"type": {}, "_inherited_": {}, **properties}, "additionalProperties": parameters.open}


def _one(registry: Registry) -> Schema:
    return {"$ref": f"#/$defs/{registry.name}", "description": f"A {registry.noun}: its type and arguments."}


def _many(registry: Registry) -> Schema:
    return {"type": "array", "items": _one(registry)}


def _or_list(item: Schema) -> Schema:
    return {"anyOf": [item, {"type": "array", "items": item}]}
