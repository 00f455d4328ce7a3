"""Compiled CPU kernels of the layers that rule a light network's training step (numba, float32, NCHW, no Paddle).

Each kernel works on the channels `[start, stop)` of its arrays, so that threads share the channels and the numbers do
not depend on how many threads there are. A channel's planes stay in the cache from one pass to the next, which is why
depth-wise convolution and batch norm are one kernel.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache, partial
from itertools import pairwise
from typing import Any

import numba
import numpy as np

# Sums may be reordered and fused so that they vectorise; NaN and infinity keep their meaning.
_jit = partial(numba.njit, nogil=True, cache=True, error_model="numpy", fastmath={"reassoc", "contract", "nsz", "arcp"})


def num_threads() -> int:
    """Cores of this process: all it may use, shared among the data-parallel processes of the machine."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, cores // int(os.environ.get("PADDLE_LOCAL_SIZE") or os.environ.get("PADDLE_TRAINERS_NUM") or 1))


@lru_cache(maxsize=1)
def _pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, "cpu-kernel")


def over_channels(kernel: Callable[..., None], channels: int, *args: Any) -> None:
    """Run `kernel(start, stop, *args)` over all channels, in as many threads as there are cores."""
    threads = min(num_threads(), channels)
    if threads == 1:
        kernel(0, channels, *args)
        return
    bounds = [channels * i // threads for i in range(threads + 1)]
    tasks = [_pool(threads).submit(kernel, a, b, *args) for a, b in pairwise(bounds)]
    for task in tasks:
        task.result()


@_jit
def _moments(x, c):
    """Mean and biased variance of channel `c` of `x` (N, C, P); two passes, as the second finds the planes in cache."""
    n, _, p = x.shape
    total = 0.0
    for i in range(n):
        part = np.float32(0)
        for j in range(p):
            part += x[i, c, j]
        total += part
    mean = np.float32(total / (n * p))
    total = 0.0
    for i in range(n):
        part = np.float32(0)
        for j in range(p):
            d = x[i, c, j] - mean
            part += d * d
        total += part
    return mean, np.float32(total / (n * p))


@_jit
def _normalise(x, cx, y, c, scale, shift, relu):
    n, _, p = x.shape
    for i in range(n):
        if relu:
            for j in range(p):
                v = x[i, cx, j] * scale + shift
                y[i, c, j] = np.float32(0) if v < 0 else v
        else:
            for j in range(p):
                y[i, c, j] = x[i, cx, j] * scale + shift


@_jit
def _norm_grad(x, cx, dy, c, dx, cdx, mean, inv_std, gamma, beta, relu):
    """Gradient of `_normalise` into `dx`; returns those of gamma and beta."""
    n, _, p = x.shape
    zero = np.float32(0)
    scale, shift = gamma * inv_std, beta - mean * gamma * inv_std
    total, total_x = 0.0, 0.0
    for i in range(n):
        part, part_x = zero, zero
        for j in range(p):
            v = x[i, cx, j]
            g = dy[i, c, j]
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
            g = dy[i, c, j]
            if relu:
                g = zero if v * scale + shift <= 0 else g
            dx[i, cdx, j] = scale * (g - offset - (v - mean) * slope)
    return dgamma, np.float32(total)


@_jit
def batch_norm(start, stop, x, gamma, beta, relu, eps, mean, var, y):
    """Batch norm of `x` (N, C, P) by its own statistics, and ReLU, into `mean`, `var` and `y`."""
    for c in range(start, stop):
        mean[c], var[c] = _moments(x, c)
        scale = gamma[c] / np.sqrt(var[c] + eps)
        _normalise(x, c, y, c, scale, beta[c] - mean[c] * scale, relu)


@_jit
def batch_norm_grad(start, stop, x, gamma, beta, relu, eps, mean, var, dy, dx, dgamma, dbeta):
    """Gradients of `batch_norm`."""
    for c in range(start, stop):
        inv_std = np.float32(1) / np.sqrt(var[c] + eps)
        dgamma[c], dbeta[c] = _norm_grad(x, c, dy, c, dx, c, mean[c], inv_std, gamma[c], beta[c], relu)


# Kernel size and stride of a depth-wise convolution come as tuples of that length, because numba compiles one version
# per tuple length: they are constants to the compiler, which then unrolls the taps and vectorises the columns.
def constant(n: int) -> tuple[int, ...]:
    """The integer `n` as the depth-wise kernels take it."""
    return (0,) * n


@_jit
def _conv_row(padded, r, w, size, stride, out):
    """Output row `r` of the convolution of a padded plane."""
    k, s = len(size), len(stride)
    for j in range(out.shape[0]):
        total = np.float32(0)
        for a in range(k):
            for b in range(k):
                total += w[a, b] * padded[r * s + a, j * s + b]
        out[j] = total


@_jit
def _convolve(x, c, w, size, stride, pad, padded, u):
    """Channel `c` of `x` (N, C, H, W) convolved into `u` (N, OH, OW)."""
    n, _, h, width = x.shape
    for i in range(n):
        padded[pad : pad + h, pad : pad + width] = x[i, c]
        for r in range(u.shape[1]):
            _conv_row(padded, r, w, size, stride, u[i, r])


@_jit
def _weight_grad_row(padded, r, du, size, stride, dw):
    """Add what output row `r` gives to the gradient of the taps."""
    k, s = len(size), len(stride)
    for a in range(k):
        for b in range(k):
            total = np.float32(0)
            for j in range(du.shape[0]):
                total += du[j] * padded[r * s + a, j * s + b]
            dw[a, b] += total


@_jit
def depthwise_bn(start, stop, x, w, size, stride, pad, gamma, beta, relu, eps, mean, var, y):
    """Depth-wise convolution of `x` (N, C, H, W), then `batch_norm`."""
    n, _, h, width = x.shape
    _, channels, oh, ow = y.shape
    padded = np.zeros((h + 2 * pad, width + 2 * pad), np.float32)
    u = np.empty((n, oh, ow), np.float32)
    flat_u, flat_y = u.reshape(n, 1, oh * ow), y.reshape(n, channels, oh * ow)
    for c in range(start, stop):
        _convolve(x, c, w[c, 0], size, stride, pad, padded, u)
        mean[c], var[c] = _moments(flat_u, 0)
        scale = gamma[c] / np.sqrt(var[c] + eps)
        _normalise(flat_u, 0, flat_y, c, scale, beta[c] - mean[c] * scale, relu)


@_jit
def depthwise_bn_grad(
    start, stop, x, w, size, stride, pad, gamma, beta, relu, eps, mean, var, dy, dx, dw, dgamma, dbeta
):
    """Gradients of `depthwise_bn`. It kept the input only: convolving again is cheaper than a trip to memory."""
    n, _, h, width = x.shape
    _, channels, oh, ow = dy.shape
    k, s = len(size), len(stride)
    edge = k - 1 - pad
    padded = np.zeros((h + 2 * pad, width + 2 * pad), np.float32)
    spread = np.zeros((h + k - 1, width + k - 1), np.float32)  # du, its pixels `stride` apart
    u = np.empty((n, oh, ow), np.float32)
    flat_u, flat_dy = u.reshape(n, 1, oh * ow), dy.reshape(n, channels, oh * ow)
    for c in range(start, stop):
        _convolve(x, c, w[c, 0], size, stride, pad, padded, u)
        inv_std = np.float32(1) / np.sqrt(var[c] + eps)
        dgamma[c], dbeta[c] = _norm_grad(flat_u, 0, flat_dy, c, flat_u, 0, mean[c], inv_std, gamma[c], beta[c], relu)
        flipped = w[c, 0, ::-1, ::-1].copy()
        dw[c] = 0
        for i in range(n):
            padded[pad : pad + h, pad : pad + width] = x[i, c]
            for r in range(oh):
                _weight_grad_row(padded, r, u[i, r], size, stride, dw[c, 0])
                for j in range(ow):
                    spread[r * s + edge, j * s + edge] = u[i, r, j]
            for r in range(h):
                _conv_row(spread, r, flipped, size, (0,), dx[i, c, r])


@_jit
def resize(start, stop, x, rows, row_weight, columns, column_weight, y):
    """Bilinear resize of `x` (N, C, H, W) into `y`: row r mixes the input rows `rows[r]` (two) by `row_weight[r]`."""
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


@_jit
def resize_grad(start, stop, dy, rows, row_weight, columns, column_weight, dx):
    """Gradient of `resize`."""
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
