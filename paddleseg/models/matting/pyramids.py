"""Context by two pyramids, with attention between the cells of the second one's grids (PP-MattingV2)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import paddle
import paddle.nn.functional as F
from paddle import nn

from paddleseg.models.layers import attend, spatial_size
from paddleseg.models.layers.basic import ConvBN, ConvBNReLU
from paddleseg.models.layers.graph_ops import matmul
from paddleseg.models.layers.pooling import grid_average

HEADS, KEY = 8, 16  # heads of attention, and channels of a head's keys


class GridAttention(nn.Layer):
    """Every cell takes the values of the cells that are like it, in several heads.

    Shape:
        x (N, channels, h, w) of fixed h and w; returns the same.
    """

    def __init__(self, channels: int, value_ratio: float):
        super().__init__()
        self.value = int(value_ratio * KEY)
        self.to_query, self.to_key = ConvBN(channels, HEADS * KEY, 1), ConvBN(channels, HEADS * KEY, 1)
        self.to_value, self.project = ConvBN(channels, HEADS * self.value, 1), ConvBN(HEADS * self.value, channels, 1)
        nn.initializer.Constant(0.0)(self.project.bn.weight)  # a block begins as the identity

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        h, w = x.shape[2:]
        query, key = (layer(x).reshape([-1, KEY, h * w]) for layer in (self.to_query, self.to_key))
        found = attend(query, key, self.to_value(x).reshape([-1, self.value, h * w]))
        return self.project(F.relu6(found.reshape([-1, HEADS * self.value, h, w])))


class GridBlock(nn.Layer):
    """Attention, then convolutions that widen and narrow, each added to what it gets."""

    def __init__(self, channels: int, mlp_ratio: float, value_ratio: float):
        super().__init__()
        hidden = int(channels * mlp_ratio)
        self.attention = GridAttention(channels, value_ratio)
        self.widen, self.narrow = ConvBN(channels, hidden, 1), ConvBN(hidden, channels, 1)
        self.depthwise = nn.Conv2D(hidden, hidden, 3, padding=1, groups=hidden)

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        x = x + self.attention(x)
        return x + self.narrow(F.relu6(self.depthwise(self.widen(x))))


def spread(x: paddle.Tensor, size: Sequence[int | paddle.Tensor]) -> paddle.Tensor:
    """A few cells (N, C, cells, cells) resized bilinearly to `size`; one pixel takes the first cell.

    As products of matrices, since runtimes resize to one pixel in different ways.
    """
    channels, (rows, columns) = x.shape[1], (_shares(x.shape[2], length) for length in size)
    # In three dimensions, as in `grid_average`.
    y = matmul(matmul(rows, x.flatten(0, 1), transpose_x=True), columns)
    return y.reshape([-1, channels, *size])


def _shares(cells: int, length: int | paddle.Tensor) -> paddle.Tensor:
    """What each of `length` pixels takes of each cell, (cells, length)."""
    index = paddle.arange(length).astype("float32")
    place = (index + 0.5) * cells / (index.max() + 1) - 0.5
    place = paddle.clip(place, 0, cells - 1) * (index.max() > 0).astype("float32")
    return F.relu(1 - (place - paddle.arange(cells).astype("float32").unsqueeze(1)).abs())


class DoublePyramid(nn.Layer):
    """Averages of maps, the coarsest of 2x2 and each finer one of twice as many, then averages over grids of these.

    Args:
        in_channels: Of each map, fine to coarse, each half the size of the one before.
        channels: Between the pyramids.
        bins: Cells of each grid along a side.
        depths: Attention blocks of each grid.
        mlp_ratio: Width of what follows attention, as a factor.
        value_ratio: Channels of a head's values, as a factor of its keys'.
        merge: Whether maps are put side by side or added.

    Shape:
        the maps; returns (N, out_channels, h // 2, w // 2), h and w those of the coarsest.
    """

    def __init__(
        self,
        in_channels: Sequence[int],
        channels: int,
        out_channels: int,
        *,
        bins: Sequence[int],
        depths: Sequence[int],
        mlp_ratio: float,
        value_ratio: float,
        merge: Literal["concat", "add"],
    ):
        super().__init__()
        if len(depths) != len(bins):
            raise ValueError(f"dpp_len_trans has {len(depths)} numbers for {len(bins)} of dpp_bin_sizes")
        self.bins, self.merge = tuple(bins), merge
        self.match = ConvBN(sum(in_channels), channels, 1)
        self.grids = nn.LayerList()
        for cells, depth in zip(bins, depths, strict=True):
            blocks = [GridBlock(channels, mlp_ratio, value_ratio) for _ in range(depth)]
            self.grids.append(ConvBNReLU(channels, channels, 1) if cells == 1 else nn.Sequential(*blocks))
        self.out = ConvBNReLU(channels * (1 if merge == "add" else 1 + len(bins)), out_channels, 1)

    def forward(self, maps: Sequence[paddle.Tensor]) -> paddle.Tensor:
        pooled = [F.avg_pool2d(x, 1 << power) for power, x in zip(range(len(maps), 0, -1), maps, strict=True)]
        # Where sizes were rounded up, the coarser maps may have a row or column more.
        h, w = paddle.shape(pooled[0])[2], paddle.shape(pooled[0])[3]
        x = self.match(paddle.concat([each[:, :, :h, :w] for each in pooled], axis=1))
        grids = [
            spread(layer(grid_average(x, cells)), spatial_size(x))
            for layer, cells in zip(self.grids, self.bins, strict=True)
        ]
        parts = [x, *reversed(grids)]
        return self.out(paddle.add_n(parts) if self.merge == "add" else paddle.concat(parts, axis=1))
