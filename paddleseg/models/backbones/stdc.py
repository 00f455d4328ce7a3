"""STDC: blocks that concatenate convolutions of ever fewer channels (Fan et al., CVPR 2021)."""

from __future__ import annotations

import paddle
import paddle.nn.functional as F
from paddle import nn

from paddleseg.models.backbones.base import Backbone
from paddleseg.models.layers.basic import ConvBN, ConvBNReLU
from paddleseg.models.weights import load_pretrained
from paddleseg.registry import BACKBONES


class ConcatBlock(nn.Layer):
    """The short-term dense concatenate module (section 3.1, figure 3): four convolutions, one after the other.

    Half of the output's channels come from the first, a 1x1, and so on; each later one sees more of the image.

    Args:
        stride: 2 halves the size between the first convolution and the second, by a depth-wise convolution.
    """

    def __init__(self, in_channels: int, out_channels: int, stride: int):
        super().__init__()
        half, quarter, eighth = out_channels // 2, out_channels // 4, out_channels // 8
        self.stride = stride
        self.convs = nn.LayerList(
            [
                ConvBNReLU(in_channels, half, 1),
                ConvBNReLU(half, quarter, 3),
                ConvBNReLU(quarter, eighth, 3),
                ConvBNReLU(eighth, eighth, 3),
            ]
        )
        self.down = ConvBN(half, half, 3, stride=2, groups=half) if stride == 2 else None

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        first, *rest = self.convs
        x = first(x)
        if self.down is None:
            maps = [x]
        else:
            maps = [F.avg_pool2d(x, 3, stride=2, padding=1)]
            x = self.down(x)
        for conv in rest:
            x = conv(x)
            maps.append(x)
        return paddle.concat(maps, axis=1)


class STDC(Backbone):
    """The paper's section 3.2, table 2, up to stage 5; the classifier is left out.

    The class attribute says which member of the family it is.

    Args:
        in_channels: Channels of the image.
        pretrained: A weights file.
        relative_lr: Factor of the learning rate for all parameters of this network.

    Shape:
        x (N, in_channels, H, W). Returns the maps at 1/2, 1/4, 1/8, 1/16 and 1/32, rounded up.

    Raises:
        WeightsError: `pretrained` does not fit this network.
    """

    depths = (2, 2, 2)  # blocks of stages 3, 4 and 5

    def __init__(self, in_channels: int = 3, pretrained: str | None = None, relative_lr: float = 1.0):
        super().__init__()
        self.relative_lr = relative_lr  # the optimizer reads it
        self.strides, self.out_channels = [2, 4, 8, 16, 32], [32, 64, 256, 512, 1024]
        self.features = nn.LayerList([ConvBNReLU(in_channels, 32, 3, stride=2), ConvBNReLU(32, 64, 3, stride=2)])
        self._last_of_stage = [0, 1]
        channels = 64
        for depth, wide in zip(self.depths, self.out_channels[2:], strict=True):
            for stride in (2, *[1] * (depth - 1)):
                self.features.append(ConcatBlock(channels, wide, stride))
                channels = wide
            self._last_of_stage.append(len(self.features) - 1)
        load_pretrained(self, pretrained)

    def forward(self, x: paddle.Tensor) -> list[paddle.Tensor]:
        maps = []
        for index, layer in enumerate(self.features):
            x = layer(x)
            if index in self._last_of_stage:
                maps.append(x)
        return maps


@BACKBONES.register
class STDC1(STDC):
    depths = (2, 2, 2)


@BACKBONES.register
class STDC2(STDC):
    depths = (4, 5, 3)
