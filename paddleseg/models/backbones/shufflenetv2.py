"""ShuffleNetV2 (Ma et al., ECCV 2018): half of the channels skip each unit, and a shuffle mixes the halves."""

from __future__ import annotations

from itertools import pairwise

import paddle
from paddle import nn

from paddleseg.models.backbones.base import Backbone
from paddleseg.models.layers import max_pool
from paddleseg.models.layers.basic import ConvBNAct
from paddleseg.models.layers.shuffle import shuffle_stage
from paddleseg.models.weights import load_pretrained
from paddleseg.registry import BACKBONES

_STEM_CHANNELS = 24
_UNITS = (4, 8, 4)


class ShuffleNetV2(Backbone):
    """The paper's table 5 up to stage 4; what classifies images is left out.

    The class attributes say which member of the family it is.

    Args:
        in_channels: Channels of the image.
        pretrained: A weights file.

    Shape:
        x (N, in_channels, H, W). Returns four maps at 1/4, 1/8, 1/16 and 1/32, rounded up.

    Raises:
        WeightsError: `pretrained` does not fit this network.
    """

    channels: tuple[int, int, int] = (116, 232, 464)  # of the three stages
    act = "relu"

    def __init__(self, in_channels: int = 3, pretrained: str | None = None):
        super().__init__()
        self.strides, self.out_channels = [4, 8, 16, 32], [_STEM_CHANNELS, *self.channels]
        self.stem = ConvBNAct(in_channels, _STEM_CHANNELS, 3, stride=2, act=self.act)
        self.stages = nn.LayerList(
            [
                shuffle_stage(before, channels, units, self.act)
                for (before, channels), units in zip(pairwise(self.out_channels), _UNITS, strict=True)
            ]
        )
        load_pretrained(self, pretrained)

    def forward(self, x: paddle.Tensor) -> list[paddle.Tensor]:
        maps = [max_pool(self.stem(x), 3, stride=2, padding=1)]
        for stage in self.stages:
            maps.append(stage(maps[-1]))
        return maps


@BACKBONES.register
class ShuffleNetV2_x0_25(ShuffleNetV2):
    channels = (24, 48, 96)


@BACKBONES.register
class ShuffleNetV2_x0_33(ShuffleNetV2):
    channels = (32, 64, 128)


@BACKBONES.register
class ShuffleNetV2_x0_5(ShuffleNetV2):
    channels = (48, 96, 192)


@BACKBONES.register
class ShuffleNetV2_x1_0(ShuffleNetV2):
    channels = (116, 232, 464)


@BACKBONES.register
class ShuffleNetV2_x1_5(ShuffleNetV2):
    channels = (176, 352, 704)


@BACKBONES.register
class ShuffleNetV2_x2_0(ShuffleNetV2):
    channels = (224, 488, 976)  # the paper's 244 are 224 in the published weights


@BACKBONES.register
class ShuffleNetV2_swish(ShuffleNetV2_x1_0):
    act = "swish"
