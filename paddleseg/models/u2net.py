"""U²-Net: a U whose every stage is a U itself (Qin et al., Pattern Recognition 2020)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import paddle
import paddle.nn.functional as F
from paddle import nn

from paddleseg.models.base import SegModel
from paddleseg.models.contract import Head
from paddleseg.models.layers import upsample
from paddleseg.models.layers.basic import ConvBNReLU
from paddleseg.registry import MODELS


class ResidualU(nn.Layer):
    """A small U beside its first convolution (RSU, section 3.1, figure 2).

    Args:
        inner: Channels within.
        depth: Convolutions on the way down, of which the last is dilated.
        flat: Dilate all of them, and pool nowhere, for maps that are small already (RSU-4F).

    Shape:
        x (N, in_channels, H, W); returns (N, channels, H, W).
    """

    def __init__(self, in_channels: int, inner: int, channels: int, depth: int, flat: bool = False):
        super().__init__()
        self.flat = flat
        self.first = ConvBNReLU(in_channels, channels, 3)
        rates = [1 << level for level in range(depth)] if flat else [1] * (depth - 1) + [2]
        self.down = nn.LayerList(
            [ConvBNReLU(inner if level else channels, inner, 3, dilation=rate) for level, rate in enumerate(rates)]
        )
        back = list(enumerate(rates[:-1]))[::-1]
        self.up = nn.LayerList(
            [ConvBNReLU(2 * inner, inner if level else channels, 3, dilation=rate) for level, rate in back]
        )

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        first = self.first(x)
        maps = [first]
        last = len(self.down) - 1
        for level, conv in enumerate(self.down):
            pooled = not self.flat and 0 < level < last
            maps.append(conv(_halved(maps[-1]) if pooled else maps[-1]))
        y = maps.pop()
        for conv in self.up:
            skip = maps.pop()
            y = conv(paddle.concat([upsample(y, skip), skip], axis=1))
        return y + first


def _halved(x: paddle.Tensor) -> paddle.Tensor:
    return F.max_pool2d(x, 2, stride=2, ceil_mode=True)


@MODELS.register
class U2Net(SegModel):
    """U²-Net (Qin et al., section 3.2, figure 5): six stages down, five up, and logits at every size.

    Args:
        num_classes: Classes, background included.
        in_channels: Channels of the image.
        pretrained: A weights file.
        down_channels: Channels within and out of each stage down, finest first; None for the paper's.
        up_channels: Those of the stages up, finest first.

    Shape:
        x (N, in_channels, H, W) float32. Returns logit maps (N, num_classes, H, W) in a list: one, which fuses those of
        the six sizes, or seven in training.

    Raises:
        WeightsError: `pretrained` does not fit this network.
    """

    published_down: tuple[tuple[int, int], ...] = ((32, 64), (32, 128), (64, 256), (128, 512), (256, 512), (256, 512))
    published_up: tuple[tuple[int, int], ...] = ((16, 64), (32, 64), (64, 128), (128, 256), (256, 512))

    @staticmethod
    def extra_heads(num_classes: int, **_: Any) -> list[Head]:
        return [Head(f"size_{1 << size}", "logits", num_classes) for size in range(6)]

    def __init__(
        self,
        num_classes: int,
        in_channels: int = 3,
        pretrained: str | None = None,
        down_channels: Sequence[tuple[int, int]] | None = None,
        up_channels: Sequence[tuple[int, int]] | None = None,
    ):
        down, up = down_channels or self.published_down, up_channels or self.published_up
        super().__init__(num_classes, extra_heads=self.extra_heads(num_classes))
        depths = ((7, False), (6, False), (5, False), (4, False), (4, True), (4, True))
        given = [in_channels, *(channels for _, channels in down)]
        self.down = nn.LayerList(
            [
                ResidualU(before, inner, channels, depth, flat)
                for before, (inner, channels), (depth, flat) in zip(given, down, depths, strict=False)
            ]
        )
        deeper = [*(channels for _, channels in up[1:]), given[-1]]
        self.up = nn.LayerList(
            [
                ResidualU(deep + skip, inner, channels, depth, flat)
                for deep, skip, (inner, channels), (depth, flat) in zip(deeper, given[1:], up, depths, strict=False)
            ]
        )
        ends = [*(channels for _, channels in up), given[-1]]
        self.classify = nn.LayerList([nn.Conv2D(channels, num_classes, 3, padding=1) for channels in ends])
        self.fuse = nn.Conv2D(len(ends) * num_classes, num_classes, 1)
        self.load_pretrained(pretrained)

    def forward(self, x: paddle.Tensor) -> list[paddle.Tensor]:
        maps: list[paddle.Tensor] = []
        for stage in self.down:
            maps.append(stage(_halved(maps[-1]) if maps else x))
        for size in reversed(range(len(self.up))):
            maps[size] = self.up[size](paddle.concat([upsample(maps[size + 1], maps[size]), maps[size]], axis=1))
        sides = self.at_size_of(x, *(classify(each) for classify, each in zip(self.classify, maps, strict=True)))
        fused = self.fuse(paddle.concat(sides, axis=1))
        return [fused, *sides] if self.training else [fused]


@MODELS.register
class U2Netp(U2Net):
    """U²-Net of 4.7 MB (Qin et al., table 2): 16 channels within each stage, 64 out of it. The rest is `U2Net`'s."""

    published_down = ((16, 64),) * 6
    published_up = ((16, 64),) * 5
