"""Context from averages over parts of the map."""

from __future__ import annotations

from collections.abc import Sequence

import paddle
import paddle.nn.functional as F
from paddle import nn

from paddleseg.models.layers.basic import ConvBNReLU
from paddleseg.models.layers.upsample import upsample


class PyramidPooling(nn.Layer):
    """Averages over grids of several sizes, each through a 1x1 convolution, resized back (PSPNet, Zhao et al., 2017).

    Args:
        bins: Grid sizes.
        channels: Channels of each grid's convolution.

    Shape:
        x (N, in_channels, H, W); returns one map (N, channels, H, W) for each bin, in a list.
    """

    def __init__(self, in_channels: int, channels: int, bins: Sequence[int], align_corners: bool = False):
        super().__init__()
        self.bins, self.align_corners = tuple(bins), align_corners
        self.branches = nn.LayerList([ConvBNReLU(in_channels, channels, 1) for _ in bins])

    def forward(self, x: paddle.Tensor) -> list[paddle.Tensor]:
        pooled = [F.adaptive_avg_pool2d(x, size) for size in self.bins]
        return [
            upsample(branch(part), x, self.align_corners) for branch, part in zip(self.branches, pooled, strict=True)
        ]
