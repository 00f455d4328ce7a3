"""Attention within windows of a map, which know where their pixels lie to each other (Liu et al., ICCV 2021)."""

from __future__ import annotations

from typing import Any

import numpy as np
import paddle
import paddle.nn.functional as F
from paddle import nn

from paddleseg.models.layers.graph_ops import matmul
from paddleseg.models.layers.upsample import spatial_size


def padded_to(x: paddle.Tensor, multiple: int) -> paddle.Tensor:
    """`x` (N, C, H, W) with zeros below and to the right, until both sides are multiples."""
    h, w = spatial_size(x)
    if isinstance(h, int):
        below, right = -h % multiple, -w % multiple
        return F.pad(x, [0, right, 0, below]) if below or right else x
    below, right = ((side + multiple - 1) // multiple * multiple - side for side in (h, w))
    none = paddle.zeros_like(below)
    # The older form of graph takes values as one tensor only.
    return F.pad(x, paddle.stack([none, right, none, below]).flatten().astype("int32"))


def padded_to_blocks(x: paddle.Tensor, rows: int, columns: int) -> tuple[paddle.Tensor, list[Any], list[Any]]:
    """`x` with zeros on all sides, so that it divides into blocks of `rows` by `columns`.

    Returns:
        The padded map, how many blocks there are [down, across], and where `x` begins in it [above, left].
    """
    h, w = spatial_size(x)
    down, across = (h + rows - 1) // rows, (w + columns - 1) // columns
    above, left = (down * rows - h) // 2, (across * columns - w) // 2
    below, right = down * rows - h - above, across * columns - w - left
    margins: Any = [left, right, above, below]
    if not isinstance(h, int):  # the older form of graph takes values as one tensor only
        margins = paddle.stack(margins).flatten().astype("int32")
    return F.pad(x, margins), [down, across], [above, left]


def relative_places(h: int, w: int) -> np.ndarray:
    """For each pair of pixels of a window the row of a table that has one for each way from pixel to pixel.

    Shape:
        (h w, h w) of 0 to (2 h - 1) (2 w - 1) - 1.
    """
    y, x = (axis.reshape(-1) for axis in np.mgrid[:h, :w])
    return (y[:, None] - y + h - 1) * (2 * w - 1) + x[:, None] - x + w - 1


class RelativeBias(nn.Layer):
    """What attention adds to its products: a learned number for each head and way from pixel to pixel (equation 4).

    Args:
        places: The table's row for each pair of pixels, (L, L).

    Shape:
        Returns (heads, L, L).
    """

    def __init__(self, places: np.ndarray, heads: int):
        super().__init__()
        self.pixels, self.heads = len(places), heads
        draw = nn.initializer.TruncatedNormal(std=0.02)
        rows = int(places.max()) + 1
        self.relative_position_bias_table = self.create_parameter([rows, heads], default_initializer=draw)
        self.register_buffer("rows", paddle.to_tensor(places.reshape(-1).astype("int64")), persistable=False)

    def forward(self) -> paddle.Tensor:
        bias = paddle.gather(self.relative_position_bias_table, self.rows)
        return bias.reshape([self.pixels, self.pixels, self.heads]).transpose([2, 0, 1])


class WindowAttention(nn.Layer):
    """Attention within windows; they may lie `shift` pixels further down and right, so that neighbours meet.

    Args:
        window: Side of a window.
        shift: Less than a window.

    Shape:
        x (N, H, W, channels); returns the same shape.
    """

    def __init__(
        self,
        channels: int,
        heads: int,
        window: int,
        shift: int = 0,
        *,
        bias: bool = True,
        scale: float | None = None,
        attention_dropout: float = 0.0,
        dropout: float = 0.0,
    ):
        super().__init__()
        self.heads, self.window, self.shift = heads, window, shift
        self.scale = scale or (channels // heads) ** -0.5
        self.bias = RelativeBias(relative_places(window, window), heads)
        self.qkv = nn.Linear(channels, 3 * channels, bias_attr=None if bias else False)
        self.attention_dropout, self.dropout = nn.Dropout(attention_dropout), nn.Dropout(dropout)
        self.proj = nn.Linear(channels, channels)

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        channels, window, shift = x.shape[3], self.window, self.shift
        nchw = x.transpose([0, 3, 1, 2])
        h, w = spatial_size(nchw)
        whole = padded_to(nchw, window)
        size = spatial_size(whole)
        whole = whole.transpose([0, 2, 3, 1])
        if shift:
            whole = _rolled(whole, shift)
        y = self._attend(_in_windows(whole, size, window), self._apart(size) if shift else None)
        down, across = size[0] // window, size[1] // window
        y = y.reshape([-1, down, across, window, window, channels]).transpose([0, 1, 3, 2, 4, 5])
        y = y.reshape([-1, *size, channels])
        if shift:
            y = _rolled(y, -shift)
        return self.dropout(self.proj(y[:, :h, :w]))

    def _attend(self, x: paddle.Tensor, apart: paddle.Tensor | None) -> paddle.Tensor:
        """x (N, windows, pixels, channels); `apart` (windows, 1, pixels, pixels) is added to products."""
        width = x.shape[3] // self.heads
        q, k, v = self.qkv(x).reshape([0, 0, -1, 3, self.heads, width]).transpose([3, 0, 1, 4, 2, 5])
        products = matmul(self.scale * q, k, transpose_y=True) + self.bias()
        weights = self.attention_dropout(F.softmax(products if apart is None else products + apart, axis=-1))
        return matmul(weights, v).transpose([0, 1, 3, 2, 4]).flatten(3)

    def _apart(self, size: list[Any]) -> paddle.Tensor:
        """-100 for pixels of a window that are neighbours only because what left the map came in on the other side."""
        rows, columns = (
            sum((paddle.arange(side) >= side - inner).astype("float32") for inner in (self.window, self.shift))
            for side in size
        )
        parts = (3 * rows.unsqueeze(1) + columns.unsqueeze(0)).unsqueeze([0, 3])
        parts = _in_windows(parts, size, self.window).squeeze(0)  # (windows, pixels, 1)
        differ = parts != parts.transpose([0, 2, 1])
        return -100.0 * differ.astype("float32").unsqueeze(1)


def _rolled(x: paddle.Tensor, by: int) -> paddle.Tensor:
    """`x` (N, H, W, C) so many pixels further up and left; what leaves it comes in on the other side."""
    x = paddle.concat([x[:, by:], x[:, :by]], axis=1)
    return paddle.concat([x[:, :, by:], x[:, :, :by]], axis=2)


def _in_windows(x: paddle.Tensor, size: list[Any], window: int) -> paddle.Tensor:
    """(N, H, W, C) as (N, windows, window window, C)."""
    channels = x.shape[3]
    x = x.reshape([-1, size[0] // window, window, size[1] // window, window, channels])
    x = x.transpose([0, 1, 3, 2, 4, 5])
    return x.flatten(3, 4).flatten(1, 2)
