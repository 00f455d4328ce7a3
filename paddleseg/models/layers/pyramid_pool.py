"""PaddleSeg's pyramids of context, with its argument orders and parameter names; ours are `aspp.py`, `pooling.py`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import paddle
import paddle.nn.functional as F
from paddle import nn

from paddleseg.models.layers.layer_libs import ConvBNReLU, SeparableConvBNReLU
from paddleseg.models.layers.pooling import grid_average


class ASPPModule(nn.Layer):
    """Convolutions of several dilations side by side (Chen et al., arXiv 1706.05587).

    Args:
        aspp_ratios: Dilations; 1 stands for a 1x1 convolution.
        use_sep_conv: Make the dilated ones depth-wise separable.
        image_pooling: Also the average of the whole map.
        data_format: "NCHW" or "NHWC".
    """

    def __init__(
        self,
        aspp_ratios: Sequence[int],
        in_channels: int,
        out_channels: int,
        align_corners: bool,
        use_sep_conv: bool = False,
        image_pooling: bool = False,
        data_format: str = "NCHW",
    ):
        super().__init__()
        self.align_corners, self.image_pooling, self.data_format = align_corners, image_pooling, data_format
        layout = {"data_format": data_format}
        blocks: list[nn.Layer] = []
        for rate in aspp_ratios:
            if rate == 1:
                blocks.append(ConvBNReLU(in_channels, out_channels, 1, 0, **layout))
            else:
                unit: Any = SeparableConvBNReLU if use_sep_conv else ConvBNReLU
                blocks.append(unit(in_channels, out_channels, 3, rate, dilation=rate, **layout))
        self.aspp_blocks = nn.LayerList(blocks)
        if image_pooling:
            self.global_avg_pool = nn.Sequential(
                nn.AdaptiveAvgPool2D((1, 1), data_format=data_format),
                ConvBNReLU(in_channels, out_channels, 1, bias_attr=False, **layout),
            )
        count = len(aspp_ratios) + int(image_pooling)
        self.conv_bn_relu = ConvBNReLU(count * out_channels, out_channels, 1, **layout)
        self.dropout = nn.Dropout(0.1)

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        first = self.data_format == "NCHW"
        maps = [block(x) for block in self.aspp_blocks]
        if self.image_pooling:
            size = x.shape[2:] if first else x.shape[1:3]
            average = F.interpolate(
                self.global_avg_pool(x),
                size,
                mode="bilinear",
                align_corners=self.align_corners,
                data_format=self.data_format,
            )
            maps.append(average)
        return self.dropout(self.conv_bn_relu(paddle.concat(maps, axis=1 if first else -1)))


class _Grid(nn.Layer):
    """The average of each cell of a grid, in every form of graph."""

    def __init__(self, cells: int):
        super().__init__()
        self.cells = cells

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        return grid_average(x, self.cells)


class PPModule(nn.Layer):
    """Averages over grids of several sizes beside the map itself (Zhao et al., CVPR 2017).

    Args:
        bin_sizes: Cells of each grid along a side.
        dim_reduction: Let the grids share as many channels as the map has.
    """

    def __init__(
        self, in_channels: int, out_channels: int, bin_sizes: Sequence[int], dim_reduction: bool, align_corners: bool
    ):
        super().__init__()
        self.bin_sizes, self.align_corners = bin_sizes, align_corners
        inner = in_channels // len(bin_sizes) if dim_reduction else in_channels
        self.stages = nn.LayerList(
            [nn.Sequential(_Grid(cells), ConvBNReLU(in_channels, inner, 1)) for cells in bin_sizes]
        )
        self.conv_bn_relu2 = ConvBNReLU(in_channels + inner * len(bin_sizes), out_channels, 3, 1)

    def forward(self, input: paddle.Tensor) -> paddle.Tensor:
        size = input.shape[2:]
        grids = [
            F.interpolate(stage(input), size, mode="bilinear", align_corners=self.align_corners)
            for stage in self.stages
        ]
        return self.conv_bn_relu2(paddle.concat([input, *reversed(grids)], axis=1))
