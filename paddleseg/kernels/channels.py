"""Splitting and interleaving channels, with plain copies."""

from __future__ import annotations

from typing import Any

import numpy as np
import paddle
from paddle.autograd import PyLayer

from paddleseg.kernels.runtime import array, share


def _copy(start: int, stop: int, *pairs: tuple[np.ndarray, np.ndarray]) -> None:
    """Copy images [start, stop) of the first array of every pair into the second."""
    for source, target in pairs:
        target[start:stop] = source[start:stop]


class Halves(PyLayer):
    """The first and the second half of the channels."""

    @staticmethod
    def forward(ctx: Any, x: paddle.Tensor) -> tuple[paddle.Tensor, paddle.Tensor]:
        x = x.contiguous()
        n, c, h, w = ctx.shape = x.shape
        left, right = (paddle.empty([n, c // 2, h, w]) for _ in range(2))
        values, half = array(x), c // 2
        share(_copy, n, (values[:, :half], array(left)), (values[:, half:], array(right)))
        return left, right

    @staticmethod
    def backward(ctx: Any, dleft: paddle.Tensor, dright: paddle.Tensor) -> paddle.Tensor:
        dx = paddle.empty(ctx.shape)
        dleft, dright = dleft.contiguous(), dright.contiguous()
        values, half = array(dx), ctx.shape[1] // 2
        share(_copy, ctx.shape[0], (array(dleft), values[:, :half]), (array(dright), values[:, half:]))
        return dx


class Interleave(PyLayer):
    """The channels of two maps in turn."""

    @staticmethod
    def forward(ctx: Any, left: paddle.Tensor, right: paddle.Tensor) -> paddle.Tensor:
        left, right = left.contiguous(), right.contiguous()
        n, c, h, w = left.shape
        y = paddle.empty([n, 2 * c, h, w])
        values = array(y)
        share(_copy, n, (array(left), values[:, 0::2]), (array(right), values[:, 1::2]))
        return y

    @staticmethod
    def backward(ctx: Any, dy: paddle.Tensor) -> tuple[paddle.Tensor, ...]:
        dy = dy.contiguous()
        n, c, h, w = dy.shape
        grads = [paddle.empty([n, c // 2, h, w]) for _ in range(2)]
        values = array(dy)
        share(_copy, n, (values[:, 0::2], array(grads[0])), (values[:, 1::2], array(grads[1])))
        return tuple(grads)
