"""Layers that run in another form than they train in, with the same numbers."""

from __future__ import annotations

import copy
from abc import abstractmethod

import paddle
import paddle.nn.functional as F
from paddle import nn

from paddleseg.models.layers.basic import ConvBN


class Foldable(nn.Layer):
    """A layer with another form for inference."""

    @abstractmethod
    def folded(self) -> nn.Layer:
        """That form, with the numbers of evaluation mode; made under `paddle.no_grad`."""


class RepConv(Foldable):
    """A convolution, a 1x1 convolution and the input itself, each through its batch norm, added; then ReLU.

    The branches make training better and are linear, so that `folded` turns them into one convolution with the same
    numbers (RepVGG, Ding et al., CVPR 2021, section 3; for depth-wise layers MobileOne, Vasu et al., CVPR 2023).

    Args:
        groups: `in_channels` for a depth-wise convolution.
        relu: Whether a ReLU follows.

    Shape:
        x (N, in_channels, H, W); returns (N, out_channels, ceil(H / stride), ceil(W / stride)).
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        stride: int = 1,
        groups: int = 1,
        relu: bool = True,
    ):
        super().__init__()
        self.wide = ConvBN(in_channels, out_channels, kernel_size, stride, groups)
        self.point = ConvBN(in_channels, out_channels, 1, stride, groups) if kernel_size > 1 else None
        self.same = nn.BatchNorm2D(in_channels) if in_channels == out_channels and stride == 1 else None
        self.relu = relu

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        y = self.wide(x)
        if self.point is not None:
            y = y + self.point(x)
        if self.same is not None:
            y = y + self.same(x)
        return F.relu(y) if self.relu else y

    def folded(self) -> nn.Sequential:
        """One convolution with bias, and the ReLU."""
        conv = self.wide.conv
        kernel, bias = _fold(conv.weight, self.wide.bn)
        side = kernel.shape[-1]
        if self.point is not None:
            extra, shift = _fold(self.point.conv.weight, self.point.bn)
            kernel, bias = kernel + F.pad(extra, [side // 2] * 4), bias + shift
        if self.same is not None:
            extra, shift = _fold(_identity(kernel.shape[0], conv._groups), self.same)
            kernel, bias = kernel + F.pad(extra, [side // 2] * 4), bias + shift
        single = nn.Conv2D(
            conv._in_channels,
            conv._out_channels,
            side,
            stride=conv._stride,
            padding=side // 2,
            groups=conv._groups,
        )
        single.weight.set_value(kernel)
        single.bias.set_value(bias)
        return nn.Sequential(single, nn.ReLU()) if self.relu else nn.Sequential(single)


def folded(model: nn.Layer) -> nn.Layer:
    """The model for inference: a copy with every `Foldable` in its other form, or the model itself if it has none."""
    if not any(isinstance(layer, Foldable) for layer in model.sublayers()):
        return model
    model = copy.deepcopy(model)
    with paddle.no_grad():
        for parent in model.sublayers(include_self=True):
            for name, layer in list(parent.named_children()):
                if isinstance(layer, Foldable):
                    setattr(parent, name, layer.folded())
    return model


def _fold(kernel: paddle.Tensor, bn: nn.BatchNorm2D) -> tuple[paddle.Tensor, paddle.Tensor]:
    """Kernel and bias of a convolution without bias and the batch norm after it."""
    scale = bn.weight / (bn._variance + bn._epsilon).sqrt()
    return kernel * scale.reshape([-1, 1, 1, 1]), bn.bias - bn._mean * scale


def _identity(channels: int, groups: int) -> paddle.Tensor:
    """The 1x1 kernel that changes nothing."""
    width = channels // groups
    return paddle.eye(width).tile([groups, 1]).reshape([channels, width, 1, 1])
