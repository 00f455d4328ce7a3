"""Depth-wise convolution followed by batch norm, and ReLU, as one operation.

A channel's result depends on that channel of the input only. So convolution, statistics and normalising of a channel
follow each other while its planes are in the cache. Only the input is kept for the backward pass: convolving again is
cheaper than a trip to memory.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import paddle
from paddle import nn
from paddle.autograd import PyLayer

from paddleseg.kernels.norm import moments, new_statistics, normalise, normalise_grad, track
from paddleseg.kernels.runtime import array, copy, extent, jit, share, wanted

# Kernel size and stride are tuples of that length. Numba compiles one version per tuple length, so both are constants
# to the compiler, which then unrolls the taps and vectorises the pixels.


@jit
def _convolve(
    source: np.ndarray,
    pitch: int,
    w: np.ndarray,
    size: tuple[int, ...],
    stride: tuple[int, ...],
    dilation: int,
    pixels: int,
    out: np.ndarray,
) -> None:
    """Convolve a padded plane whose rows are `pitch` apart, into `out` with the same pitch.

    A plane is one long row here: the few pixels between two output rows are computed for nothing.
    """
    k, s = len(size), len(stride)
    for q in range(pixels):
        total = np.float32(0)
        for a in range(k):
            for b in range(k):
                # Unsigned, or a test for negative indices would keep the loop from vectorising.
                total += w[a, b] * source[np.uintp(s * q) + np.uintp((a * pitch + b) * dilation)]
        out[q] = total


@jit
def _weight_grad(
    source: np.ndarray,
    pitch: int,
    du: np.ndarray,
    size: tuple[int, ...],
    stride: tuple[int, ...],
    dilation: int,
    pixels: int,
    dw: np.ndarray,
) -> None:
    """Add the gradient of the taps, three at a time; `du` is zero between two rows."""
    k, s = len(size), len(stride)
    zero = np.float32(0)
    for a in range(k):
        for b in range(0, k - 2, 3):
            at = (a * pitch + b) * dilation
            left, middle, right = source[at:], source[at + dilation :], source[at + 2 * dilation :]
            first, second, third = zero, zero, zero
            for q in range(pixels):
                first += du[q] * left[s * q]
                second += du[q] * middle[s * q]
                third += du[q] * right[s * q]
            dw[a, b] += first
            dw[a, b + 1] += second
            dw[a, b + 2] += third
        for b in range(k - k % 3, k):
            tap = source[(a * pitch + b) * dilation :]
            total = zero
            for q in range(pixels):
                total += du[q] * tap[s * q]
            dw[a, b] += total


@jit
def _forward(
    start: int,
    stop: int,
    x: np.ndarray,
    w: np.ndarray,
    size: tuple[int, ...],
    stride: tuple[int, ...],
    dilation: int,
    pad: tuple[int, int],
    gamma: np.ndarray,
    beta: np.ndarray,
    relu: bool,
    eps: np.float32,
    mean: np.ndarray,
    var: np.ndarray,
    y: np.ndarray,
) -> None:
    n, _, h, width = x.shape
    _, channels, oh, ow = y.shape
    s, reach, (top, left) = len(stride), dilation * (len(size) - 1), pad
    pitch = max(left + width, (ow - 1) * s + reach + 1)
    pixels = (oh - 1) * pitch + ow
    padded = np.zeros((max(top + h, (oh - 1) * s + reach + 1), pitch), np.float32)
    wide = np.empty((oh, pitch), np.float32)
    u = np.empty((n, oh, ow), np.float32)
    flat_u, flat_y = u.reshape(n, 1, oh * ow), y.reshape(n, channels, oh * ow)
    for c in range(start, stop):
        for i in range(n):
            copy(x[i, c], padded[top : top + h, left : left + width])
            _convolve(padded.ravel(), pitch, w[c, 0], size, stride, dilation, pixels, wide.ravel())
            copy(wide, u[i])
        mean[c], var[c] = moments(flat_u, 0)
        scale = gamma[c] / np.sqrt(var[c] + eps)
        normalise(flat_u, 0, scale, beta[c] - mean[c] * scale, relu, flat_y, c)


@jit
def _backward(
    start: int,
    stop: int,
    x: np.ndarray,
    w: np.ndarray,
    flipped: np.ndarray,
    size: tuple[int, ...],
    stride: tuple[int, ...],
    dilation: int,
    pad: tuple[int, int],
    gamma: np.ndarray,
    beta: np.ndarray,
    relu: bool,
    eps: np.float32,
    mean: np.ndarray,
    var: np.ndarray,
    dy: np.ndarray,
    dx: np.ndarray,
    dw: np.ndarray,
    dgamma: np.ndarray,
    dbeta: np.ndarray,
) -> None:
    n, _, h, width = x.shape
    _, channels, oh, ow = dy.shape
    s, reach, (top, left) = len(stride), dilation * (len(size) - 1), pad
    pitch, pitch_dx = max(left + width, (ow - 1) * s + reach + 1), width + reach
    pixels, pixels_dx = (oh - 1) * pitch + ow, (h - 1) * pitch_dx + width
    padded = np.zeros((max(top + h, (oh - 1) * s + reach + 1), pitch), np.float32)
    wide = np.zeros((oh, pitch), np.float32)
    spread = np.zeros((h + reach, pitch_dx), np.float32)  # du with its pixels `stride` apart
    wide_dx = np.empty((h, pitch_dx), np.float32)
    u = np.empty((n, oh, ow), np.float32)
    flat_u, flat_dy = u.reshape(n, 1, oh * ow), dy.reshape(n, channels, oh * ow)
    for c in range(start, stop):
        for i in range(n):
            copy(x[i, c], padded[top : top + h, left : left + width])
            _convolve(padded.ravel(), pitch, w[c, 0], size, stride, dilation, pixels, wide.ravel())
            copy(wide, u[i])
        inv_std = np.float32(1) / np.sqrt(var[c] + eps)
        dgamma[c], dbeta[c] = normalise_grad(
            flat_u, 0, mean[c], inv_std, gamma[c], beta[c], relu, flat_dy, c, flat_u, 0
        )
        dw[c] = 0
        wide[:] = 0
        for i in range(n):
            copy(x[i, c], padded[top : top + h, left : left + width])
            copy(u[i], wide[:, :ow])
            _weight_grad(padded.ravel(), pitch, wide.ravel(), size, stride, dilation, pixels, dw[c, 0])
            copy(u[i], spread[reach - top :: s, reach - left :: s][:oh, :ow])
            _convolve(spread.ravel(), pitch_dx, flipped[c, 0], size, (0,), dilation, pixels_dx, wide_dx.ravel())
            copy(wide_dx, dx[i, c])


class DepthwiseBN(PyLayer):
    """Depth-wise convolution of `x` with `weight`, batch norm, with or without ReLU."""

    @staticmethod
    def forward(
        ctx: Any,
        x: paddle.Tensor,
        weight: paddle.Tensor,
        gamma: paddle.Tensor,
        beta: paddle.Tensor,
        conv: nn.Layer,
        bn: nn.Layer,
        relu: bool,
    ) -> paddle.Tensor:
        x = x.contiguous()
        n, c, h, w = x.shape
        k, stride, dilation = weight.shape[2], conv._stride[0], conv._dilation[0]
        (oh, top), (ow, left) = (extent(length, dilation * (k - 1), stride, conv._padding) for length in (h, w))
        y = paddle.empty([n, c, oh, ow])
        statistics = new_statistics(bn)
        ctx.options = (0,) * k, (0,) * stride, dilation, (top, left)
        ctx.norm = relu, *statistics
        ctx.save_for_backward(x, weight, gamma, beta)
        inputs = array(x), array(weight), *ctx.options, array(gamma), array(beta), *ctx.norm
        share(_forward, c, *inputs, array(y))
        track(bn, *statistics[1:])
        return y

    @staticmethod
    def backward(ctx: Any, dy: paddle.Tensor) -> tuple[paddle.Tensor | None, ...]:
        x, weight, gamma, beta = tensors = ctx.saved_tensor()
        dy = dy.contiguous()
        grads = [paddle.empty_like(t) for t in tensors]
        w = array(weight)
        flipped = np.ascontiguousarray(w[:, :, ::-1, ::-1])  # convolving with it takes du back to dx
        inputs = array(x), w, flipped, *ctx.options, array(gamma), array(beta), *ctx.norm, array(dy)
        share(_backward, x.shape[1], *inputs, *map(array, grads))
        return wanted(tensors, grads)
