"""Interleaving channels."""

from __future__ import annotations

from typing import Any

import numpy as np
import paddle
from paddle.autograd import PyLayer

from paddleseg.models.layers.cpu.runtime import array, share


def _copy(start: int, stop: int, *pairs: tuple[np.ndarray, np.ndarray]) -> None:
    """Copy images [start, stop) of the first array of every pair into the second."""
    for source, target in pairs:
        target[start:stop] = source[start:stop]


class Interleave(PyLayer):
    """The channels of two maps in turn."""

    @staticmethod
    def forward(ctx: Any, left, right):
        left, right = left.contiguous(), right.contiguous()
        n, c, h, w = left.shape
        y = paddle.empty([n, 2 * c, h, w])
        values = array(y)
        share(_copy, n, (array(left), values[:, 0::2]), (array(right), values[:, 1::2]))
        return y

    @staticmethod
    def backward(ctx: Any, dy):
        dy = dy.contiguous()
        n, c, h, w = dy.shape
        grads = [paddle.empty([n, c // 2, h, w]) for _ in range(2)]
        values = array(dy)
        share(_copy, n, (values[:, 0::2], array(grads[0])), (values[:, 1::2], array(grads[1])))
        return tuple(grads)
