"""PaddleSeg's units of convolution and norm, with its argument orders and parameter names; plugins are made of them.

Our networks use `layers/basic.py`, whose units have compiled kernels and no biases in front of norms.
"""

from __future__ import annotations

from typing import Any

import paddle
import paddle.nn.functional as F
from paddle import nn

from paddleseg.models.layers.activation import Activation


def SyncBatchNorm(*args: Any, **kwargs: Any) -> nn.BatchNorm2D:  # noqa: N802 - PaddleSeg's name of a function
    """A batch norm, which training over several GPUs synchronises by itself (`engine/dist.py`)."""
    return nn.BatchNorm2D(*args, **kwargs)


class _Unit(nn.Layer):
    """`_conv`, then `_batch_norm`; `kwargs` as of `nn.Conv2D` (stride, dilation, groups, bias_attr, data_format)."""

    def __init__(self, in_channels: int, out_channels: int, kernel_size: Any, padding: Any = "same", **kwargs: Any):
        super().__init__()
        self._conv = nn.Conv2D(in_channels, out_channels, kernel_size, padding=padding, **kwargs)
        self._batch_norm = SyncBatchNorm(out_channels, data_format=kwargs.get("data_format", "NCHW"))

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        return self._batch_norm(self._conv(x))


class ConvBN(_Unit):
    """Convolution and batch norm."""


class ConvBNReLU(_Unit):
    """Convolution, batch norm, ReLU."""

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        return F.relu(super().forward(x))


class ConvBNAct(_Unit):
    """Convolution, batch norm, the activation `act_type` (None: none)."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        padding: Any = "same",
        act_type: str | None = None,
        **kwargs: Any,
    ):
        super().__init__(in_channels, out_channels, kernel_size, padding, **kwargs)
        self._act = Activation(act_type)

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        return self._act(super().forward(x))


class ConvBNPReLU(_Unit):
    """Convolution, batch norm, PReLU."""

    def __init__(self, in_channels: int, out_channels: int, kernel_size: Any, padding: Any = "same", **kwargs: Any):
        super().__init__(in_channels, out_channels, kernel_size, padding, **kwargs)
        self._prelu = Activation("prelu")

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        return self._prelu(super().forward(x))


class ConvBNLeakyReLU(_Unit):
    """Convolution, batch norm, leaky ReLU."""

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        return F.leaky_relu(super().forward(x))


class ConvNormAct(nn.Layer):
    """Convolution, the layer `norm` (None: none), the activation `act_type` (None: none)."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        padding: Any = "same",
        act_type: str | None = None,
        norm: nn.Layer | None = None,
        **kwargs: Any,
    ):
        super().__init__()
        self._conv = nn.Conv2D(in_channels, out_channels, kernel_size, padding=padding, **kwargs)
        self._norm = norm
        self._act = Activation(act_type)

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        x = self._conv(x)
        return self._act(x if self._norm is None else self._norm(x))


class ConvGNAct(nn.Layer):
    """Convolution, group norm over `num_groups`, the activation `act_type` (None: none)."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        padding: Any = "same",
        num_groups: int = 32,
        act_type: str | None = None,
        **kwargs: Any,
    ):
        super().__init__()
        self._conv = nn.Conv2D(in_channels, out_channels, kernel_size, padding=padding, **kwargs)
        self._group_norm = nn.GroupNorm(num_groups, out_channels, data_format=kwargs.get("data_format", "NCHW"))
        self._act = Activation(act_type)

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        return self._act(self._group_norm(self._conv(x)))


class SeparableConvBNReLU(nn.Layer):
    """A depth-wise convolution with batch norm, then a 1x1 convolution with batch norm and ReLU.

    Args:
        pointwise_bias: `bias_attr` of the second convolution; False for none.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        padding: Any = "same",
        pointwise_bias: Any = None,
        **kwargs: Any,
    ):
        super().__init__()
        self.depthwise_conv = ConvBN(in_channels, in_channels, kernel_size, padding, groups=in_channels, **kwargs)
        data_format = kwargs.get("data_format", "NCHW")
        # The name is PaddleSeg's spelling, and that of the parameters in its files.
        self.piontwise_conv = ConvBNReLU(
            in_channels, out_channels, 1, data_format=data_format, bias_attr=pointwise_bias
        )

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        return self.piontwise_conv(self.depthwise_conv(x))


class DepthwiseConvBN(nn.Layer):
    """A depth-wise convolution with batch norm."""

    def __init__(self, in_channels: int, out_channels: int, kernel_size: Any, padding: Any = "same", **kwargs: Any):
        super().__init__()
        self.depthwise_conv = ConvBN(in_channels, out_channels, kernel_size, padding, groups=in_channels, **kwargs)

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        return self.depthwise_conv(x)


class AuxLayer(nn.Layer):
    """Logits for a loss in the middle of a network: a 3x3 unit, dropout, a 1x1 convolution."""

    def __init__(
        self, in_channels: int, inter_channels: int, out_channels: int, dropout_prob: float = 0.1, **kwargs: Any
    ):
        super().__init__()
        self.conv_bn_relu = ConvBNReLU(in_channels, inter_channels, 3, 1, **kwargs)
        self.dropout = nn.Dropout(dropout_prob)
        self.conv = nn.Conv2D(inter_channels, out_channels, 1)

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        return self.conv(self.dropout(self.conv_bn_relu(x)))


class JPU(nn.Layer):
    """Joint pyramid upsampling (Wu et al., arXiv 1903.11816): the last three maps at the size of the third last.

    Shape:
        Four maps of `in_channels`; returns the first three and the joint one (N, 4 * width, H, W).
    """

    def __init__(self, in_channels: Any, width: int = 512):
        super().__init__()
        self.conv5, self.conv4, self.conv3 = (
            ConvBNReLU(channels, width, 3, 1, bias_attr=False) for channels in reversed(in_channels[-3:])
        )
        for number, rate in enumerate((1, 2, 4, 8), 1):
            unit = SeparableConvBNReLU(3 * width, width, 3, rate, False, dilation=rate, bias_attr=False)
            setattr(self, f"dilation{number}", unit)

    def forward(self, *inputs: paddle.Tensor) -> tuple[paddle.Tensor, ...]:
        deep, middle, fine = self.conv5(inputs[-1]), self.conv4(inputs[-2]), self.conv3(inputs[-3])
        size = fine.shape[2:]
        raised = [F.interpolate(x, size, mode="bilinear", align_corners=True) for x in (deep, middle)]
        joint = paddle.concat([*raised, fine], axis=1)
        maps = [getattr(self, f"dilation{number}")(joint) for number in range(1, 5)]
        return (*inputs[:3], paddle.concat(maps, axis=1))
