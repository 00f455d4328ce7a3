"""The block of plain vision transformers (Dosovitskiy et al., ICLR 2021)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import paddle
import paddle.nn.functional as F
from paddle import nn

from paddleseg.models.layers.drop_path import DropPath
from paddleseg.models.layers.graph_ops import matmul


class SelfAttention(nn.Layer):
    """Each token takes what it needs from all (Vaswani et al., NeurIPS 2017, section 3.2).

    Args:
        scale: Factor of the products; None for one over the root of a head's channels.

    Shape:
        x (N, L, channels); returns the same shape.
    """

    def __init__(
        self,
        channels: int,
        heads: int,
        *,
        bias: bool = False,
        scale: float | None = None,
        attention_dropout: float = 0.0,
        dropout: float = 0.0,
    ):
        super().__init__()
        self.heads, self.scale = heads, scale or (channels // heads) ** -0.5
        self.qkv = nn.Linear(channels, 3 * channels, bias_attr=None if bias else False)
        self.attention_dropout, self.dropout = nn.Dropout(attention_dropout), nn.Dropout(dropout)
        self.proj = nn.Linear(channels, channels)

    def forward(self, x: paddle.Tensor, bias: paddle.Tensor | None = None) -> paddle.Tensor:
        """`bias` (heads, L, L) is added to the products."""
        width = x.shape[2] // self.heads
        q, k, v = self.projected(x).reshape([0, -1, 3, self.heads, width]).transpose([2, 0, 3, 1, 4])
        products = self.scale * matmul(q, k, transpose_y=True)
        weights = self.attention_dropout(F.softmax(products if bias is None else products + bias, axis=-1))
        return self.dropout(self.proj(matmul(weights, v).transpose([0, 2, 1, 3]).flatten(2)))

    def projected(self, x: paddle.Tensor) -> paddle.Tensor:
        """Queries, keys and values (N, L, 3 channels)."""
        return self.qkv(x)


class CrossAttention(nn.Layer):
    """Each query takes what it needs of the values, by their keys (Vaswani et al., NeurIPS 2017, section 3.2.2).

    Args:
        dropout: Share of weights of attention dropped.

    Shape:
        query (N, L, channels), key and value (N, M, channels); returns (N, L, channels).
    """

    def __init__(self, channels: int, heads: int, dropout: float = 0.0):
        super().__init__()
        self.heads, self.width, self.dropout = heads, channels // heads, nn.Dropout(dropout)
        self.q, self.k, self.v, self.proj = (nn.Linear(channels, channels) for _ in range(4))

    def forward(self, query: paddle.Tensor, key: paddle.Tensor, value: paddle.Tensor) -> paddle.Tensor:
        parts = zip((self.q, self.k, self.v), (query, key, value), strict=True)
        q, k, v = (to(x).reshape([0, -1, self.heads, self.width]).transpose([0, 2, 1, 3]) for to, x in parts)
        weights = self.dropout(F.softmax(matmul(self.width**-0.5 * q, k, transpose_y=True), axis=-1))
        return self.proj(matmul(weights, v).transpose([0, 2, 1, 3]).flatten(2))


class TransformerBlock(nn.Layer):
    """Attention, then two linear layers, each after a layer norm and added to its input (section 3.1, equations 2, 3).

    Args:
        ratio: Channels between the linear layers, for each of `channels`.
        drop_path: Share of samples that leave a branch out in training.
        attention: In place of `SelfAttention`; it also gets what `forward` gets beside `x`.
        layer_scale: What a learned factor of each channel of both branches begins with (Touvron et al., ICCV 2021,
            equation 4); None for no factors.

    Shape:
        x (N, L, channels), or as `attention` takes it; returns the same shape.
    """

    def __init__(
        self,
        channels: int,
        heads: int,
        ratio: float = 4,
        *,
        bias: bool = False,
        scale: float | None = None,
        dropout: float = 0.0,
        attention_dropout: float = 0.0,
        drop_path: float = 0.0,
        epsilon: float = 1e-5,
        attention: nn.Layer | None = None,
        layer_scale: float | None = None,
    ):
        super().__init__()
        hidden = int(channels * ratio)
        self.norm1, self.norm2 = nn.LayerNorm(channels, epsilon=epsilon), nn.LayerNorm(channels, epsilon=epsilon)
        self.attention = attention or SelfAttention(
            channels, heads, bias=bias, scale=scale, attention_dropout=attention_dropout, dropout=dropout
        )
        self.fc1, self.fc2 = nn.Linear(channels, hidden), nn.Linear(hidden, channels)
        self.dropout, self.drop_path = nn.Dropout(dropout), DropPath(drop_path)

        self.scaled = layer_scale is not None
        if layer_scale is not None:
            begin = nn.initializer.Constant(layer_scale)
            self.scale1, self.scale2 = (self.create_parameter([channels], default_initializer=begin) for _ in range(2))

    def forward(self, x: paddle.Tensor, *context: Any) -> paddle.Tensor:
        y = self.attention(self.norm1(x), *context)
        x = x + self.drop_path(self.scale1 * y if self.scaled else y)
        y = self.dropout(self.fc2(self.dropout(F.gelu(self.fc1(self.norm2(x))))))
        return x + self.drop_path(self.scale2 * y if self.scaled else y)


def resized_places(places: paddle.Tensor, grid: Sequence[int], size: Sequence[Any]) -> paddle.Tensor:
    """Learned places (1, 1 + grid's, channels) for a map of another size; the first, of no place, stays."""
    plane = places[:, 1:].transpose([0, 2, 1]).reshape([1, places.shape[2], *grid])
    resized = F.interpolate(plane, size, mode="bicubic").flatten(2).transpose([0, 2, 1])
    return paddle.concat([places[:, :1], resized], axis=1)


def fitted_places(learned: np.ndarray, places: paddle.Tensor, grid: Sequence[int]) -> np.ndarray:
    """Places of a file, learned for a square of another size, in the shape of `places`; others as they are."""
    if learned.ndim != 3 or list(learned.shape) == list(places.shape) or learned.shape[2] != places.shape[2]:
        return learned
    side = math.isqrt(learned.shape[1] - 1)
    if side * side + 1 != learned.shape[1]:
        return learned
    return resized_places(paddle.to_tensor(learned.astype("float32")), (side, side), grid).numpy()
