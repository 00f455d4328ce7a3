"""Guided filters: what was found on a small picture is brought up along the edges of the large one."""

from __future__ import annotations

from itertools import pairwise

import paddle
import paddle.nn.functional as F
from paddle import nn

from paddleseg.models.layers import upsample
from paddleseg.models.layers.basic import ConvBNReLU
from paddleseg.models.layers.depthwise import DepthwiseConv2D


class GuidedFilter(nn.Layer):
    """Near each place of the small picture the map is a linear function of it, whose coefficients are brought up.

    (He and Sun, "Fast Guided Filter", arXiv 1505.00996.) The guide is the picture with its mean as a fourth channel.

    Shape:
        large (N, 3, H, W), small (N, 3, h, w), found (N, 4, h, w), hidden (N, C, h, w); returns (N, 4, H, W).
    """

    def forward(
        self, large: paddle.Tensor, small: paddle.Tensor, found: paddle.Tensor, hidden: paddle.Tensor
    ) -> paddle.Tensor:
        guide = _with_mean(small)
        mean, mean_found = self.box(guide), self.box(found)
        covariance = self.box(guide * found) - mean * mean_found
        variance = self.box(guide * guide) - mean * mean
        slope = self.slope(covariance, variance, hidden)
        return upsample(slope, large) * _with_mean(large) + upsample(mean_found - slope * mean, large)

    def box(self, x: paddle.Tensor) -> paddle.Tensor:
        """The mean of 3x3 places, with 0 beyond the border."""
        return F.avg_pool2d(x, 3, stride=1, padding=1, exclusive=False)

    def slope(self, covariance: paddle.Tensor, variance: paddle.Tensor, hidden: paddle.Tensor) -> paddle.Tensor:
        raise NotImplementedError


class FastGuidedFilter(GuidedFilter):
    """The slope of least squares."""

    def __init__(self, hidden_channels: int):
        super().__init__()

    def slope(self, covariance: paddle.Tensor, variance: paddle.Tensor, hidden: paddle.Tensor) -> paddle.Tensor:
        return covariance / (variance + 1e-5)


class DeepGuidedFilter(GuidedFilter):
    """A slope that is learned, from what the network saw too (Wu et al., CVPR 2018)."""

    def __init__(self, hidden_channels: int):
        super().__init__()
        self.mean = DepthwiseConv2D(4, 3, padding=1, weight_attr=nn.initializer.Constant(1 / 9))
        widths = (8 + hidden_channels, hidden_channels, hidden_channels)
        self.convs = nn.Sequential(*[ConvBNReLU(*pair, 1) for pair in pairwise(widths)])
        self.predict = nn.Conv2D(hidden_channels, 4, 1)

    def box(self, x: paddle.Tensor) -> paddle.Tensor:
        return self.mean(x)

    def slope(self, covariance: paddle.Tensor, variance: paddle.Tensor, hidden: paddle.Tensor) -> paddle.Tensor:
        return self.predict(self.convs(paddle.concat([covariance, variance, hidden], axis=1)))


def _with_mean(x: paddle.Tensor) -> paddle.Tensor:
    return paddle.concat([x, x.mean(axis=1, keepdim=True)], axis=1)
