"""Starting values for parameters, by PaddleSeg's names; each changes the parameter in place."""

from __future__ import annotations

import math
from typing import Any

from paddle import Tensor, nn


def uniform_init(param: Tensor, **kwargs: Any) -> None:
    """As `paddle.nn.initializer.Uniform`."""
    nn.initializer.Uniform(**kwargs)(param)


def constant_init(param: Tensor, **kwargs: Any) -> None:
    """As `Constant(value=...)`."""
    nn.initializer.Constant(**kwargs)(param)


def normal_init(param: Tensor, **kwargs: Any) -> None:
    """As `Normal(mean=..., std=...)`."""
    nn.initializer.Normal(**kwargs)(param)


def kaiming_normal_init(param: Tensor, **kwargs: Any) -> None:
    """As `KaimingNormal` (He et al., ICCV 2015)."""
    nn.initializer.KaimingNormal(**kwargs)(param)


def trunc_normal_init(param: Tensor, **kwargs: Any) -> None:
    """As `TruncatedNormal`."""
    nn.initializer.TruncatedNormal(**kwargs)(param)


def kaiming_uniform(param: Tensor, **kwargs: Any) -> None:
    """As `KaimingUniform`."""
    nn.initializer.KaimingUniform(**kwargs)(param)


def xavier_uniform(param: Tensor, **kwargs: Any) -> None:
    """As `XavierUniform` (Glorot and Bengio, 2010)."""
    nn.initializer.XavierUniform(**kwargs)(param)


def multihead_fill(layer: Any, qkv_same_embed_dim: bool = True) -> None:
    """A `nn.MultiHeadAttention` as other frameworks start it: the three projections as one matrix."""
    if not qkv_same_embed_dim:
        for param in layer.parameters():
            if param.ndim > 1:
                xavier_uniform(param)
        return
    for projection in (layer.q_proj, layer.k_proj, layer.v_proj):
        rows, columns = projection.weight.shape
        bound = math.sqrt(6 / (3 * rows + columns))
        uniform_init(projection.weight, low=-bound, high=bound)
    xavier_uniform(layer.out_proj.weight)


def th_linear_fill(layer: Any) -> None:
    """A `nn.Linear` as other frameworks start it: within one over the root of its inputs."""
    kaiming_uniform(layer.weight, negative_slope=math.sqrt(5), nonlinearity="leaky_relu")
    if layer.bias is not None:
        bound = 1 / math.sqrt(layer.weight.shape[0])
        uniform_init(layer.bias, low=-bound, high=bound)
