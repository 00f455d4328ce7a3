"""HarDNet: dense blocks whose links are few, as harmonic waves cross (Chao et al., ICCV 2019)."""

from __future__ import annotations

from collections.abc import Sequence

import paddle
import paddle.nn.functional as F
from paddle import nn

from paddleseg.models.base import SegModel
from paddleseg.models.layers import upsample
from paddleseg.models.layers.basic import ConvBNReLU
from paddleseg.registry import MODELS


def _links(layer: int) -> list[int]:
    """The earlier layers that layer number `layer` takes: those 1, 2, 4 ... back that divide its number."""
    steps = [1 << power for power in range(layer.bit_length()) if layer % (1 << power) == 0]
    return [layer - step for step in reversed(steps)]


def _width(layer: int, growth: int, factor: float) -> int:
    """Its channels, more for each further link, rounded to an even number (section 3.1)."""
    return int(int(growth * factor ** (len(_links(layer)) - 1) + 1) / 2) * 2


class HarmonicBlock(nn.Layer):
    """Convolutions linked by powers of two; the odd ones and the last are given on (section 3.1, figure 1).

    Args:
        growth: Channels of a layer with one link.
        factor: How much more a further link adds.
        depth: Layers.

    Attributes:
        out_channels: Channels of the block's map.

    Shape:
        x (N, in_channels, H, W); returns (N, out_channels, H, W).
    """

    def __init__(self, in_channels: int, growth: int, factor: float, depth: int):
        super().__init__()
        widths = [in_channels, *(_width(layer, growth, factor) for layer in range(1, depth + 1))]
        self.layers = nn.LayerList(
            [ConvBNReLU(sum(widths[link] for link in _links(layer)), widths[layer], 3) for layer in range(1, depth + 1)]
        )
        self.given = [layer for layer in range(1, depth + 1) if layer % 2 or layer == depth]
        self.out_channels = sum(widths[layer] for layer in self.given)

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        maps = [x]
        for number, layer in enumerate(self.layers, 1):
            maps.append(layer(paddle.concat([maps[link] for link in _links(number)], axis=1)))
        return paddle.concat([maps[layer] for layer in self.given], axis=1)


@MODELS.register
class HarDNet(SegModel):
    """FC-HarDNet (Chao et al., section 4.1): five harmonic blocks down, four up.

    Args:
        num_classes: Classes, background included.
        in_channels: Channels of the image.
        stem_channels: Of the four convolutions before the blocks.
        ch_list: Channels to which each block's map is brought.
        grmul: How much more channels a further link adds.
        gr: Growth of each block.
        n_layers: Layers of each block.
        align_corners: How maps and logits are brought up.
        pretrained: A weights file.
        fine: Halve the size once before the blocks, as PaddleSeg does, and not twice, as the paper does.

    Shape:
        x (N, in_channels, H, W) float32, H and W from 64. Returns one logit map (N, num_classes, H, W) in a list.

    Raises:
        WeightsError: `pretrained` does not fit this network.
    """

    def __init__(
        self,
        num_classes: int,
        in_channels: int = 3,
        stem_channels: Sequence[int] = (16, 24, 32, 48),
        ch_list: Sequence[int] = (64, 96, 160, 224, 320),
        grmul: float = 1.7,
        gr: Sequence[int] = (10, 16, 18, 24, 32),
        n_layers: Sequence[int] = (4, 4, 8, 8, 8),
        align_corners: bool = False,
        pretrained: str | None = None,
        fine: bool = True,
    ):
        super().__init__(num_classes, align_corners=align_corners)
        steps = zip((in_channels, *stem_channels), stem_channels, (1 if fine else 2, 1, 2, 1), strict=False)
        self.stem = nn.Sequential(
            *[ConvBNReLU(before, after, 3, stride, padding="SAME") for before, after, stride in steps]
        )
        shapes = list(zip(gr, n_layers, strict=True))
        self.down, self.transitions = nn.LayerList(), nn.LayerList()
        channels = stem_channels[-1]
        for (growth, depth), out in zip(shapes, ch_list, strict=True):
            self.down.append(HarmonicBlock(channels, growth, grmul, depth))
            self.transitions.append(ConvBNReLU(self.down[-1].out_channels, out, 1))
            channels = out
        self.up, self.reduce = nn.LayerList(), nn.LayerList()
        for (growth, depth), skip in zip(reversed(shapes[:-1]), reversed(self.down[:-1]), strict=True):
            joined = channels + skip.out_channels
            self.reduce.append(ConvBNReLU(joined, joined // 2, 1))
            self.up.append(HarmonicBlock(joined // 2, growth, grmul, depth))
            channels = self.up[-1].out_channels
        self.classify = nn.Conv2D(channels, num_classes, 1)
        self.load_pretrained(pretrained)

    def forward(self, x: paddle.Tensor) -> list[paddle.Tensor]:
        y, skips = self.stem(x), []
        for number, (block, transition) in enumerate(zip(self.down, self.transitions, strict=True)):
            if number:
                y = F.avg_pool2d(y, 2, stride=2)
            found = block(y)
            skips.append(found)
            y = transition(found)
        for reduce, block, skip in zip(self.reduce, self.up, reversed(skips[:-1]), strict=True):
            y = block(reduce(paddle.concat([upsample(y, skip, self.align_corners), skip], axis=1)))
        return self.at_size_of(x, self.classify(y))
