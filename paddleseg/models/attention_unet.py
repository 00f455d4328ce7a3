"""Attention U-Net: gates let through what matters of each skip connection (Oktay et al., MIDL 2018)."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import paddle
import paddle.nn.functional as F
from paddle import nn

from paddleseg.models.layers import sigmoid, upsample
from paddleseg.models.layers.basic import ConvBN, ConvBNReLU, double_conv
from paddleseg.models.unet import UShaped
from paddleseg.registry import MODELS


class AttentionGate(nn.Layer):
    """Weigh each place of a skip connection by what the deeper map says there (section 2.2, figure 2).

    Args:
        channels: Of both maps.
        inner: Channels in which they are compared.

    Shape:
        skip and deep (N, channels, H, W); returns the same shape.
    """

    def __init__(self, channels: int, inner: int):
        super().__init__()
        self.deep, self.skip = ConvBN(channels, inner, 1), ConvBN(channels, inner, 1)
        self.weigh = ConvBN(inner, 1, 1)

    def forward(self, skip: paddle.Tensor, deep: paddle.Tensor) -> paddle.Tensor:
        return skip * sigmoid(self.weigh(F.relu(self.deep(deep) + self.skip(skip))))


class _Up(nn.Layer):
    """The deep map at the skip connection's size, beside what the gate lets through, then two convolutions."""

    def __init__(self, channels: int):
        super().__init__()
        self.up = ConvBNReLU(2 * channels, channels, 3)
        self.gate = AttentionGate(channels, channels // 2)
        self.convs = double_conv(2 * channels, channels)

    def forward(self, x: paddle.Tensor, skip: paddle.Tensor) -> paddle.Tensor:
        x = self.up(upsample(x, skip))
        return self.convs(paddle.concat([self.gate(skip, x), x], axis=1))


@MODELS.register
class AttentionUNet(UShaped):
    """U-Net with attention gates (Oktay et al., section 2, figure 1), of pictures in two dimensions.

    Args:
        num_classes: Classes, background included.
        in_channels: Channels of the image.
        pretrained: A weights file.
        channels: Of each size, finest first, each twice the one before.

    Shape:
        x (N, in_channels, H, W) float32, H and W from 16. Returns one logit map (N, num_classes, H, W) in a list.

    Raises:
        WeightsError: `pretrained` does not fit this network.
    """

    def __init__(
        self,
        num_classes: int,
        in_channels: int = 3,
        pretrained: str | None = None,
        channels: Sequence[int] = (64, 128, 256, 512, 1024),
    ):
        super().__init__(num_classes)
        self.stem = double_conv(in_channels, channels[0])
        steps = itertools.pairwise(channels)
        self.down = nn.LayerList([double_conv(fine, coarse) for fine, coarse in steps])
        self.up = nn.LayerList([_Up(each) for each in reversed(channels[:-1])])
        self.classify = nn.Conv2D(channels[0], num_classes, 1)
        self.load_pretrained(pretrained)
