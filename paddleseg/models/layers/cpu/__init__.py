"""Training forms of a few layers for the CPU: the numbers of Paddle's operators, several times faster.

Paddle's CPU kernels for convolution, batch norm, pooling and bilinear resizing, and above all their gradients, rule a
light network's training step; most of them use one core. The layers ask `trains_on_cpu` and otherwise (evaluation,
export, GPU, mixed precision, numba not installed) call Paddle's operators.

Numba compiles the kernels on first use and keeps them on disk. They are imported only then.
"""

from __future__ import annotations

from importlib.util import find_spec

import paddle
from paddle import nn

AVAILABLE = find_spec("numba") is not None


def trains_on_cpu(*tensors: paddle.Tensor) -> bool:
    """Whether these are float32 CPU tensors, some with a gradient to come, outside of graph capture and autocast."""
    return (
        AVAILABLE
        and paddle.in_dynamic_mode()
        and paddle.is_grad_enabled()
        and not paddle.amp.is_autocast_enabled()
        and not all(x.stop_gradient for x in tensors)
        and all(x.dtype == paddle.float32 and x.place.is_cpu_place() and x.size > 0 for x in tensors)
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
        and isinstance(conv._padding, int)
        and conv._padding_mode == "zeros"
        and conv._data_format == "NCHW"
    )


def batch_norm(x: paddle.Tensor, bn: nn.BatchNorm2D, relu: bool) -> paddle.Tensor:
    """`bn(x)`, and ReLU where asked for."""
    from paddleseg.models.layers.cpu.norm import BatchNorm

    return BatchNorm.apply(x, bn.weight, bn.bias, bn, relu)


def depthwise_bn(x: paddle.Tensor, conv: nn.Conv2D, bn: nn.BatchNorm2D, relu: bool) -> paddle.Tensor:
    """`batch_norm(conv(x))` of a depth-wise convolution without bias and dilation, in one trip to memory each way."""
    from paddleseg.models.layers.cpu.depthwise import DepthwiseBN

    return DepthwiseBN.apply(x, conv.weight, bn.weight, bn.bias, conv, bn, relu)


def dense_conv(x: paddle.Tensor, conv: nn.Conv2D) -> paddle.Tensor:
    """`conv(x)` of a convolution that `is_dense`."""
    from paddleseg.models.layers.cpu.dense import DenseConv

    return DenseConv.apply(x, conv.weight, conv._stride, conv._padding, conv._dilation)


def max_pool(x: paddle.Tensor, kernel_size: int, stride: int, padding: int) -> paddle.Tensor:
    """`F.max_pool2d`."""
    from paddleseg.models.layers.cpu.pooling import MaxPool

    return MaxPool.apply(x, kernel_size, stride, padding)


def resize(x: paddle.Tensor, size: tuple[int, int], align_corners: bool) -> paddle.Tensor:
    """Bilinear `F.interpolate` to (h, w)."""
    from paddleseg.models.layers.cpu.resizing import Resize

    return Resize.apply(x, size, align_corners)


def halves(x: paddle.Tensor) -> tuple[paddle.Tensor, paddle.Tensor]:
    """The first and the second half of the channels."""
    from paddleseg.models.layers.cpu.channels import Halves

    return Halves.apply(x)


def interleave(left: paddle.Tensor, right: paddle.Tensor) -> paddle.Tensor:
    """The channels of `left` and `right` in turn."""
    from paddleseg.models.layers.cpu.channels import Interleave

    return Interleave.apply(left, right)
