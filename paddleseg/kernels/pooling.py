"""Max pooling."""

from __future__ import annotations

from typing import Any

import numpy as np
import paddle
from paddle.autograd import PyLayer

from paddleseg.kernels.runtime import array, copy, jit, share

# The window is a tuple of its length, which makes it a constant to the compiler (see depthwise.py).


@jit
def _forward(start: int, stop: int, x: np.ndarray, size: tuple[int, ...], stride: int, pad: int, y: np.ndarray) -> None:
    n, _, h, w = x.shape
    _, _, oh, ow = y.shape
    padded = np.full((h + 2 * pad, w + 2 * pad), -np.inf, np.float32)
    for c in range(start, stop):
        for i in range(n):
            copy(x[i, c], padded[pad : pad + h, pad : pad + w])
            for r in range(oh):
                for j in range(ow):
                    best = padded[r * stride, j * stride]
                    for a in range(len(size)):
                        for b in range(len(size)):
                            v = padded[r * stride + a, j * stride + b]
                            best = v if v > best else best
                    y[i, c, r, j] = best


@jit
def _backward(
    start: int,
    stop: int,
    x: np.ndarray,
    size: tuple[int, ...],
    stride: int,
    pad: int,
    y: np.ndarray,
    dy: np.ndarray,
    dx: np.ndarray,
) -> None:
    """The gradient goes to the first pixel of the window, row by row, that equals the maximum."""
    n, _, h, w = x.shape
    _, _, oh, ow = y.shape
    k, pitch = len(size), w + 2 * pad
    padded = np.full((h + 2 * pad, pitch), -np.inf, np.float32)
    given = np.empty((h + 2 * pad, pitch), np.float32)
    flat, at = given.ravel(), np.empty(ow, np.int32)
    for c in range(start, stop):
        for i in range(n):
            copy(x[i, c], padded[pad : pad + h, pad : pad + w])
            given[:] = 0
            for r in range(oh):
                maximum, gradient, first = y[i, c, r], dy[i, c, r], r * stride * pitch
                for j in range(ow):  # backwards over the window and without a jump, so that it vectorises
                    offset = np.int32(0)
                    for a in range(k):
                        for b in range(k):
                            v = padded[r * stride + k - 1 - a, j * stride + k - 1 - b]
                            here = np.int32((k - 1 - a) * pitch + k - 1 - b)
                            offset = here if v == maximum[j] else offset
                    at[j] = offset
                for j in range(ow):
                    flat[np.uintp(first + j * stride + at[j])] += gradient[j]
            copy(given[pad : pad + h, pad : pad + w], dx[i, c])


class MaxPool(PyLayer):
    """The largest value under every window."""

    @staticmethod
    def forward(ctx: Any, x: paddle.Tensor, kernel_size: int, stride: int, padding: int) -> paddle.Tensor:
        x = x.contiguous()
        size = [(length + 2 * padding - kernel_size) // stride + 1 for length in x.shape[2:]]
        y = paddle.empty([*x.shape[:2], *size])
        ctx.window = (0,) * kernel_size, stride, padding
        ctx.save_for_backward(x, y)
        share(_forward, x.shape[1], array(x), *ctx.window, array(y))
        return y

    @staticmethod
    def backward(ctx: Any, dy: paddle.Tensor) -> paddle.Tensor:
        x, y = ctx.saved_tensor()
        dy, dx = dy.contiguous(), paddle.empty_like(x)
        share(_backward, x.shape[1], array(x), *ctx.window, array(y), array(dy), array(dx))
        return dx
