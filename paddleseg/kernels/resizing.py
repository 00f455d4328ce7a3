"""Bilinear resizing."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import paddle
from paddle.autograd import PyLayer

from paddleseg.kernels.runtime import array, jit, share


@jit
def _forward(
    start: int,
    stop: int,
    x: np.ndarray,
    rows: np.ndarray,
    row_weight: np.ndarray,
    columns: np.ndarray,
    column_weight: np.ndarray,
    y: np.ndarray,
) -> None:
    """Output row r mixes the two input rows `rows[r]` by `row_weight[r]`; columns likewise."""
    n, _, h, _ = x.shape
    _, _, oh, ow = y.shape
    wide = np.empty((h, ow), np.float32)
    for c in range(start, stop):
        for i in range(n):
            for r in range(h):
                for j in range(ow):
                    left = x[i, c, r, columns[j, 0]]
                    wide[r, j] = left + column_weight[j] * (x[i, c, r, columns[j, 1]] - left)
            for r in range(oh):
                top, bottom, weight = wide[rows[r, 0]], wide[rows[r, 1]], row_weight[r]
                for j in range(ow):
                    y[i, c, r, j] = top[j] + weight * (bottom[j] - top[j])


@jit
def _backward(
    start: int,
    stop: int,
    dy: np.ndarray,
    rows: np.ndarray,
    row_weight: np.ndarray,
    columns: np.ndarray,
    column_weight: np.ndarray,
    dx: np.ndarray,
) -> None:
    n, _, oh, ow = dy.shape
    wide = np.empty((dx.shape[2], ow), np.float32)
    for c in range(start, stop):
        for i in range(n):
            wide[:] = 0
            for r in range(oh):
                top, bottom, weight = wide[rows[r, 0]], wide[rows[r, 1]], row_weight[r]
                for j in range(ow):
                    top[j] += (1 - weight) * dy[i, c, r, j]
                for j in range(ow):
                    bottom[j] += weight * dy[i, c, r, j]
            dx[i, c] = 0
            for r in range(wide.shape[0]):
                for j in range(ow):
                    dx[i, c, r, columns[j, 0]] += (1 - column_weight[j]) * wide[r, j]
                    dx[i, c, r, columns[j, 1]] += column_weight[j] * wide[r, j]


@lru_cache
def _taps(inputs: int, outputs: int, align_corners: bool) -> tuple[np.ndarray, np.ndarray]:
    """The two input positions (outputs, 2) that each output mixes, and the weight (outputs,) of the second."""
    at = np.arange(outputs, dtype=np.float32)
    if align_corners:
        source = at * np.float32((inputs - 1) / (outputs - 1) if outputs > 1 else 0)
    else:  # Paddle takes the first pixel, not the middle one, where there is one output only
        scale = np.float32(inputs / outputs if outputs > 1 else 0)
        source = np.maximum((at + np.float32(0.5)) * scale - np.float32(0.5), 0)
    first = np.minimum(source.astype(np.int64), inputs - 1)
    return np.stack([first, np.minimum(first + 1, inputs - 1)], 1), (source - first).astype(np.float32)


class Resize(PyLayer):
    """Bilinear resizing of `x` to `size` (h, w)."""

    @staticmethod
    def forward(ctx: Any, x: paddle.Tensor, size: tuple[int, int], align_corners: bool) -> paddle.Tensor:
        x = x.contiguous()
        y = paddle.empty([*x.shape[:2], *size])
        ctx.shape = x.shape
        ctx.taps = [*_taps(x.shape[2], size[0], align_corners), *_taps(x.shape[3], size[1], align_corners)]
        share(_forward, x.shape[1], array(x), *ctx.taps, array(y))
        return y

    @staticmethod
    def backward(ctx: Any, dy: paddle.Tensor) -> paddle.Tensor:
        dy = dy.contiguous()
        dx = paddle.empty(ctx.shape)
        share(_backward, dx.shape[1], array(dy), *ctx.taps, array(dx))
        return dx
