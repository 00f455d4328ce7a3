"""Context from averages over parts of the map."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import paddle
import paddle.nn.functional as F
from paddle import nn

from paddleseg.models.layers.basic import ConvBNReLU
from paddleseg.models.layers.graph_ops import matmul
from paddleseg.models.layers.upsample import spatial_size, upsample


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
        pooled = [grid_average(x, cells) for cells in self.bins]
        return [
            upsample(branch(part), x, self.align_corners) for branch, part in zip(self.branches, pooled, strict=True)
        ]


def grid_average(x: paddle.Tensor, cells: int) -> paddle.Tensor:
    """Averages over a grid of `cells` by `cells`, whose cells overlap where the size is no multiple: adaptive pooling.

    ONNX has pooling with one size for all cells only, and what converters make of other grids gives other numbers. So
    a graph that is exported holds two products with matrices instead.

    Shape:
        x (N, C, H, W); returns (N, C, cells, cells).
    """
    h, w = x.shape[2:]
    if paddle.in_dynamic_mode() or cells == 1 or (h > 0 and w > 0 and h % cells == w % cells == 0):
        return F.adaptive_avg_pool2d(x, cells)
    rows, columns = (_shares(size, cells, x.dtype) for size in spatial_size(x))
    # As (N * C, H, W): oneDNN keeps maps in blocks of channels, and its product takes a 4-d map as if it were plain.
    y = matmul(matmul(rows, x.flatten(0, 1)), columns, transpose_y=True)
    return y.reshape([-1, x.shape[1], cells, cells])


def _shares(size: Any, cells: int, dtype: paddle.dtype) -> paddle.Tensor:
    """(cells, size): the share of each place in the average of each cell. `size` may be a value of the graph."""
    cell = paddle.arange(cells, dtype="int64").unsqueeze(1)
    place = paddle.arange(size, dtype="int64").unsqueeze(0)
    start = cell * size // cells
    end = ((cell + 1) * size + cells - 1) // cells
    inside = (place >= start).astype(dtype) * (place < end).astype(dtype)
    return inside / inside.sum(axis=1, keepdim=True)


def grid_max(x: paddle.Tensor, cells: int) -> paddle.Tensor:
    """The largest number in each cell of a grid as of `grid_average`.

    Shape:
        x (N, C, H, W); returns (N, C, cells, cells).
    """
    if paddle.in_dynamic_mode():
        return F.adaptive_max_pool2d(x, cells)
    rows, columns = (_outside(size, cells, x.dtype) for size in spatial_size(x))
    y = (x.flatten(0, 1).unsqueeze(1) - rows.unsqueeze(2)).max(axis=2)  # (N * C, cells, W)
    y = (y.unsqueeze(2) - columns).max(axis=3)
    return y.reshape([-1, x.shape[1], cells, cells])


def _outside(size: Any, cells: int, dtype: paddle.dtype) -> paddle.Tensor:
    """(cells, size): 0 for each place in a cell, and more than any map holds for all others."""
    return (_shares(size, cells, dtype) == 0).astype(dtype) * 1e9
