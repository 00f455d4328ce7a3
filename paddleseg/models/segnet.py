"""SegNet: a decoder that puts numbers where the encoder's pooling found them (Badrinarayanan et al., PAMI 2017)."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import paddle
from paddle import nn

from paddleseg.models.base import SegModel
from paddleseg.models.layers import upsample
from paddleseg.models.layers.basic import ConvBNReLU
from paddleseg.models.layers.unpooling import divisible, pool_with_places, unpool
from paddleseg.registry import MODELS


def _convs(*channels: int) -> list[nn.Layer]:
    return [ConvBNReLU(before, after, 3) for before, after in itertools.pairwise(channels)]


@MODELS.register
class SegNet(SegModel):
    """SegNet with the thirteen convolutions of VGG16 on either side (Badrinarayanan et al., section 3, figure 2).

    Pictures whose sides are no multiples of 32 are resized to the next ones, and their logits back.

    Args:
        num_classes: Classes, background included.
        in_channels: Channels of the image.
        pretrained: A weights file.
        channels: Of each size, finest first.

    Shape:
        x (N, in_channels, H, W) float32. Returns one logit map (N, num_classes, H, W) in a list.

    Raises:
        WeightsError: `pretrained` does not fit this network.
    """

    def __init__(
        self,
        num_classes: int,
        in_channels: int = 3,
        pretrained: str | None = None,
        channels: Sequence[int] = (64, 128, 256, 512, 512),
    ):
        super().__init__(num_classes)
        first, second, *coarse = channels
        fine = [(in_channels, first, first), (first, second, second)]
        rest = [(before, each, each, each) for before, each in zip([second, *coarse], coarse, strict=False)]
        self.encoder = nn.LayerList([nn.Sequential(*_convs(*widths)) for widths in (*fine, *rest)])
        back = [(each, each, each, finer) for each, finer in zip(channels[1:], channels, strict=False)]
        self.decoder = nn.LayerList([nn.Sequential(*_convs(*widths)) for widths in reversed(back)])
        last = nn.Conv2D(first, num_classes, 3, padding=1)
        self.decoder.append(nn.Sequential(*_convs(first, first), last))
        self.load_pretrained(pretrained)

    def forward(self, x: paddle.Tensor) -> list[paddle.Tensor]:
        y, places = upsample(x, divisible(x, 2 ** len(self.encoder))), []
        for convs in self.encoder:
            y, found = pool_with_places(convs(y))
            places.append(found)
        for convs, found in zip(self.decoder, reversed(places), strict=True):
            y = convs(unpool(y, found))
        return self.at_size_of(x, y)
