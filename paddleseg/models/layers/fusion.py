"""Fusion of a fine map with a deep one, by attention or by sum (PP-LiteSeg, Peng et al., arXiv 2204.02681), and what
weighs channels before it (BiSeNet, Yu et al., ECCV 2018)."""

from __future__ import annotations

from collections.abc import Callable

import paddle
import paddle.nn.functional as F
from paddle import nn

from paddleseg.models.layers.basic import ConvBN, ConvBNAct, ConvBNReLU
from paddleseg.models.layers.graph_ops import sigmoid
from paddleseg.models.layers.upsample import ResizeMode, upsample


class AttentionFusion(nn.Layer):
    """The unified attention fusion module (section 3.2, figure 4): a weighted sum of two maps, then a convolution.

    Args:
        fine_channels: Channels of the map with more pixels.
        deep_channels: Channels of the other map; the fine one is brought to as many.
        conv: Class of the 3x3 convolutions, `ConvBNReLU` or `SeparableConv`.
        attention: Gives the weight of the fine map from both, in [0, 1]; None for a plain sum.
        mode: How the deep map is brought up.

    Shape:
        fine (N, fine_channels, H, W), deep (N, deep_channels, h, w); returns (N, out_channels, H, W).
    """

    def __init__(
        self,
        fine_channels: int,
        deep_channels: int,
        out_channels: int,
        *,
        conv: type[nn.Layer],
        attention: nn.Layer | None = None,
        mode: ResizeMode = "bilinear",
    ):
        super().__init__()
        self.mode = mode
        self.match = conv(fine_channels, deep_channels, kernel_size=3)
        self.attention = attention
        self.out = conv(deep_channels, out_channels, kernel_size=3)

    def forward(self, fine: paddle.Tensor, deep: paddle.Tensor) -> paddle.Tensor:
        fine = self.match(fine)
        deep = upsample(deep, fine, mode=self.mode)
        if self.attention is None:
            return self.out(fine + deep)
        weight = self.attention(fine, deep)
        return self.out(fine * weight + deep * (1 - weight))


class SpatialAttention(nn.Layer):
    """A weight for each place, from the mean and the largest channel of both maps (section 3.2.2).

    Shape:
        fine and deep (N, C, H, W); returns (N, 1, H, W).
    """

    def __init__(self) -> None:
        super().__init__()
        self.convs = nn.Sequential(ConvBNReLU(4, 2, 3), ConvBN(2, 1, 3))

    def forward(self, fine: paddle.Tensor, deep: paddle.Tensor) -> paddle.Tensor:
        # Not `amax`, which converters to ONNX do not know.
        summary = [pool(axis=1, keepdim=True) for x in (fine, deep) for pool in (x.mean, x.max)]
        return sigmoid(self.convs(paddle.concat(summary, axis=1)))


class ChannelAttention(nn.Layer):
    """A weight for each channel, from the mean and the largest place of both maps (section 3.2.3).

    Shape:
        fine and deep (N, channels, H, W); returns (N, channels, 1, 1).
    """

    def __init__(self, channels: int):
        super().__init__()
        self.convs = nn.Sequential(
            ConvBNAct(4 * channels, channels // 2, 1, act="leaky_relu"), ConvBN(channels // 2, channels, 1)
        )

    def forward(self, fine: paddle.Tensor, deep: paddle.Tensor) -> paddle.Tensor:
        pools = (F.adaptive_avg_pool2d, F.adaptive_max_pool2d)
        summary = [pool(x, 1) for pool in pools for x in (fine, deep)]
        return sigmoid(self.convs(paddle.concat(summary, axis=1)))


class AttentionRefinement(nn.Layer):
    """A 3x3 convolution, weighed by channel from its mean (BiSeNet, section 3.2, figure 2 b).

    Args:
        gate: What makes weights of numbers.

    Shape:
        x (N, in_channels, H, W); returns (N, channels, H, W).
    """

    def __init__(self, in_channels: int, channels: int, gate: Callable[[paddle.Tensor], paddle.Tensor] = sigmoid):
        super().__init__()
        self.conv = ConvBNReLU(in_channels, channels, 3)
        self.weigh = ConvBN(channels, channels, 1)
        self.gate = gate

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        x = self.conv(x)
        return x * self.gate(self.weigh(F.adaptive_avg_pool2d(x, 1)))
