"""Attention to a few places that each query chooses itself (Deformable DETR, Zhu et al., ICLR 2021)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import paddle
import paddle.nn.functional as F
from paddle import nn

from paddleseg.models.layers.graph_ops import floor
from paddleseg.models.layers.upsample import spatial_size

Level = tuple[paddle.Tensor, Sequence[Any]]
"""The pixels of a map (N, H W, C), and its size."""


def pixel_centres(size: Sequence[Any]) -> paddle.Tensor:
    """Where the pixels of a map lie, as shares of its width and height: (H W, 2), x before y."""
    y, x = ((paddle.arange(side).astype("float32") + 0.5) / side for side in size)
    rows, columns = y.unsqueeze(1), x.unsqueeze(0)
    return paddle.stack([columns + 0 * rows, rows + 0 * columns], axis=2).flatten(0, 1)


class DeformableAttention(nn.Layer):
    """Each query takes the mean of some places around its own in each level, weighed as it likes (section 4.1, eq. 3).

    Args:
        levels: Maps to look at.
        points: Places in each, for each head.
        ratio: Channels of what is found there, for each of `channels`.

    Shape:
        query (N, L, channels), centres (L, 2) in [0, 1]; returns (N, L, channels).
    """

    def __init__(self, channels: int, heads: int, levels: int, points: int, ratio: float = 1.0):
        super().__init__()
        self.heads, self.levels, self.points, inner = heads, levels, points, int(channels * ratio)
        zero = nn.initializer.Constant(0.0)
        # At first the heads look in directions of their own, the points further and further out (section A.4).
        angles = 2 * math.pi * np.arange(heads) / heads
        ways = np.stack([np.cos(angles), np.sin(angles)], axis=1)
        ways = (ways / np.abs(ways).max(axis=1, keepdims=True)).reshape(heads, 1, 1, 2)
        ways = ways * np.arange(1, points + 1).reshape(1, 1, points, 1) * np.ones([1, levels, 1, 1])
        outward = nn.initializer.Assign(ways.reshape(-1).astype("float32"))
        count = heads * levels * points
        self.offsets = nn.Linear(channels, 2 * count, weight_attr=zero, bias_attr=paddle.ParamAttr(initializer=outward))
        self.weights = nn.Linear(channels, count, weight_attr=zero)
        self.value, self.proj = nn.Linear(channels, inner), nn.Linear(inner, channels)

    def forward(self, query: paddle.Tensor, centres: paddle.Tensor, maps: Sequence[Level]) -> paddle.Tensor:
        each = [self.heads, self.levels, self.points]
        # (N, L, heads, levels, points, 2), in pixels, and the weights without the last axis.
        offsets = self.offsets(query).reshape([0, -1, *each, 2])
        weights = F.softmax(self.weights(query).reshape([0, -1, self.heads, self.levels * self.points]), axis=-1)
        weights = weights.reshape([0, -1, *each])
        width, count = self.value.weight.shape[1] // self.heads, spatial_size(query.unsqueeze(1))[0]
        found: Any = 0
        for level, (pixels, size) in enumerate(maps):
            h, w = size
            values = self.value(pixels).reshape([0, -1, self.heads, width])
            values = values.transpose([0, 2, 3, 1]).flatten(0, 1)  # (N heads, C, H W)
            shift = offsets[:, :, :, level].transpose([0, 2, 1, 3, 4]).flatten(0, 1)  # (N heads, L, points, 2)
            x = centres[:, :1] * w + shift[..., 0] - 0.5
            y = centres[:, 1:] * h + shift[..., 1] - 0.5
            places, shares = _around(size, x, y)
            shares = shares * weights[:, :, :, level].transpose([0, 2, 1, 3]).flatten(0, 1).unsqueeze(3)
            places = places.flatten(1).unsqueeze(1) + paddle.zeros_like(values[:, :, :1]).astype("int64")
            picked = paddle.take_along_axis(values, places, axis=2, broadcast=False)
            picked = picked.reshape([0, 0, -1, 4 * self.points])
            found = found + (picked * shares.flatten(2).unsqueeze(1)).sum(axis=3)  # (N heads, C, L)
        # Heads side by side.
        return self.proj(found.reshape([-1, self.heads, width, count]).flatten(1, 2).transpose([0, 2, 1]))


def _around(size: Sequence[Any], x: paddle.Tensor, y: paddle.Tensor) -> tuple[paddle.Tensor, paddle.Tensor]:
    """The four pixels around each place x, y (M, L, points), and how much it takes of each: nothing of those outside.

    Both are (M, L, points, 4). One gathering with all of them goes into every form of graph, as `grid_sample` does not.
    """
    h, w = size
    right, below = paddle.to_tensor([0.0, 1.0, 0.0, 1.0]), paddle.to_tensor([0.0, 0.0, 1.0, 1.0])
    left, top = floor(x).unsqueeze(3), floor(y).unsqueeze(3)
    near_x, near_y = left + right, top + below
    inside = [
        (near >= 0).astype("float32") * (near <= side - 1).astype("float32")
        for near, side in ((near_x, w), (near_y, h))
    ]
    # Of a pixel to the right as much as the place lies right of the left one, of that one the rest.
    across, down = x.unsqueeze(3) - left, y.unsqueeze(3) - top
    shares = (1 - right + (2 * right - 1) * across) * (1 - below + (2 * below - 1) * down)
    known = inside[0] * inside[1]
    return ((near_y * w + near_x) * known).astype("int64"), shares * known
