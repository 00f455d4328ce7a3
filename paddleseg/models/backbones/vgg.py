"""VGG: convolutions of 3x3 alone, and pooling (Simonyan and Zisserman, ICLR 2015)."""

from __future__ import annotations

import paddle
import paddle.nn.functional as F
from paddle import nn

from paddleseg.models.backbones.base import Backbone
from paddleseg.models.layers import max_pool
from paddleseg.models.weights import load_pretrained
from paddleseg.registry import BACKBONES

_WIDTHS = (64, 128, 256, 512, 512)


class VGG(Backbone):
    """The paper's table 1 without biases, and a convolution for its first full layer (Xu et al., CVPR 2017, 4.1).

    The class attribute says which member of the family it is.

    Args:
        in_channels: Channels of the image.
        pretrained: A weights file.
        input_channels: PaddleSeg Matting's name of `in_channels`, which stands for it.

    Shape:
        x (N, in_channels, H, W). Returns what each of five blocks holds before its pooling, at 1, 1/2, 1/4, 1/8 and
        1/16, and the last convolution's map at 1/32, rounded down.

    Raises:
        WeightsError: `pretrained` does not fit this network.
    """

    depths = (2, 2, 3, 3, 3)

    def __init__(self, in_channels: int = 3, pretrained: str | None = None, input_channels: int | None = None):
        super().__init__()
        self.strides, self.out_channels = [1, 2, 4, 8, 16, 32], [*_WIDTHS, 512]
        channels = in_channels if input_channels is None else input_channels
        self.blocks = nn.LayerList()
        for depth, width in zip(self.depths, _WIDTHS, strict=True):
            self.blocks.append(
                nn.LayerList([_conv(channels if index == 0 else width, width) for index in range(depth)])
            )
            channels = width
        self.last = _conv(channels, 512)
        load_pretrained(self, pretrained)

    def forward(self, x: paddle.Tensor) -> list[paddle.Tensor]:
        maps = []
        for block in self.blocks:
            for conv in block:
                x = F.relu(conv(x))
            maps.append(x)
            x = max_pool(x, 2, stride=2, padding=0)
        return [*maps, F.relu(self.last(x))]


def _conv(in_channels: int, out_channels: int) -> nn.Conv2D:
    init = nn.initializer.KaimingNormal()
    return nn.Conv2D(in_channels, out_channels, 3, padding=1, weight_attr=init, bias_attr=False)


@BACKBONES.register
class VGG11(VGG):
    depths = (1, 1, 2, 2, 2)


@BACKBONES.register
class VGG13(VGG):
    depths = (2, 2, 2, 2, 2)


@BACKBONES.register
class VGG16(VGG):
    depths = (2, 2, 3, 3, 3)


@BACKBONES.register
class VGG19(VGG):
    depths = (2, 2, 4, 4, 4)
