"""GhostNet (Han et al., CVPR 2020): half of the feature maps are computed, cheap filters derive the other half."""

from __future__ import annotations

from typing import NamedTuple

import paddle
from paddle import nn

from paddleseg.models.backbones.base import Backbone
from paddleseg.models.layers import SqueezeExcite, round_channels
from paddleseg.models.layers.basic import ConvBN, ConvBNAct, ConvBNReLU
from paddleseg.models.weights import load_pretrained
from paddleseg.registry import BACKBONES


class Row(NamedTuple):
    """A bottleneck of the paper's table 1."""

    kernel_size: int
    expanded: int
    channels: int
    excite: bool
    stride: int


_TABLE = (
    Row(3, 16, 16, False, 1),
    Row(3, 48, 24, False, 2),
    Row(3, 72, 24, False, 1),
    Row(5, 72, 40, True, 2),
    Row(5, 120, 40, True, 1),
    Row(3, 240, 80, False, 2),
    Row(3, 200, 80, False, 1),
    Row(3, 184, 80, False, 1),
    Row(3, 184, 80, False, 1),
    Row(3, 480, 112, True, 1),
    Row(3, 672, 112, True, 1),
    Row(5, 672, 160, True, 2),
    Row(5, 960, 160, False, 1),
    Row(5, 960, 160, True, 1),
    Row(5, 960, 160, False, 1),
    Row(5, 960, 160, True, 1),
)
_GIVEN = (2, 4, 10, 15)  # the last bottleneck of each resolution


class GhostConv(nn.Layer):
    """A 1x1 convolution to half of the channels; a depth-wise 3x3 of them makes the other half (section 3.1)."""

    def __init__(self, in_channels: int, out_channels: int, act: str | None = None):
        super().__init__()
        half = out_channels // 2
        self.primary = ConvBNAct(in_channels, half, 1, act=act)
        self.cheap = ConvBNAct(half, half, 3, groups=half, act=act)

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        primary = self.primary(x)
        return paddle.concat([primary, self.cheap(primary)], axis=1)


class GhostBottleneck(nn.Layer):
    """Two ghost convolutions beside a shortcut, a depth-wise one between them where the size halves (section 3.2)."""

    def __init__(self, in_channels: int, expanded: int, out_channels: int, kernel_size: int, stride: int, excite: bool):
        super().__init__()
        self.expand = GhostConv(in_channels, expanded, act="relu")
        self.depthwise = (
            ConvBN(expanded, expanded, kernel_size, stride=stride, groups=expanded) if stride > 1 else nn.Identity()
        )
        self.excite = SqueezeExcite(expanded, expanded // 4, gate="clip") if excite else nn.Identity()
        self.project = GhostConv(expanded, out_channels)
        self.shortcut = (
            nn.Identity()
            if stride == 1 and in_channels == out_channels
            else nn.Sequential(
                ConvBN(in_channels, in_channels, kernel_size, stride=stride, groups=in_channels),
                ConvBN(in_channels, out_channels, 1),
            )
        )

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        return self.project(self.excite(self.depthwise(self.expand(x)))) + self.shortcut(x)


class GhostNet(Backbone):
    """The paper's table 1 up to the last bottleneck; what classifies images is left out.

    Args:
        in_channels: Channels of the image.
        pretrained: A weights file.

    Shape:
        x (N, in_channels, H, W). Returns four maps at 1/4, 1/8, 1/16 and 1/32, rounded up.

    Raises:
        WeightsError: `pretrained` does not fit this network.
    """

    scale = 1.0  # of all numbers of channels

    def __init__(self, in_channels: int = 3, pretrained: str | None = None):
        super().__init__()
        channels = self._scaled(16)
        self.stem = ConvBNReLU(in_channels, channels, 3, stride=2)
        self.blocks = nn.LayerList()
        for row in _TABLE:
            expanded, width = self._scaled(row.expanded), self._scaled(row.channels)
            self.blocks.append(GhostBottleneck(channels, expanded, width, row.kernel_size, row.stride, row.excite))
            channels = width
        self.strides = [4, 8, 16, 32]
        self.out_channels = [self._scaled(_TABLE[index].channels) for index in _GIVEN]
        load_pretrained(self, pretrained)

    def _scaled(self, channels: int) -> int:
        return round_channels(channels * self.scale, divisor=4)

    def forward(self, x: paddle.Tensor) -> list[paddle.Tensor]:
        x = self.stem(x)
        maps = []
        for block in self.blocks:
            x = block(x)
            maps.append(x)
        return [maps[index] for index in _GIVEN]


@BACKBONES.register
class GhostNet_x0_5(GhostNet):
    scale = 0.5


@BACKBONES.register
class GhostNet_x1_0(GhostNet):
    scale = 1.0


@BACKBONES.register
class GhostNet_x1_3(GhostNet):
    scale = 1.3
