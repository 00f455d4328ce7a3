"""Context from convolutions of several dilations side by side."""

from __future__ import annotations

from collections.abc import Sequence

import paddle
import paddle.nn.functional as F
from paddle import nn

from paddleseg.models.layers.basic import ConvBNReLU, SeparableConv
from paddleseg.models.layers.upsample import upsample


class ASPP(nn.Layer):
    """Atrous spatial pyramid pooling (Chen et al., arXiv 1706.05587, section 3.3).

    Args:
        rates: Dilation of each branch; 1 stands for a 1x1 convolution.
        separable: Make the dilated convolutions depth-wise separable (Chen et al., ECCV 2018, section 3.1).
        align_corners: How the image's average is spread over the map.
        beside: Channels of another map that gets a branch as well, or 0 (Takikawa et al., ICCV 2019, section 3.2).

    Shape:
        x (N, in_channels, H, W), other (N, beside, H', W'); returns (N, out_channels, H, W).
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        rates: Sequence[int],
        *,
        separable: bool = False,
        align_corners: bool = False,
        beside: int = 0,
    ):
        super().__init__()
        self.align_corners = align_corners
        dilated = SeparableConv if separable else ConvBNReLU
        self.branches = nn.LayerList(
            [
                ConvBNReLU(in_channels, out_channels, 1)
                if rate == 1
                else dilated(in_channels, out_channels, kernel_size=3, dilation=rate)
                for rate in rates
            ]
        )
        self.image = ConvBNReLU(in_channels, out_channels, 1)
        self.beside = ConvBNReLU(beside, out_channels, 1) if beside else None
        self.project = ConvBNReLU((len(rates) + (2 if beside else 1)) * out_channels, out_channels, 1)
        self.dropout = nn.Dropout(0.1)

    def forward(self, x: paddle.Tensor, other: paddle.Tensor | None = None) -> paddle.Tensor:
        maps = [branch(x) for branch in self.branches]
        average = self.image(F.adaptive_avg_pool2d(x, 1))
        maps.append(upsample(average, x, self.align_corners))
        if self.beside is not None:
            maps.append(self.beside(upsample(other, x, self.align_corners)))
        return self.dropout(self.project(paddle.concat(maps, axis=1)))
