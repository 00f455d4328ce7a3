"""MobileNetV2 (Sandler et al., CVPR 2018): inverted residuals with linear bottlenecks."""

from __future__ import annotations

from typing import NamedTuple

import paddle
from paddle import nn

from paddleseg.models.backbones.base import Backbone
from paddleseg.models.layers import InvertedResidual
from paddleseg.models.layers.basic import ConvBNAct
from paddleseg.models.weights import load_pretrained
from paddleseg.registry import BACKBONES


class Stage(NamedTuple):
    """A row of the paper's table 2."""

    expansion: int
    channels: int
    blocks: int
    stride: int


_STAGES = (
    Stage(1, 16, 1, 1),
    Stage(6, 24, 2, 2),
    Stage(6, 32, 3, 2),
    Stage(6, 64, 4, 2),
    Stage(6, 96, 3, 1),
    Stage(6, 160, 3, 2),
    Stage(6, 320, 1, 1),
)
_GIVEN = (1, 2, 4, 6)  # the last stage of each resolution


class MobileNetV2(Backbone):
    """The paper's table 2 up to the last bottleneck; what classifies images is left out.

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
        widths = [int(stage.channels * self.scale) for stage in _STAGES]
        self.strides, self.out_channels = [4, 8, 16, 32], [widths[index] for index in _GIVEN]
        channels = int(32 * self.scale)
        self.stem = ConvBNAct(in_channels, channels, 3, stride=2, act="relu6")
        self.stages = nn.LayerList()
        for stage, width in zip(_STAGES, widths, strict=True):
            self.stages.append(_bottlenecks(stage, channels, width))
            channels = width
        load_pretrained(self, pretrained)

    def forward(self, x: paddle.Tensor) -> list[paddle.Tensor]:
        maps = self.stage_maps(x)
        return [maps[index] for index in _GIVEN]

    def stage_maps(self, x: paddle.Tensor) -> list[paddle.Tensor]:
        """The map of every stage."""
        x = self.stem(x)
        maps = []
        for stage in self.stages:
            x = stage(x)
            maps.append(x)
        return maps


def _bottlenecks(stage: Stage, in_channels: int, channels: int) -> nn.Sequential:
    blocks = []
    for stride in (stage.stride, *[1] * (stage.blocks - 1)):
        # The published networks have the first 1x1 convolution even where it expands nothing.
        blocks.append(
            InvertedResidual(in_channels, stage.expansion * in_channels, channels, stride=stride, expand=True)
        )
        in_channels = channels
    return nn.Sequential(*blocks)


@BACKBONES.register
class MobileNetV2_x0_25(MobileNetV2):
    scale = 0.25


@BACKBONES.register
class MobileNetV2_x0_5(MobileNetV2):
    scale = 0.5


@BACKBONES.register
class MobileNetV2_x0_75(MobileNetV2):
    scale = 0.75


@BACKBONES.register
class MobileNetV2_x1_0(MobileNetV2):
    scale = 1.0


@BACKBONES.register
class MobileNetV2_x1_5(MobileNetV2):
    scale = 1.5


@BACKBONES.register
class MobileNetV2_x2_0(MobileNetV2):
    scale = 2.0


@BACKBONES.register("MobileNetV2")
class MobileNetV2Pyramid(MobileNetV2):
    """PaddleSeg Matting's form: five maps from 1/2 on, the last one after the classifier's convolution."""

    def __init__(self, in_channels: int = 3, pretrained: str | None = None):
        super().__init__(in_channels)
        self.last = ConvBNAct(self.out_channels[-1], 1280, 1, act="relu6")
        self.strides, self.out_channels = [2, 4, 8, 16, 32], [16, 24, 32, 96, 1280]
        load_pretrained(self, pretrained)

    def forward(self, x: paddle.Tensor) -> list[paddle.Tensor]:
        *maps, x = self.stage_maps(x)
        return [*(maps[index] for index in (0, 1, 2, 4)), self.last(x)]
