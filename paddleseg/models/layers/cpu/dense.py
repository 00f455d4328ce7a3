"""Convolution over all channels, as matrix products of a few output rows at a time.

NumPy's BLAS does them two to four times faster than the library that Paddle's CPU build brings.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import paddle
from paddle.autograd import PyLayer

from paddleseg.models.layers.cpu.runtime import array, jit, share, wanted

_COLUMN_FLOATS = 1 << 18  # 1 MB of unfolded input at a time stays in the cache


@jit
def _column_range(offset, stride, width, columns):
    """Output columns [start, stop) whose input column `j * stride + offset` lies inside the plane."""
    start = min(columns, max(0, (stride - 1 - offset) // stride))
    return start, max(start, min(columns, (width - 1 - offset) // stride + 1))


@jit
def _unfold(x, top, size, stride, padding, dilation, column):
    """Input (C, H, W) under every tap of the output rows from `top` on, into `column` (C * kh * kw, rows, OW)."""
    channels, h, w = x.shape
    _, rows, ow = column.shape
    for c in range(channels):
        for a in range(size[0]):
            for b in range(size[1]):
                q = (c * size[0] + a) * size[1] + b
                offset = b * dilation[1] - padding
                start, stop = _column_range(offset, stride[1], w, ow)
                for r in range(rows):
                    y = (top + r) * stride[0] + a * dilation[0] - padding
                    if y < 0 or y >= h:
                        column[q, r] = 0
                        continue
                    column[q, r, :start] = 0
                    column[q, r, stop:] = 0
                    if stride[1] == 1:
                        for j in range(start, stop):
                            column[q, r, j] = x[c, y, j + offset]
                    else:
                        for j in range(start, stop):
                            column[q, r, j] = x[c, y, j * stride[1] + offset]


@jit
def _fold(column, top, size, stride, padding, dilation, dx):
    """Add the gradient of `_unfold`'s column to `dx` (C, H, W)."""
    channels, h, w = dx.shape
    _, rows, ow = column.shape
    for c in range(channels):
        for a in range(size[0]):
            for b in range(size[1]):
                q = (c * size[0] + a) * size[1] + b
                offset = b * dilation[1] - padding
                start, stop = _column_range(offset, stride[1], w, ow)
                for r in range(rows):
                    y = (top + r) * stride[0] + a * dilation[0] - padding
                    if y < 0 or y >= h:
                        continue
                    if stride[1] == 1:
                        for j in range(start, stop):
                            dx[c, y, j + offset] += column[q, r, j]
                    else:
                        for j in range(start, stop):
                            dx[c, y, j * stride[1] + offset] += column[q, r, j]


class _Plan:
    """How one convolution is cut into matrix products."""

    def __init__(self, x: paddle.Tensor, weight: paddle.Tensor, stride, padding, dilation):
        kh, kw = weight.shape[2:]
        self.taps = (kh, kw), tuple(stride), padding, tuple(dilation)
        self.pointwise = (kh, kw, *stride, padding) == (1, 1, 1, 1, 0)
        self.size = [
            (length + 2 * padding - d * (k - 1) - 1) // s + 1
            for length, k, s, d in zip(x.shape[2:], (kh, kw), stride, dilation, strict=True)
        ]
        self.depth = x.shape[1] * kh * kw
        self.rows = max(1, min(self.size[0], _COLUMN_FLOATS // (self.depth * self.size[1])))

    def blocks(self):
        """First row and an empty column (C * kh * kw, rows, OW) of every block of output rows."""
        height, width = self.size
        memory = np.empty(self.depth * self.rows * width, np.float32)
        for top in range(0, height, self.rows):
            rows = min(self.rows, height - top)
            yield top, memory[: self.depth * rows * width].reshape(self.depth, rows, width)


def _forward(start, stop, x, w, plan, y):
    n, o, *_ = y.shape
    flat_y = y.reshape(n, o, -1)
    if plan.pointwise:
        np.matmul(w, x[start:stop].reshape(stop - start, plan.depth, -1), out=flat_y[start:stop])
        return
    for i in range(start, stop):
        for top, column in plan.blocks():
            _unfold(x[i], top, *plan.taps, column)
            flat = column.reshape(plan.depth, -1)
            first = top * plan.size[1]
            np.matmul(w, flat, out=flat_y[i, :, first : first + flat.shape[1]])


def _backward(start, stop, x, w, plan, dy, dx):
    """Gradient of the input into `dx`, unless that is None; returns the weight's from these images."""
    n, o, *_ = dy.shape
    flat_dy = dy.reshape(n, o, -1)
    dw = np.zeros_like(w)
    for i in range(start, stop):
        if plan.pointwise:
            dw += flat_dy[i] @ x[i].reshape(plan.depth, -1).T
            if dx is not None:
                np.matmul(w.T, flat_dy[i], out=dx[i].reshape(plan.depth, -1))
            continue
        if dx is not None:
            dx[i] = 0
        for top, column in plan.blocks():
            _unfold(x[i], top, *plan.taps, column)
            flat = column.reshape(plan.depth, -1)
            first = top * plan.size[1]
            g = flat_dy[i, :, first : first + flat.shape[1]]
            dw += g @ flat.T
            if dx is not None:
                np.matmul(w.T, g, out=flat)
                _fold(column, top, *plan.taps, dx[i])
    return dw


class DenseConv(PyLayer):
    """Convolution of `x` with `weight` (out, in, kh, kw), padded by zeros, without bias."""

    @staticmethod
    def forward(ctx: Any, x, weight, stride, padding, dilation):
        x = x.contiguous()
        ctx.plan = _Plan(x, weight, stride, padding, dilation)
        ctx.save_for_backward(x, weight)
        y = paddle.empty([x.shape[0], weight.shape[0], *ctx.plan.size])
        share(_forward, x.shape[0], array(x), array(weight).reshape(weight.shape[0], -1), ctx.plan, array(y))
        return y

    @staticmethod
    def backward(ctx: Any, dy):
        x, weight = tensors = ctx.saved_tensor()
        dy = dy.contiguous()
        dx, dweight = None if x.stop_gradient else paddle.empty_like(x), paddle.empty_like(weight)
        matrix = array(weight).reshape(weight.shape[0], -1)
        parts = share(_backward, x.shape[0], array(x), matrix, ctx.plan, array(dy), None if dx is None else array(dx))
        array(dweight)[:] = sum(parts).reshape(weight.shape)
        return wanted(tensors, (dx, dweight))
