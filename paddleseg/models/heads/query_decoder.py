"""A decoder whose queries look for what a picture shows (DETR, Carion et al., ECCV 2020)."""

from __future__ import annotations

import math

import numpy as np
import paddle
import paddle.nn.functional as F
from paddle import nn

from paddleseg.models.layers import spatial_size
from paddleseg.models.layers.graph_ops import sine
from paddleseg.models.layers.vit import CrossAttention


def sine_positions(x: paddle.Tensor, channels: int) -> paddle.Tensor:
    """Sines and cosines of where each pixel of `x` lies: first of its row, then of its column (appendix A.4).

    Shape:
        x (N, C, H, W); returns (H W, channels).
    """
    half = channels // 2
    wave = paddle.to_tensor((2 * math.pi / 10000 ** (2 * np.arange(half // 2) / half)).astype("float32"))
    waves = []
    for side in spatial_size(x):
        places = (paddle.arange(side).astype("float32") + 1) / side
        angles = places.unsqueeze(1) * wave
        # One sine of both: with a cosine beside it, Paddle Inference gives the one that comes second a wrong input.
        waves.append(sine(paddle.stack([angles, angles + math.pi / 2], axis=2)).flatten(1))
    rows, columns = waves[0].unsqueeze(1), waves[1].unsqueeze(0)
    nowhere = paddle.zeros_like(rows), paddle.zeros_like(columns)
    return paddle.concat([rows + nowhere[1], columns + nowhere[0]], axis=2).flatten(0, 1)


class _Layer(nn.Layer):
    """Queries attend to each other, then to the picture, each added to what was and normalised (figure 10)."""

    def __init__(self, channels: int, heads: int, hidden: int, dropout: float):
        super().__init__()
        self.among, self.to_picture = (CrossAttention(channels, heads, dropout) for _ in range(2))
        self.fc1, self.fc2 = nn.Linear(channels, hidden), nn.Linear(hidden, channels)
        self.norm1, self.norm2, self.norm3 = (nn.LayerNorm(channels) for _ in range(3))
        self.dropout = nn.Dropout(dropout)

    def forward(
        self, x: paddle.Tensor, of_query: paddle.Tensor, picture: paddle.Tensor, of_pixel: paddle.Tensor
    ) -> paddle.Tensor:
        query = x + of_query
        x = self.norm1(x + self.dropout(self.among(query, query, x)))
        x = self.norm2(x + self.dropout(self.to_picture(x + of_query, picture + of_pixel, picture)))
        return self.norm3(x + self.dropout(self.fc2(self.dropout(F.relu(self.fc1(x))))))


class QueryDecoder(nn.Layer):
    """Learned queries through layers that look at a map.

    Args:
        queries: How many.
        depth: Layers.
        hidden: Channels between a layer's linear parts.
        dropout: Share of values, and of weights of attention, dropped.

    Shape:
        x (N, in_channels, H, W). Returns (N, queries, channels) after each layer in a list, in evaluation after the
        last alone.
    """

    def __init__(
        self, in_channels: int, channels: int, queries: int, depth: int, heads: int, hidden: int, dropout: float
    ):
        super().__init__()
        self.channels = channels
        self.project = nn.Conv2D(in_channels, channels, 1) if in_channels != channels else nn.Identity()
        draw = nn.initializer.Normal()
        self.queries = self.create_parameter([queries, channels], default_initializer=draw)
        self.layers = nn.LayerList([_Layer(channels, heads, hidden, dropout) for _ in range(depth)])
        self.norm = nn.LayerNorm(channels)

    def forward(self, x: paddle.Tensor) -> list[paddle.Tensor]:
        of_pixel = sine_positions(x, self.channels)
        picture = self.project(x).flatten(2).transpose([0, 2, 1])
        # Queries begin as zeros, and add what they are in each layer.
        y = paddle.zeros_like(picture[:, :1]) + paddle.zeros_like(self.queries)
        found = []
        for number, layer in enumerate(self.layers, 1):
            y = layer(y, self.queries, picture, of_pixel)
            if self.training or number == len(self.layers):
                found.append(self.norm(y))
        return found
