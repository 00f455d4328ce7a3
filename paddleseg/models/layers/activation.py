"""Activation functions by name, as configs and stage tables name them."""

from __future__ import annotations

import paddle
import paddle.nn.functional as F
from paddle import nn

from paddleseg.models.layers.graph_ops import sigmoid


class SteepHardsigmoid(nn.Layer):
    """0.2 x + 0.5 within [0, 1]; `Hardsigmoid` rises by a sixth."""

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        return F.hardsigmoid(x, slope=0.2, offset=0.5)


class Clip(nn.Layer):
    """x within [0, 1]."""

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        return paddle.clip(x, 0, 1)


class Sigmoid(nn.Layer):
    """For every form of graph, as `nn.Sigmoid` is not."""

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        return sigmoid(x)


_ACTIVATIONS: dict[str, type[nn.Layer]] = {
    "relu": nn.ReLU,
    "relu6": nn.ReLU6,
    "hardswish": nn.Hardswish,
    "hardsigmoid": nn.Hardsigmoid,
    "steep_hardsigmoid": SteepHardsigmoid,
    "clip": Clip,
    "sigmoid": Sigmoid,
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


class Activation(nn.Layer):
    """PaddleSeg's layer for plugins: one of Paddle's activations by its name in lower case, such as "leakyrelu".

    Args:
        act: None for the identity.

    Raises:
        KeyError: No activation of that name.
    """

    def __init__(self, act: str | None = None):
        super().__init__()
        self._act = act
        known = {name.lower(): name for name in vars(nn.layer.activation) if name[:1].isupper()}
        if act is not None:
            if act not in known:
                raise KeyError(f"no activation is called {act!r}; known: {', '.join(sorted(known))}")
            self.act_func = getattr(nn.layer.activation, known[act])()

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        return x if self._act is None else self.act_func(x)
