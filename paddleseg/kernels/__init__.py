"""Compiled CPU kernels: training forms of a few layers and of the connectivity loss, with the numbers of Paddle's
operators, several times faster.

Paddle's CPU kernels for convolution, batch norm, pooling and bilinear resizing, and above all their gradients, rule a
light network's training step; most of them use one core. The layers ask `trains_on_cpu` and otherwise (evaluation,
export, GPU, other precisions, numba not installed) call Paddle's operators.

Numba compiles the kernels on first use and keeps them on disk. They are imported only then.

They are Paddle `PyLayer`s, so `backward()` works everywhere, but `paddle.grad` only towards all of a layer's inputs and
parameters. `PADDLESEG_CPU_KERNELS=0` in the environment switches them off.
"""

from __future__ import annotations

from functools import lru_cache

import paddle
from paddle import nn

from paddleseg import compiled


@lru_cache
def available() -> bool:
    """Whether numba is installed, works with the other packages, and `PADDLESEG_CPU_KERNELS` is not 0."""
    if not compiled.allowed():
        return False
    try:
        import paddleseg.kernels.runtime  # noqa: F401
    except ImportError:
        return False
    return True


def trains_on_cpu(*tensors: paddle.Tensor) -> bool:
    """Whether these are float32 CPU tensors, some with a gradient to come, outside of graph capture."""
    return (
        paddle.in_dynamic_mode()
        and paddle.is_grad_enabled()
        and not all(x.stop_gradient for x in tensors)
        and all(x.dtype == paddle.float32 and x.place.is_cpu_place() and x.size > 0 for x in tensors)
        and available()
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


def is_dense(conv: nn.Layer) -> bool:
    """Whether `conv` is an ordinary convolution over all channels, without bias."""
    return (
        is_plain(conv, nn.Conv2D)
        and conv._groups == 1
        and conv.bias is None
        and (isinstance(conv._padding, int) or conv._padding == "SAME")
        and conv._padding_mode == "zeros"
        and conv._data_format == "NCHW"
    )


def batch_norm(x: paddle.Tensor, bn: nn.Layer, relu: bool) -> paddle.Tensor:
    """`bn(x)`, and ReLU where asked for."""
    from paddleseg.kernels.norm import BatchNorm

    return BatchNorm.apply(x, bn.weight, bn.bias, bn, relu)


def depthwise_bn(x: paddle.Tensor, conv: nn.Layer, bn: nn.Layer, relu: bool) -> paddle.Tensor:
    """`batch_norm(conv(x))` of a depth-wise convolution without bias, in one trip to memory each way."""
    from paddleseg.kernels.depthwise import DepthwiseBN

    return DepthwiseBN.apply(x, conv.weight, bn.weight, bn.bias, conv, bn, relu)


def dense_conv(x: paddle.Tensor, conv: nn.Layer) -> paddle.Tensor:
    """`conv(x)` of a convolution that `is_dense`."""
    from paddleseg.kernels.dense import DenseConv

    return DenseConv.apply(x, conv.weight, conv._stride, conv._padding, conv._dilation)


def max_pool(x: paddle.Tensor, kernel_size: int, stride: int, padding: int) -> paddle.Tensor:
    """`F.max_pool2d`."""
    from paddleseg.kernels.pooling import MaxPool

    return MaxPool.apply(x, kernel_size, stride, padding)


def resize(x: paddle.Tensor, size: tuple[int, int], align_corners: bool) -> paddle.Tensor:
    """Bilinear `F.interpolate` to (h, w)."""
    from paddleseg.kernels.resizing import Resize

    return Resize.apply(x, size, align_corners)


def halves(x: paddle.Tensor) -> tuple[paddle.Tensor, paddle.Tensor]:
    """The first and the second half of the channels."""
    from paddleseg.kernels.channels import Halves

    return Halves.apply(x)


def interleave(left: paddle.Tensor, right: paddle.Tensor) -> paddle.Tensor:
    """The channels of `left` and `right` in turn."""
    from paddleseg.kernels.channels import Interleave

    return Interleave.apply(left, right)
