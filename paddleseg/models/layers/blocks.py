"""Units that several mobile networks are made of."""

from __future__ import annotations

from typing import Literal

import paddle
import paddle.nn.functional as F
from paddle import nn

from paddleseg.models.layers.activation import activation
from paddleseg.models.layers.basic import ConvBN, ConvBNAct


class SqueezeExcite(nn.Layer):
    """Weigh channels by what the whole map shows (Hu et al., CVPR 2018): mean, two 1x1 convolutions, gate.

    Args:
        channels: Channels in and out.
        squeezed: Channels between the two convolutions.
        gate: The activation that ends in weights of [0, 1].
    """

    def __init__(self, channels: int, squeezed: int, gate: str = "hardsigmoid"):
        super().__init__()
        self.reduce = nn.Conv2D(channels, squeezed, 1)
        self.expand = nn.Conv2D(squeezed, channels, 1)
        self.gate = activation(gate)

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        return x * self.weights(x)

    def weights(self, x: paddle.Tensor) -> paddle.Tensor:
        """The gates (N, C, 1, 1) for `x`."""
        return self.gate(self.expand(F.relu(self.reduce(F.adaptive_avg_pool2d(x, 1)))))


class InvertedResidual(nn.Layer):
    """Expand by 1x1, depth-wise, project by 1x1 without activation; added to the input where the shapes agree.

    (Sandler et al., CVPR 2018, section 3.3; squeeze-and-excite as in MobileNetV3, Howard et al., ICCV 2019.)

    Args:
        expanded: Channels of the depth-wise convolution.
        squeezed: Channels inside squeeze-and-excite after the depth-wise convolution; None for none.
        gate: The activation that ends squeeze-and-excite.
        act: Activation after the first two convolutions.
        expand: Whether there is a 1x1 convolution first; None for where it changes the number of channels.
        padding: Of the depth-wise convolution, as in `ConvBN`.
    """

    def __init__(
        self,
        in_channels: int,
        expanded: int,
        out_channels: int,
        *,
        kernel_size: int = 3,
        stride: int = 1,
        dilation: int = 1,
        squeezed: int | None = None,
        gate: str = "hardsigmoid",
        act: str = "relu6",
        expand: bool | None = None,
        padding: Literal["SAME"] | None = None,
    ):
        super().__init__()
        self.shortcut = stride == 1 and in_channels == out_channels
        expand = expanded != in_channels if expand is None else expand
        self.expand = ConvBNAct(in_channels, expanded, 1, act=act) if expand else nn.Identity()
        self.depthwise = ConvBNAct(
            expanded, expanded, kernel_size, stride, groups=expanded, dilation=dilation, act=act, padding=padding
        )
        self.excite = SqueezeExcite(expanded, squeezed, gate) if squeezed else nn.Identity()
        self.project = ConvBN(expanded, out_channels, 1)

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        y = self.project(self.excite(self.depthwise(self.expand(x))))
        return x + y if self.shortcut else y


def round_channels(channels: float, divisor: int = 8) -> int:
    """The nearest multiple of `divisor`, the next one up where that is over a tenth too few (Howard et al., 2019)."""
    rounded = max(divisor, int(channels + divisor / 2) // divisor * divisor)
    return rounded + divisor if rounded < 0.9 * channels else rounded
