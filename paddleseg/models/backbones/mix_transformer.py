"""The Mix Transformer encoders of SegFormer (Xie et al., NeurIPS 2021)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import paddle
import paddle.nn.functional as F
from paddle import nn

from paddleseg.models.backbones.base import Backbone
from paddleseg.models.layers import matmul, spatial_size
from paddleseg.models.layers.drop_path import DropPath
from paddleseg.models.weights import load_pretrained
from paddleseg.registry import BACKBONES


def _linear(in_features: int, out_features: int) -> nn.Linear:
    return nn.Linear(in_features, out_features, weight_attr=nn.initializer.TruncatedNormal(std=0.02))


def _conv(in_channels: int, out_channels: int, kernel_size: int, **arguments: Any) -> nn.Conv2D:
    init = nn.initializer.KaimingNormal()
    return nn.Conv2D(in_channels, out_channels, kernel_size, weight_attr=init, **arguments)


def _to_map(tokens: paddle.Tensor, size: list[Any]) -> paddle.Tensor:
    """(N, H W, C) as (N, C, H, W)."""
    return tokens.transpose([0, 2, 1]).reshape([0, tokens.shape[2], *size])


def _to_tokens(x: paddle.Tensor) -> paddle.Tensor:
    """(N, C, H, W) as (N, H W, C)."""
    return x.flatten(2).transpose([0, 2, 1])


class _Embed(nn.Layer):
    """Patches that overlap, by a strided convolution (section 3.1, overlapped patch merging)."""

    def __init__(self, in_channels: int, channels: int, kernel_size: int, stride: int):
        super().__init__()
        self.proj = _conv(in_channels, channels, kernel_size, stride=stride, padding=kernel_size // 2)
        self.norm = nn.LayerNorm(channels)

    def forward(self, x: paddle.Tensor) -> tuple[paddle.Tensor, list[Any]]:
        x = self.proj(x)
        return self.norm(_to_tokens(x)), spatial_size(x)


class _Attention(nn.Layer):
    """Self-attention to a map made `reduction` times smaller (section 3.1, eq. 2)."""

    def __init__(self, channels: int, heads: int, reduction: int):
        super().__init__()
        self.heads, self.width, self.reduction = heads, channels // heads, reduction
        self.q = _linear(channels, channels)
        self.kv = _linear(channels, 2 * channels)
        self.proj = _linear(channels, channels)
        if reduction > 1:
            self.reduce = _conv(channels, channels, reduction, stride=reduction)
            self.reduce_norm = nn.LayerNorm(channels)

    def forward(self, x: paddle.Tensor, size: list[Any]) -> paddle.Tensor:
        q = self.q(x).reshape([0, -1, self.heads, self.width]).transpose([0, 2, 1, 3])
        if self.reduction > 1:
            x = self.reduce_norm(_to_tokens(self.reduce(_to_map(x, size))))
        k, v = self.kv(x).reshape([0, -1, 2, self.heads, self.width]).transpose([2, 0, 3, 1, 4])
        weights = F.softmax(matmul(q * self.width**-0.5, k, transpose_y=True), axis=-1)
        return self.proj(matmul(weights, v).transpose([0, 2, 1, 3]).flatten(2))


class _MixFFN(nn.Layer):
    """Two linear layers, and a depth-wise convolution that tells where a token is (section 3.1, eq. 3)."""

    def __init__(self, channels: int, hidden: int):
        super().__init__()
        self.fc1 = _linear(channels, hidden)
        self.depthwise = _conv(hidden, hidden, 3, padding=1, groups=hidden)
        self.fc2 = _linear(hidden, channels)

    def forward(self, x: paddle.Tensor, size: list[Any]) -> paddle.Tensor:
        y = self.depthwise(_to_map(self.fc1(x), size))
        return self.fc2(F.gelu(_to_tokens(y)))


class _Block(nn.Layer):
    def __init__(self, channels: int, heads: int, reduction: int, drop_path: float):
        super().__init__()
        self.norm1 = nn.LayerNorm(channels, epsilon=1e-6)
        self.attention = _Attention(channels, heads, reduction)
        self.norm2 = nn.LayerNorm(channels, epsilon=1e-6)
        self.mlp = _MixFFN(channels, 4 * channels)
        self.drop_path = DropPath(drop_path)

    def forward(self, x: paddle.Tensor, size: list[Any]) -> paddle.Tensor:
        x = x + self.drop_path(self.attention(self.norm1(x), size))
        return x + self.drop_path(self.mlp(self.norm2(x), size))


class _Stage(nn.Layer):
    def __init__(self, embed: _Embed, channels: int, heads: int, reduction: int, drop_paths: Sequence[float]):
        super().__init__()
        self.embed = embed
        self.blocks = nn.LayerList([_Block(channels, heads, reduction, rate) for rate in drop_paths])
        self.norm = nn.LayerNorm(channels, epsilon=1e-6)

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        tokens, size = self.embed(x)
        for block in self.blocks:
            tokens = block(tokens, size)
        return _to_map(self.norm(tokens), size)


class MixVisionTransformer(Backbone):
    """A hierarchical transformer without position codes (Xie et al., section 3.1, table 6).

    Args:
        in_channels: Channels of the image.
        drop_path_rate: Share of samples that leave the last block out in training; rises from 0 over the blocks.
        pretrained: A weights file.

    Shape:
        x (N, in_channels, H, W), H and W from 32. Returns four maps at 1/4, 1/8, 1/16 and 1/32, rounded up.

    Raises:
        WeightsError: `pretrained` does not fit this network.
    """

    widths = (64, 128, 320, 512)
    depths = (2, 2, 2, 2)

    def __init__(self, in_channels: int = 3, drop_path_rate: float = 0.1, pretrained: str | None = None):
        super().__init__()
        self.strides, self.out_channels = [4, 8, 16, 32], list(self.widths)
        rates = iter(np.linspace(0, drop_path_rate, sum(self.depths)).tolist())
        stages: list[_Stage] = []
        for width, depth, heads, reduction in zip(self.widths, self.depths, (1, 2, 5, 8), (8, 4, 2, 1), strict=True):
            embed = _Embed(in_channels, width, *((3, 2) if stages else (7, 4)))
            stages.append(_Stage(embed, width, heads, reduction, [next(rates) for _ in range(depth)]))
            in_channels = width
        self.stages = nn.LayerList(stages)
        load_pretrained(self, pretrained)

    def forward(self, x: paddle.Tensor) -> list[paddle.Tensor]:
        maps = []
        for stage in self.stages:
            x = stage(x)
            maps.append(x)
        return maps


@BACKBONES.register
class MixVisionTransformer_B0(MixVisionTransformer):
    widths = (32, 64, 160, 256)


@BACKBONES.register
class MixVisionTransformer_B1(MixVisionTransformer):
    pass


@BACKBONES.register
class MixVisionTransformer_B2(MixVisionTransformer):
    depths = (3, 4, 6, 3)


@BACKBONES.register
class MixVisionTransformer_B3(MixVisionTransformer):
    depths = (3, 4, 18, 3)


@BACKBONES.register
class MixVisionTransformer_B4(MixVisionTransformer):
    depths = (3, 8, 27, 3)


@BACKBONES.register
class MixVisionTransformer_B5(MixVisionTransformer):
    depths = (3, 6, 40, 3)
