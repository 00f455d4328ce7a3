"""Joint pyramid upsampling: a map at 1/8 from a network without dilation (Wu et al., arXiv 1903.11816)."""

from __future__ import annotations

from collections.abc import Sequence

import paddle
from paddle import nn

from paddleseg.models.layers.basic import ConvBNReLU, SeparableConv
from paddleseg.models.layers.upsample import upsample


class JPU(nn.Layer):
    """Three maps at the size of the first, through separable convolutions of four dilations (section 3.3, figure 4).

    Args:
        in_channels: Channels of the maps, finest first.
        width: Channels of each map and of each dilation.

    Shape:
        maps, finest first; returns (N, 4 * width, H, W) at the size of the first.
    """

    def __init__(self, in_channels: Sequence[int], width: int = 512):
        super().__init__()
        self.reduce = nn.LayerList([ConvBNReLU(channels, width, 3) for channels in in_channels])
        self.dilated = nn.LayerList(
            [SeparableConv(len(in_channels) * width, width, dilation=dilation) for dilation in (1, 2, 4, 8)]
        )

    def forward(self, maps: Sequence[paddle.Tensor]) -> paddle.Tensor:
        finest, *coarse = (reduce(x) for reduce, x in zip(self.reduce, maps, strict=True))
        gathered = [upsample(x, finest, align_corners=True) for x in reversed(coarse)]
        x = paddle.concat([*gathered, finest], axis=1)
        return paddle.concat([dilated(x) for dilated in self.dilated], axis=1)
