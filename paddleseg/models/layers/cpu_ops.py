"""Differentiable CPU training forms of a few layers: the same numbers as Paddle's operators, several times faster.

Paddle's CPU kernels for depth-wise convolution, batch norm and bilinear resizing run in one thread and their gradients
rule a light network's training step. The layers ask `trains_on_cpu` and otherwise (evaluation, export, GPU, mixed
precision, numba missing) use Paddle's own operators.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from functools import lru_cache
from importlib.util import find_spec
from typing import Any

import numpy as np
import paddle
from paddle import nn
from paddle.autograd import PyLayer

AVAILABLE = find_spec("numba") is not None


def trains_on_cpu(x: paddle.Tensor) -> bool:
    """Whether `x` is a float32 CPU tensor whose gradient is wanted, outside of any graph capture."""
    return (
        AVAILABLE
        and paddle.in_dynamic_mode()
        and not x.stop_gradient
        and x.dtype == paddle.float32
        and x.place.is_cpu_place()
        and paddle.is_grad_enabled()
        and x.size > 0
    )


def is_plain(layer: nn.Layer, kind: type[nn.Layer]) -> bool:
    """Whether `layer` is exactly a `kind` and nobody listens in, so that another form may stand in for its forward."""
    return type(layer) is kind and not (layer._forward_pre_hooks or layer._forward_post_hooks)


def normalises_batch(bn: nn.Layer) -> bool:
    """Whether `bn` is an ordinary batch norm that uses the batch's own statistics."""
    return (
        is_plain(bn, nn.BatchNorm2D)
        and bn.training
        and not bn._use_global_stats
        and bn.weight is not None
        and bn.bias is not None
    )


def depthwise_bn(x: paddle.Tensor, conv: nn.Conv2D, bn: nn.BatchNorm2D, relu: bool) -> paddle.Tensor:
    """`bn(conv(x))` of a depth-wise convolution without bias and dilation, in one pass over memory each way."""
    return _DepthwiseBN.apply(x, conv.weight, bn.weight, bn.bias, conv, bn, relu)


def batch_norm(x: paddle.Tensor, bn: nn.BatchNorm2D, relu: bool) -> paddle.Tensor:
    """`bn(x)`, and ReLU where asked for."""
    return _BatchNorm.apply(x, bn.weight, bn.bias, bn, relu)


def resize(x: paddle.Tensor, size: tuple[int, int], align_corners: bool) -> paddle.Tensor:
    """Bilinear resize to (h, w)."""
    return _Resize.apply(x, size, align_corners)


def _array(tensor: paddle.Tensor) -> np.ndarray:
    """The memory of a contiguous float32 CPU tensor; the tensor must outlive it."""
    memory = (ctypes.c_float * tensor.size).from_address(tensor.data_ptr())
    return np.frombuffer(memory, np.float32).reshape(tensor.shape)


def _wanted(tensors: Sequence[paddle.Tensor], grads: Sequence[paddle.Tensor]) -> tuple[paddle.Tensor | None, ...]:
    """The gradients, None for frozen parameters."""
    return tuple(None if t.stop_gradient else grad for t, grad in zip(tensors, grads, strict=True))


def _planes(tensor: paddle.Tensor) -> np.ndarray:
    """The same as (N, C, H * W)."""
    return _array(tensor).reshape(*tensor.shape[:2], -1)


def _track(bn: nn.BatchNorm2D, mean: np.ndarray, var: np.ndarray) -> None:
    keep = np.float32(bn._momentum)
    for running, batch in ((bn._mean, mean), (bn._variance, var)):
        values = _array(running)
        values *= keep
        values += (1 - keep) * batch


class _DepthwiseBN(PyLayer):
    @staticmethod
    def forward(ctx: Any, x, weight, gamma, beta, conv, bn, relu):
        from paddleseg.models.layers import cpu_kernels as kernels

        x = x.contiguous()
        n, c, h, w = x.shape
        k, stride, padding = weight.shape[2], conv._stride[0], conv._padding
        y = paddle.empty([n, c, *((length + 2 * padding - k) // stride + 1 for length in (h, w))])
        ctx.options = kernels.constant(k), kernels.constant(stride), padding
        eps, mean, var = np.float32(bn._epsilon), np.empty(c, np.float32), np.empty(c, np.float32)
        ctx.norm = relu, eps, mean, var
        ctx.save_for_backward(x, weight, gamma, beta)
        kernels.over_channels(
            kernels.depthwise_bn, c, _array(x), _array(weight), *ctx.options, _array(gamma), _array(beta), *ctx.norm,
            _array(y),
        )  # fmt: skip
        _track(bn, mean, var)
        return y

    @staticmethod
    def backward(ctx: Any, dy):
        from paddleseg.models.layers import cpu_kernels as kernels

        x, weight, gamma, beta = tensors = ctx.saved_tensor()
        grads = [paddle.empty_like(t) for t in tensors]
        kernels.over_channels(
            kernels.depthwise_bn_grad, x.shape[1], _array(x), _array(weight), *ctx.options, _array(gamma), _array(beta),
            *ctx.norm, _array(dy.contiguous()), *map(_array, grads),
        )  # fmt: skip
        return _wanted(tensors, grads)


class _BatchNorm(PyLayer):
    @staticmethod
    def forward(ctx: Any, x, gamma, beta, bn, relu):
        from paddleseg.models.layers import cpu_kernels as kernels

        x = x.contiguous()
        c = x.shape[1]
        y = paddle.empty_like(x)
        eps, mean, var = np.float32(bn._epsilon), np.empty(c, np.float32), np.empty(c, np.float32)
        ctx.norm = relu, eps, mean, var
        ctx.save_for_backward(x, gamma, beta)
        kernels.over_channels(kernels.batch_norm, c, _planes(x), _array(gamma), _array(beta), *ctx.norm, _planes(y))
        _track(bn, mean, var)
        return y

    @staticmethod
    def backward(ctx: Any, dy):
        from paddleseg.models.layers import cpu_kernels as kernels

        x, gamma, beta = tensors = ctx.saved_tensor()
        dx, dgamma, dbeta = grads = [paddle.empty_like(t) for t in tensors]
        kernels.over_channels(
            kernels.batch_norm_grad, x.shape[1], _planes(x), _array(gamma), _array(beta), *ctx.norm,
            _planes(dy.contiguous()), _planes(dx), _array(dgamma), _array(dbeta),
        )  # fmt: skip
        return _wanted(tensors, grads)


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


class _Resize(PyLayer):
    @staticmethod
    def forward(ctx: Any, x, size, align_corners):
        from paddleseg.models.layers import cpu_kernels as kernels

        x = x.contiguous()
        y = paddle.empty([*x.shape[:2], *size])
        ctx.shape = x.shape
        ctx.taps = [*_taps(x.shape[2], size[0], align_corners), *_taps(x.shape[3], size[1], align_corners)]
        kernels.over_channels(kernels.resize, x.shape[1], _array(x), *ctx.taps, _array(y))
        return y

    @staticmethod
    def backward(ctx: Any, dy):
        from paddleseg.models.layers import cpu_kernels as kernels

        dx = paddle.empty(ctx.shape)
        kernels.over_channels(kernels.resize_grad, dx.shape[1], _array(dy.contiguous()), *ctx.taps, _array(dx))
        return dx
