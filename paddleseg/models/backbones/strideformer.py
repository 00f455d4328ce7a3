"""StrideFormer, the backbone of PP-MobileSeg (Tang et al., arXiv 2304.05152): MobileNetV3 with strided attention."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Literal

import numpy as np
import paddle
import paddle.nn.functional as F
from paddle import nn

from paddleseg import compat
from paddleseg.models.backbones.base import Backbone
from paddleseg.models.backbones.mobilenetv3 import Block, inverted_residual
from paddleseg.models.layers import matmul, spatial_size, upsample
from paddleseg.models.layers.basic import ConvBN, ConvBNAct
from paddleseg.models.layers.drop_path import DropPath
from paddleseg.models.weights import load_pretrained
from paddleseg.registry import BACKBONES

_POSITIONS = 16  # learned along each axis; resized to the map

# Of the maps at 1/8, 1/16 and 1/32 by number: what is voted on beside the last map, and what votes.
_AGGREGATIONS = {"AAM": ((0, 1), (0, 1, 2)), "AAMSx8": ((0,), (1, 2))}


class _AxialAttention(nn.Layer):
    """Attention along one axis, between the averages over the other (SeaFormer, Wan et al., ICLR 2023, section 3.2).

    Args:
        keys: Channels of queries and keys.
        values: Channels of the values.
        averaged: The axis that is averaged over, 2 or 3.
    """

    def __init__(self, keys: int, values: int, heads: int, averaged: int):
        super().__init__()
        self.heads, self.averaged, self.scale = heads, averaged, (keys // heads) ** -0.5
        init = nn.initializer.Normal(std=1.0)
        self.q_pos_embed = self.create_parameter([1, keys, _POSITIONS], default_initializer=init)
        self.k_pos_embed = self.create_parameter([1, keys, _POSITIONS], default_initializer=init)
        self.project = ConvBN(values, values, 1)

    def forward(self, q: paddle.Tensor, k: paddle.Tensor, v: paddle.Tensor) -> paddle.Tensor:
        """From (N, C, H, W) to a map (N, values, H, 1) or (N, values, 1, W)."""
        # Resized to sizes and not to maps: the latter gives ONNX no size for these where an export leaves it open.
        q, k, v = (x.mean(self.averaged, keepdim=True) for x in (q, k, v))
        q = self._split(q + upsample(self.q_pos_embed.unsqueeze(self.averaged), spatial_size(q)))
        k = self._split(k + upsample(self.k_pos_embed.unsqueeze(self.averaged), spatial_size(k)))
        weights = F.softmax(matmul(q, k, transpose_x=True) * self.scale, axis=-1)
        y = matmul(self._split(v), weights, transpose_y=True).flatten(1, 2)
        return self.project(F.relu6(y.unsqueeze(self.averaged)))

    def _split(self, x: paddle.Tensor) -> paddle.Tensor:
        """(N, heads, channels of a head, places)"""
        return x.reshape([0, self.heads, x.shape[1] // self.heads, -1])


class _StridedAttention(nn.Layer):
    """Squeeze-enhanced axial attention on a map of half the size (sections 3.1 and 3.2 of the two papers)."""

    def __init__(self, channels: int, heads: int, key_width: int):
        super().__init__()
        keys, values = heads * key_width, 2 * heads * key_width
        self.stride = ConvBN(channels, channels, 3, stride=2, groups=channels)
        self.q, self.k, self.v = (ConvBN(channels, width, 1) for width in (keys, keys, values))
        self.rows = _AxialAttention(keys, values, heads, averaged=3)
        self.columns = _AxialAttention(keys, values, heads, averaged=2)
        self.project = ConvBN(values, channels, 1)
        every = 2 * keys + values
        self.detail = nn.Sequential(ConvBNAct(every, every, 3, groups=every, act="relu6"), ConvBN(every, channels, 1))

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        small = self.stride(x)
        qkv = [self.q(small), self.k(small), self.v(small)]
        context = self.rows(*qkv) + self.columns(*qkv) + qkv[-1]
        gate = F.hardsigmoid(self.project(F.relu6(context)))
        return upsample(gate * self.detail(paddle.concat(qkv, axis=1)), x)


class _FeedForward(nn.Layer):
    def __init__(self, channels: int, hidden: int):
        super().__init__()
        self.fc1 = ConvBN(channels, hidden, 1)
        self.depthwise = nn.Conv2D(hidden, hidden, 3, padding=1, groups=hidden)
        self.fc2 = ConvBN(hidden, channels, 1)

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        return self.fc2(F.relu6(self.depthwise(self.fc1(x))))


class _Transformer(nn.Layer):
    def __init__(self, channels: int, heads: int, key_width: int, mlp_ratio: int, drop_path: float):
        super().__init__()
        self.attention = _StridedAttention(channels, heads, key_width)
        self.mlp = _FeedForward(channels, mlp_ratio * channels)
        self.drop_path = DropPath(drop_path)

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        x = x + self.drop_path(self.attention(x))
        return x + self.drop_path(self.mlp(x))


class AggregatedAttention(nn.Layer):
    """The aggregated attention module: deep maps vote on what counts of the fine ones (section 3.2).

    Args:
        kind: A key of `_AGGREGATIONS`.
        gate: The activation of the votes.

    Shape:
        Maps at 1/8, 1/16 and 1/32 in a list; returns one map of `channels` at 1/16 ("AAM") or 1/8 ("AAMSx8").
    """

    def __init__(self, in_channels: Sequence[int], channels: int, kind: str, gate: str):
        super().__init__()
        self.details, self.voters = _AGGREGATIONS[kind]
        self.embed = nn.LayerList([ConvBN(in_channels[index], channels, 1) for index in (*self.details, 2)])
        self.vote = nn.LayerList([ConvBNAct(in_channels[index], channels, 1, act=gate) for index in self.voters])

    def forward(self, maps: list[paddle.Tensor]) -> paddle.Tensor:
        target = self.details[-1]
        size = spatial_size(maps[target])
        *fine, deep = maps
        fine = [x if index == target else upsample(x, size) for index, x in enumerate(fine)]
        votes = [vote(fine[index]) for index, vote in zip(self.voters[:-1], self.vote, strict=False)]
        votes.append(upsample(self.vote[-1](deep), size))
        details = [embed(fine[index]) for index, embed in zip(self.details, self.embed, strict=False)]
        return sum(details) * prod(votes) + upsample(self.embed[-1](deep), size)


class StrideFormer(Backbone):
    """Four stages of MobileNetV3's blocks, the last two followed by transformers (section 3.1).

    Args:
        inj_type: How the maps become one: "AAM" at 1/16, or "AAMSx8" at 1/8.
        out_feat_chs: Channels of the last three stages, which configs of PaddleSeg repeat: those of this network.
        in_channels: Channels of the image.
        drop_path_rate: Share of samples that leave a stage's last transformer out in training; rises from 0.
        pretrained: A weights file.
        gate: The activation of what the deep maps vote: "sigmoid" as in PaddleSeg since 2.9, "relu6" for weights of
            2.8. None: sigmoid, or what `PADDLESEG_COMPAT` says.

    Shape:
        x (N, in_channels, H, W), H and W from 32. Returns one map (N, 256, H / strides[0], W / strides[0]) in a list,
        rounded up.

    Raises:
        ValueError: Another `inj_type` or `gate`, or `out_feat_chs` of another network.
        WeightsError: `pretrained` does not fit this network.
    """

    table: tuple[tuple[Block, ...], ...] = ()
    depth: int  # transformers of a stage
    heads: int

    def __init__(
        self,
        inj_type: str = "AAM",
        out_feat_chs: Sequence[int] | None = None,
        in_channels: int = 3,
        drop_path_rate: float = 0.1,
        pretrained: str | None = None,
        gate: Literal["sigmoid", "relu6"] | None = None,
    ):
        super().__init__()
        if inj_type not in _AGGREGATIONS:
            raise ValueError(f"inj_type is {inj_type!r}; known: {', '.join(_AGGREGATIONS)}")
        widths = [stage[-1].channels for stage in self.table]
        if out_feat_chs is not None and list(out_feat_chs) != widths[1:]:
            raise ValueError(f"out_feat_chs is {list(out_feat_chs)}; this network's are {widths[1:]}")
        self.stem = ConvBNAct(in_channels, 16, 3, stride=2, act="hardswish")
        self.stages = nn.LayerList()
        channels = 16
        for rows in self.table:
            blocks = []
            for row in rows:
                blocks.append(inverted_residual(channels, row))
                channels = row.channels
            self.stages.append(nn.Sequential(*blocks))
        rates = np.linspace(0, drop_path_rate, self.depth).tolist()
        self.transformers = nn.LayerList(
            [
                nn.Sequential(*(_Transformer(width, self.heads, key_width, ratio, rate) for rate in rates))
                for width, key_width, ratio in zip(widths[2:], (16, 24), (2, 4), strict=True)
            ]
        )
        self.aggregate = AggregatedAttention(widths[1:], 256, inj_type, gate or compat.gate())
        self.strides, self.out_channels = [8 << self.aggregate.details[-1]], [256]
        load_pretrained(self, pretrained)

    def forward(self, x: paddle.Tensor) -> list[paddle.Tensor]:
        x = self.stages[0](self.stem(x))
        maps = [self.stages[1](x)]
        for stage, transformers in zip(self.stages[2:], self.transformers, strict=True):
            maps.append(transformers(stage(maps[-1])))
        return [self.aggregate(maps)]


@BACKBONES.register
class MobileSeg_Base(StrideFormer):
    """StrideFormer-Base."""

    table = (
        (
            Block(3, 16, 16, True, "relu", 1),
            Block(3, 64, 32, False, "relu", 2),
            Block(3, 96, 32, False, "relu", 1),
        ),
        (Block(5, 128, 64, True, "hardswish", 2), Block(5, 240, 64, True, "hardswish", 1)),
        (Block(5, 384, 128, True, "hardswish", 2), Block(5, 384, 128, True, "hardswish", 1)),
        (Block(5, 768, 192, True, "hardswish", 2), Block(5, 768, 192, True, "hardswish", 1)),
    )
    depth, heads = 3, 8


@BACKBONES.register
class MobileSeg_Tiny(StrideFormer):
    """StrideFormer-Tiny."""

    table = (
        (
            Block(3, 16, 16, True, "relu", 1),
            Block(3, 64, 32, False, "relu", 2),
            Block(3, 48, 24, False, "relu", 1),
        ),
        (Block(5, 96, 32, True, "hardswish", 2), Block(5, 96, 32, True, "hardswish", 1)),
        (Block(5, 160, 64, True, "hardswish", 2), Block(5, 160, 64, True, "hardswish", 1)),
        (Block(3, 384, 128, True, "hardswish", 2), Block(3, 384, 128, True, "hardswish", 1)),
    )
    depth, heads = 2, 4
