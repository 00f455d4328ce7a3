"""Activation functions by name, as configs and stage tables name them."""

from __future__ import annotations

from paddle import nn

_ACTIVATIONS: dict[str, type[nn.Layer]] = {
    "relu": nn.ReLU,
    "relu6": nn.ReLU6,
    "hardswish": nn.Hardswish,
    "hardsigmoid": nn.Hardsigmoid,
    "sigmoid": nn.Sigmoid,
    "swish": nn.Swish,
    "gelu": nn.GELU,
    "prelu": nn.PReLU,
    "leaky_relu": nn.LeakyReLU,
}


def activation(name: str | None) -> nn.Layer:
    """A new layer for "relu", "relu6", "hardswish", ...; the identity for None.

    Raises:
        ValueError: No activation of that name.
    """
    if name is None:
        return nn.Identity()
    if name not in _ACTIVATIONS:
        raise ValueError(f"no activation is called '{name}'; known: {', '.join(_ACTIVATIONS)}")
    return _ACTIVATIONS[name]()
