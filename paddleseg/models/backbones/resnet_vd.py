"""ResNet-D: ResNet with a deep stem and pooled shortcuts (He et al., "Bag of Tricks", CVPR 2019, section 4.1)."""

from __future__ import annotations

import paddle
import paddle.nn.functional as F
from paddle import nn

from paddleseg.models.backbones.resnet import ResNet
from paddleseg.models.layers.basic import ConvBN, ConvBNReLU
from paddleseg.models.layers.residual import BasicBlock, Bottleneck
from paddleseg.registry import BACKBONES


class PooledShortcut(ConvBN):
    """Halves the resolution by averages; a strided 1x1 convolution would leave three pixels in four unseen."""

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        return super().forward(F.avg_pool2d(x, 2, stride=2, ceil_mode=True))


class ResNetVd(ResNet):
    """ResNet-D (section 4.1, figure 2c): three 3x3 convolutions for the 7x7 one, pooling in the shortcuts.

    The stride of a bottleneck is that of its 3x3 convolution. Arguments, shape and errors are those of `ResNet`.
    """

    def make_stem(self, in_channels: int) -> nn.Layer:
        return nn.Sequential(ConvBNReLU(in_channels, 32, 3, stride=2), ConvBNReLU(32, 32, 3), ConvBNReLU(32, 64, 3))

    def make_shortcut(self, in_channels: int, out_channels: int, stride: int) -> nn.Layer:
        return (PooledShortcut if stride > 1 else ConvBN)(in_channels, out_channels, 1)


@BACKBONES.register
class ResNet18_vd(ResNetVd):
    block, depths = BasicBlock, (2, 2, 2, 2)


@BACKBONES.register
class ResNet34_vd(ResNetVd):
    block, depths = BasicBlock, (3, 4, 6, 3)


@BACKBONES.register
class ResNet50_vd(ResNetVd):
    block, depths = Bottleneck, (3, 4, 6, 3)


@BACKBONES.register
class ResNet101_vd(ResNetVd):
    block, depths = Bottleneck, (3, 4, 23, 3)
