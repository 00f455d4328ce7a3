"""The two units of residual networks (He et al., CVPR 2016, section 3.3)."""

from __future__ import annotations

import paddle
import paddle.nn.functional as F
from paddle import nn

from paddleseg.models.layers.basic import ConvBN, ConvBNReLU


class BasicBlock(nn.Layer):
    """Two 3x3 convolutions beside a shortcut.

    Args:
        channels: Channels of both convolutions.
        dilation: Of both convolutions.
        shortcut: Makes the input's shape the output's; None where they are the same.
        relu: Whether a ReLU follows the sum.
        between: What stands between the two convolutions, such as attention.
    """

    expansion = 1

    def __init__(
        self,
        in_channels: int,
        channels: int,
        *,
        stride: int = 1,
        dilation: int = 1,
        shortcut: nn.Layer | None = None,
        relu: bool = True,
        between: nn.Layer | None = None,
    ):
        super().__init__()
        self.conv1 = ConvBNReLU(in_channels, channels, 3, stride=stride, dilation=dilation)
        self.between = nn.Identity() if between is None else between
        self.conv2 = ConvBN(channels, channels, 3, dilation=dilation)
        self.shortcut = nn.Identity() if shortcut is None else shortcut
        self.relu = relu

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        y = self.conv2(self.between(self.conv1(x))) + self.shortcut(x)
        return F.relu(y) if self.relu else y


class Bottleneck(nn.Layer):
    """1x1 to fewer channels, 3x3 with the stride and the dilation, 1x1 to four times as many, beside a shortcut.

    Args:
        channels: Channels of the 3x3 convolution; the block gives four times as many.
        shortcut: Makes the input's shape the output's; None where they are the same.
        relu: Whether a ReLU follows the sum.
    """

    expansion = 4

    def __init__(
        self,
        in_channels: int,
        channels: int,
        *,
        stride: int = 1,
        dilation: int = 1,
        shortcut: nn.Layer | None = None,
        relu: bool = True,
    ):
        super().__init__()
        self.conv1 = ConvBNReLU(in_channels, channels, 1)
        self.conv2 = ConvBNReLU(channels, channels, 3, stride=stride, dilation=dilation)
        self.conv3 = ConvBN(channels, channels * self.expansion, 1)
        self.shortcut = nn.Identity() if shortcut is None else shortcut
        self.relu = relu

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        y = self.conv3(self.conv2(self.conv1(x))) + self.shortcut(x)
        return F.relu(y) if self.relu else y


class NarrowBottleneck(Bottleneck):
    """Gives twice the channels of its 3x3 convolution, not four times as many."""

    expansion = 2


def residual_stage(
    block: type[BasicBlock] | type[Bottleneck],
    in_channels: int,
    channels: int,
    depth: int,
    stride: int = 1,
    last_relu: bool = False,
) -> nn.Sequential:
    """`depth` blocks, the last without its ReLU, so that another path may be added before it."""
    wide = channels * block.expansion
    change = stride > 1 or in_channels != wide
    shortcut = ConvBN(in_channels, wide, 1, stride=stride) if change else None
    relu = [True] * (depth - 1) + [last_relu]
    first = block(in_channels, channels, stride=stride, shortcut=shortcut, relu=relu[0])
    return nn.Sequential(first, *[block(wide, channels, relu=each) for each in relu[1:]])
