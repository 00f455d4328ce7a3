"""Stages of ShuffleNetV2 (Ma et al., ECCV 2018, section 4 and figure 3 c, d): branches whose channels are shuffled."""

from __future__ import annotations

import paddle
from paddle import nn

from paddleseg.models.layers.basic import ConvBNAct, SeparableConv, halves, interleave


class ShuffleUnit(nn.Layer):
    """Half of the channels pass, the other half go through 1x1 and a separable 3x3; then the halves are shuffled."""

    def __init__(self, channels: int, act: str = "relu"):
        super().__init__()
        half = channels // 2
        self.expand = ConvBNAct(half, half, 1, act=act)
        self.right = SeparableConv(half, half, act=act)

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        left, right = halves(x)
        return interleave(left, self.right(self.expand(right)))


class ShuffleDownUnit(nn.Layer):
    """Both branches see all channels and halve the size; each gives half of the output channels."""

    def __init__(self, in_channels: int, out_channels: int, act: str = "relu"):
        super().__init__()
        half = out_channels // 2
        self.left = SeparableConv(in_channels, half, stride=2, act=act)
        self.expand = ConvBNAct(in_channels, half, 1, act=act)
        self.right = SeparableConv(half, half, stride=2, act=act)

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        return interleave(self.left(x), self.right(self.expand(x)))


def shuffle_stage(in_channels: int, out_channels: int, units: int, act: str = "relu") -> nn.Sequential:
    """`units` units, the first of which halves the size."""
    rest = [ShuffleUnit(out_channels, act) for _ in range(units - 1)]
    return nn.Sequential(ShuffleDownUnit(in_channels, out_channels, act), *rest)
