"""Convolution, batch norm and activation in the combinations that the models are made of."""

from __future__ import annotations

from typing import Literal

import paddle
from paddle import nn

from paddleseg import kernels
from paddleseg.models.layers.activation import activation
from paddleseg.models.layers.depthwise import DepthwiseConv2D
from paddleseg.models.layers.upsample import spatial_size


class ConvBN(nn.Layer):
    """Convolution without bias, then batch norm; depth-wise where `groups` says so.

    Args:
        padding: None pads all sides alike, so that an odd kernel keeps the size. "SAME" gives the same sizes, but where
            the stride leaves an odd row or column of padding it goes below or to the right.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        stride: int = 1,
        groups: int = 1,
        dilation: int = 1,
        padding: Literal["SAME"] | None = None,
    ):
        super().__init__()
        margin = dilation * (kernel_size // 2)
        width: int | Literal["SAME"] = "SAME" if padding == "SAME" and stride > 1 else margin
        init = nn.initializer.KaimingNormal()
        if groups == in_channels == out_channels and groups > 1:
            self.conv: nn.Conv2D = DepthwiseConv2D(
                in_channels, kernel_size, stride=stride, padding=width, dilation=dilation, weight_attr=init
            )
        else:
            self.conv = nn.Conv2D(
                in_channels,
                out_channels,
                kernel_size,
                stride=stride,
                padding=width,
                dilation=dilation,
                groups=groups,
                weight_attr=init,
                bias_attr=False,
            )
        self.bn = nn.BatchNorm2D(out_channels)

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        return conv_bn(x, self.conv, self.bn)


class ConvBNReLU(ConvBN):
    """`ConvBN`, then ReLU."""

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        return conv_bn(x, self.conv, self.bn, relu=True)


def double_conv(in_channels: int, channels: int) -> nn.Sequential:
    """Two 3x3 convolutions, as each size of U-Net has."""
    return nn.Sequential(ConvBNReLU(in_channels, channels, 3), ConvBNReLU(channels, channels, 3))


class ConvBNAct(ConvBN):
    """`ConvBN`, then the activation called `act` (None: none)."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        stride: int = 1,
        groups: int = 1,
        dilation: int = 1,
        act: str | None = "relu",
        padding: Literal["SAME"] | None = None,
    ):
        super().__init__(in_channels, out_channels, kernel_size, stride, groups, dilation, padding)
        self.act = activation(act)

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        if isinstance(self.act, nn.ReLU):
            return conv_bn(x, self.conv, self.bn, relu=True)
        return self.act(conv_bn(x, self.conv, self.bn))


def bn_prelu(channels: int, slopes: int = 1) -> nn.Sequential:
    """Batch norm, then PReLU with one slope for all channels or one for each."""
    return nn.Sequential(("bn", nn.BatchNorm2D(channels)), ("act", nn.PReLU(slopes)))


class BNReLUConv(nn.Layer):
    """Batch norm and ReLU, then a convolution that keeps the size where its stride is 1 (He et al., ECCV 2016)."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        stride: int = 1,
        *,
        groups: int = 1,
        bias: bool = False,
    ):
        super().__init__()
        self.bn = nn.BatchNorm2D(in_channels)
        self.conv = nn.Conv2D(
            in_channels,
            out_channels,
            kernel_size,
            stride=stride,
            padding=kernel_size // 2,
            groups=groups,
            weight_attr=nn.initializer.KaimingNormal(),
            bias_attr=None if bias else False,
        )

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        return self.conv(nn.functional.relu(self.bn(x)))


def conv_bn(x: paddle.Tensor, conv: nn.Layer, bn: nn.Layer, relu: bool = False) -> paddle.Tensor:
    """Convolution, batch norm and (where asked for) ReLU, in the form that is fastest for the mode."""
    on_cpu = kernels.normalises_batch(bn) and kernels.trains_on_cpu(x, *conv.parameters())
    if on_cpu and kernels.is_plain(conv, DepthwiseConv2D):
        return kernels.depthwise_bn(x, conv, bn, relu)
    y = kernels.dense_conv(x, conv) if on_cpu and kernels.is_dense(conv) else conv(x)
    if on_cpu:
        return kernels.batch_norm(y, bn, relu)
    y = bn(y)
    return nn.functional.relu(y) if relu else y


class SeparableConv(nn.Layer):
    """Depth-wise 3x3 with batch norm and no activation, then point-wise with batch norm and the activation `act`."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        stride: int = 1,
        kernel_size: int = 3,
        dilation: int = 1,
        act: str | None = "relu",
    ):
        super().__init__()
        self.depthwise = ConvBN(
            in_channels, in_channels, kernel_size, stride=stride, groups=in_channels, dilation=dilation
        )
        self.pointwise = ConvBNAct(in_channels, out_channels, 1, act=act)

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        return self.pointwise(self.depthwise(x))


def halves(x: paddle.Tensor) -> tuple[paddle.Tensor, paddle.Tensor]:
    """The first and the second half of the channels."""
    if kernels.trains_on_cpu(x):
        return kernels.halves(x)
    half = x.shape[1] // 2
    return x[:, :half], x[:, half:]


def interleave(left: paddle.Tensor, right: paddle.Tensor) -> paddle.Tensor:
    """The channels of two maps in turn: their concatenation after a channel shuffle in two groups."""
    if kernels.trains_on_cpu(left, right):
        return kernels.interleave(left, right)
    return channel_shuffle(paddle.concat([left, right], axis=1), 2)


def max_pool(x: paddle.Tensor, kernel_size: int, stride: int, padding: int) -> paddle.Tensor:
    """Max pooling, in the form that is fastest for the mode."""
    if kernels.trains_on_cpu(x):
        return kernels.max_pool(x, kernel_size, stride, padding)
    return nn.functional.max_pool2d(x, kernel_size, stride, padding)


def channel_shuffle(x: paddle.Tensor, groups: int) -> paddle.Tensor:
    """Interleave the channels of `groups` equal parts, so that the next layer sees all of them (ShuffleNet, 2018)."""
    x = x.reshape([0, groups, x.shape[1] // groups, *spatial_size(x)])
    return x.transpose([0, 2, 1, 3, 4]).flatten(1, 2)
