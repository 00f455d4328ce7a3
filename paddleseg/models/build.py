"""A network from its description in a card."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from paddle import nn

from paddleseg.errors import ConfigError
from paddleseg.registry import BACKBONES, MODELS, Registry, wanted_of_backbone


def build_network(description: Mapping[str, Any], registry: Registry = MODELS) -> nn.Layer:
    """The network of `{type: ..., arguments}`, whose backbone is described in the same way.

    Raises:
        ConfigError: No network is called so, or it does not take these arguments.

    Example:
        >>> build_network({"type": "PPHumanSegLite", "num_classes": 2})
    """
    network = registry.get(description["type"])
    arguments = {key: value for key, value in description.items() if key != "type"}
    if isinstance(arguments.get("backbone"), Mapping):
        inner = arguments["backbone"]
        wanted = wanted_of_backbone(network, BACKBONES.get(inner["type"]))
        arguments["backbone"] = build_network(wanted | dict(inner), BACKBONES)
    try:
        inspect.signature(network).bind(**arguments)
    except TypeError as error:
        raise ConfigError(description["type"], f"cannot be built: {error}") from error
    try:
        return network(**arguments)
    except ValueError as error:
        raise ConfigError(description["type"], str(error)) from error
