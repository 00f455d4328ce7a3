"""PaddleSeg's fusions of a fine map with a deep one, with its parameter names; ours is `fusion.py`."""

from __future__ import annotations

from typing import Any

import paddle
import paddle.nn.functional as F
from paddle import nn

from paddleseg.models.layers import tensor_fusion_helper as helper
from paddleseg.models.layers.layer_libs import ConvBN, ConvBNAct, ConvBNReLU, SeparableConvBNReLU


class UAFM(nn.Layer):
    """The sum of two maps, then a convolution (PP-LiteSeg, Peng et al., arXiv 2204.02681); a subclass weighs them.

    Args:
        x_ch: Channels of the fine map.
        y_ch: Channels of the deep map.
        ksize: Kernel of the convolution that brings the fine map to `y_ch`.
        resize_mode: How the deep map is brought up.
    """

    def __init__(self, x_ch: int, y_ch: int, out_ch: int, ksize: int = 3, resize_mode: str = "bilinear"):
        super().__init__()
        self.conv_x = ConvBNReLU(x_ch, y_ch, ksize, ksize // 2, bias_attr=False)
        self.conv_out = ConvBNReLU(y_ch, out_ch, 3, 1, bias_attr=False)
        self.resize_mode = resize_mode

    def check(self, x: paddle.Tensor, y: paddle.Tensor) -> None:
        """Raises a ValueError where the fine map is the smaller one."""
        if x.ndim != 4 or y.ndim != 4 or x.shape[2] < y.shape[2] or x.shape[3] < y.shape[3]:
            raise ValueError(f"the first map should be the larger one: {x.shape}, {y.shape}")

    def prepare(self, x: paddle.Tensor, y: paddle.Tensor) -> tuple[paddle.Tensor, paddle.Tensor]:
        return self.prepare_x(x, y), self.prepare_y(x, y)

    def prepare_x(self, x: paddle.Tensor, y: paddle.Tensor) -> paddle.Tensor:
        return self.conv_x(x)

    def prepare_y(self, x: paddle.Tensor, y: paddle.Tensor) -> paddle.Tensor:
        return F.interpolate(y, x.shape[2:], mode=self.resize_mode)

    def fuse(self, x: paddle.Tensor, y: paddle.Tensor) -> paddle.Tensor:
        return self.conv_out(x + y)

    def forward(self, x: paddle.Tensor, y: paddle.Tensor) -> paddle.Tensor:
        self.check(x, y)
        return self.fuse(*self.prepare(x, y))


class _Weighed(UAFM):
    """Both maps weighed by what `summary` says of them, through `conv_xy_atten`."""

    conv_xy_atten: nn.Layer

    def summary(self, x: paddle.Tensor, y: paddle.Tensor) -> paddle.Tensor:
        raise NotImplementedError

    def fuse(self, x: paddle.Tensor, y: paddle.Tensor) -> paddle.Tensor:
        weight = F.sigmoid(self.conv_xy_atten(self.summary(x, y)))
        return self.conv_out(x * weight + y * (1 - weight))


def _channels(given: int, y_ch: int) -> nn.Sequential:
    squeeze = ConvBNAct(given * y_ch, y_ch // 2, 1, act_type="leakyrelu", bias_attr=False)
    return nn.Sequential(squeeze, ConvBN(y_ch // 2, y_ch, 1, bias_attr=False))


def _places(given: int) -> nn.Sequential:
    return nn.Sequential(ConvBNReLU(given, 2, 3, 1, bias_attr=False), ConvBN(2, 1, 3, 1, bias_attr=False))


class UAFM_ChAtten(_Weighed):  # noqa: N801 - PaddleSeg's names
    """A weight for each channel, from means and largest values."""

    def __init__(self, x_ch: int, y_ch: int, *args: Any, **kwargs: Any):
        super().__init__(x_ch, y_ch, *args, **kwargs)
        self.conv_xy_atten = _channels(4, y_ch)

    def summary(self, x: paddle.Tensor, y: paddle.Tensor) -> paddle.Tensor:
        return helper.avg_max_reduce_hw([x, y], self.training)


class UAFM_ChAtten_S(_Weighed):  # noqa: N801
    """A weight for each channel, from means."""

    def __init__(self, x_ch: int, y_ch: int, *args: Any, **kwargs: Any):
        super().__init__(x_ch, y_ch, *args, **kwargs)
        self.conv_xy_atten = _channels(2, y_ch)

    def summary(self, x: paddle.Tensor, y: paddle.Tensor) -> paddle.Tensor:
        return helper.avg_reduce_hw([x, y])


class UAFM_SpAtten(_Weighed):  # noqa: N801
    """A weight for each place, from the means and largest values of the channels."""

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.conv_xy_atten = _places(4)
        # A constant that PaddleSeg keeps in its files.
        self._scale = self.create_parameter([1], default_initializer=nn.initializer.Constant(1.0))
        self._scale.stop_gradient = True

    def summary(self, x: paddle.Tensor, y: paddle.Tensor) -> paddle.Tensor:
        return helper.avg_max_reduce_channel([x, y])


class UAFM_SpAtten_S(_Weighed):  # noqa: N801
    """A weight for each place, from the means of the channels."""

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.conv_xy_atten = _places(2)

    def summary(self, x: paddle.Tensor, y: paddle.Tensor) -> paddle.Tensor:
        return helper.avg_reduce_channel([x, y])


class UAFMMobile(UAFM):
    """`UAFM` with separable convolutions."""

    def __init__(self, x_ch: int, y_ch: int, out_ch: int, ksize: int = 3, resize_mode: str = "bilinear"):
        super().__init__(x_ch, y_ch, out_ch, ksize, resize_mode)
        self.conv_x = SeparableConvBNReLU(x_ch, y_ch, ksize, ksize // 2, bias_attr=False)
        self.conv_out = SeparableConvBNReLU(y_ch, out_ch, 3, 1, bias_attr=False)


class UAFMMobile_SpAtten(UAFMMobile, _Weighed):  # noqa: N801
    """`UAFM_SpAtten` with separable convolutions."""

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.conv_xy_atten = _places(4)

    def summary(self, x: paddle.Tensor, y: paddle.Tensor) -> paddle.Tensor:
        return helper.avg_max_reduce_channel([x, y])
