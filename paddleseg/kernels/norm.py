"""Batch norm by the batch's own statistics, and ReLU."""

from __future__ import annotations

from typing import Any

import numpy as np
import paddle
from paddle import nn
from paddle.autograd import PyLayer

from paddleseg.kernels.runtime import array, jit, share, wanted

# Arrays here are (N, C, P): the pixels of a plane in one row. A channel's planes stay in the cache between the passes.


@jit
def moments(x: np.ndarray, c: int) -> tuple[np.float32, np.float32]:
    """Mean and biased variance of channel `c`, in two passes: exact also where the mean is large."""
    n, _, p = x.shape
    total = np.float64(0)
    for i in range(n):
        part = np.float32(0)
        for j in range(p):
            part += x[i, c, j]
        total += part
    mean = np.float32(total / (n * p))
    total = np.float64(0)
    for i in range(n):
        part = np.float32(0)
        for j in range(p):
            d = x[i, c, j] - mean
            part += d * d
        total += part
    return mean, np.float32(total / (n * p))


@jit
def normalise(x: np.ndarray, cx: int, scale: np.float32, shift: np.float32, relu: bool, y: np.ndarray, cy: int) -> None:
    """Channel `cx` of `x` times `scale` plus `shift`, and ReLU, into channel `cy` of `y`."""
    n, _, p = x.shape
    for i in range(n):
        for j in range(p):
            v = x[i, cx, j] * scale + shift
            if relu:
                v = np.float32(0) if v < 0 else v
            y[i, cy, j] = v


@jit
def normalise_grad(
    x: np.ndarray,
    cx: int,
    mean: np.float32,
    inv_std: np.float32,
    gamma: np.float32,
    beta: np.float32,
    relu: bool,
    dy: np.ndarray,
    cy: int,
    dx: np.ndarray,
    cdx: int,
) -> tuple[np.float32, np.float32]:
    """Gradient of the batch norm and ReLU that made channel `cy`, into `dx`; returns those of gamma and beta."""
    n, _, p = x.shape
    zero = np.float32(0)
    scale, shift = gamma * inv_std, beta - mean * gamma * inv_std
    total, total_x = np.float64(0), np.float64(0)
    for i in range(n):
        part, part_x = zero, zero
        for j in range(p):
            v = x[i, cx, j]
            g = dy[i, cy, j]
            if relu:
                g = zero if v * scale + shift <= 0 else g
            part += g
            part_x += g * (v - mean)
        total += part
        total_x += part_x
    dgamma = np.float32(total_x) * inv_std
    offset = np.float32(total / (n * p))
    slope = dgamma * inv_std / np.float32(n * p)
    for i in range(n):
        for j in range(p):
            v = x[i, cx, j]
            g = dy[i, cy, j]
            if relu:
                g = zero if v * scale + shift <= 0 else g
            dx[i, cdx, j] = scale * (g - offset - (v - mean) * slope)
    return dgamma, np.float32(total)


@jit
def _forward(
    start: int,
    stop: int,
    x: np.ndarray,
    gamma: np.ndarray,
    beta: np.ndarray,
    relu: bool,
    eps: np.float32,
    mean: np.ndarray,
    var: np.ndarray,
    y: np.ndarray,
) -> None:
    for c in range(start, stop):
        mean[c], var[c] = moments(x, c)
        scale = gamma[c] / np.sqrt(var[c] + eps)
        normalise(x, c, scale, beta[c] - mean[c] * scale, relu, y, c)


@jit
def _backward(
    start: int,
    stop: int,
    x: np.ndarray,
    gamma: np.ndarray,
    beta: np.ndarray,
    relu: bool,
    eps: np.float32,
    mean: np.ndarray,
    var: np.ndarray,
    dy: np.ndarray,
    dx: np.ndarray,
    dgamma: np.ndarray,
    dbeta: np.ndarray,
) -> None:
    for c in range(start, stop):
        inv_std = np.float32(1) / np.sqrt(var[c] + eps)
        dgamma[c], dbeta[c] = normalise_grad(x, c, mean[c], inv_std, gamma[c], beta[c], relu, dy, c, dx, c)


def new_statistics(bn: nn.Layer) -> tuple[np.float32, np.ndarray, np.ndarray]:
    """Epsilon, and room for the mean and the variance of every channel."""
    channels = bn.weight.shape[0]
    return np.float32(bn._epsilon), np.empty(channels, np.float32), np.empty(channels, np.float32)


def track(bn: nn.Layer, mean: np.ndarray, var: np.ndarray) -> None:
    """Move the running statistics towards those of the batch."""
    keep = np.float32(bn._momentum)
    for running, batch in ((array(bn._mean), mean), (array(bn._variance), var)):
        running *= keep
        running += (1 - keep) * batch


def _planes(tensor: paddle.Tensor) -> np.ndarray:
    return array(tensor).reshape(*tensor.shape[:2], -1)


class BatchNorm(PyLayer):
    """Batch norm of `x`, with or without ReLU."""

    @staticmethod
    def forward(
        ctx: Any, x: paddle.Tensor, gamma: paddle.Tensor, beta: paddle.Tensor, bn: nn.Layer, relu: bool
    ) -> paddle.Tensor:
        x = x.contiguous()
        y = paddle.empty_like(x)
        statistics = new_statistics(bn)
        ctx.norm = relu, *statistics
        ctx.save_for_backward(x, gamma, beta)
        share(_forward, x.shape[1], _planes(x), array(gamma), array(beta), *ctx.norm, _planes(y))
        track(bn, *statistics[1:])
        return y

    @staticmethod
    def backward(ctx: Any, dy: paddle.Tensor) -> tuple[paddle.Tensor | None, ...]:
        x, gamma, beta = tensors = ctx.saved_tensor()
        dy = dy.contiguous()
        dx, dgamma, dbeta = grads = [paddle.empty_like(t) for t in tensors]
        inputs = _planes(x), array(gamma), array(beta), *ctx.norm, _planes(dy)
        share(_backward, x.shape[1], *inputs, _planes(dx), array(dgamma), array(dbeta))
        return wanted(tensors, grads)
