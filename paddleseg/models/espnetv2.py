"""ESPNetV2: dilated depth-wise convolutions between grouped ones (Mehta et al., CVPR 2019)."""

from __future__ import annotations

import math
from typing import Any

import paddle
import paddle.nn.functional as F
from paddle import nn

from paddleseg.models.base import SegModel
from paddleseg.models.contract import Head
from paddleseg.models.layers import DepthwiseConv2D, spatial_size, upsample
from paddleseg.models.layers.basic import ConvBN, ConvBNAct, bn_prelu
from paddleseg.models.layers.unpooling import divisible
from paddleseg.registry import MODELS

_BRANCHES = 4


class _Unit(nn.Layer):
    """EESP: a grouped 1x1, four dilations summed one by one, a grouped 1x1, added to the input (section 3.2).

    Args:
        rates: Dilation of each branch.
        halving: A unit of stride 2, which ends without sum and activation.
    """

    def __init__(self, in_channels: int, channels: int, rates: tuple[int, ...], halving: bool = False):
        super().__init__()
        inner = channels // _BRANCHES
        self.reduce = ConvBNAct(in_channels, inner, 1, groups=_BRANCHES, act="prelu")
        # Of padding that leaves an odd row over it goes below, and an odd column to the right.
        self.dilated = nn.LayerList(
            [
                DepthwiseConv2D(inner, 3, stride=2, padding="SAME")
                if halving and rate == 1
                else DepthwiseConv2D(inner, 3, stride=1 + halving, padding=rate, dilation=rate)
                for rate in rates
            ]
        )
        self.norm = bn_prelu(channels)
        self.expand = ConvBN(channels, channels, 1, groups=_BRANCHES)
        self.shortcut = in_channels == channels
        self.act = None if halving else nn.PReLU()

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        reduced = self.reduce(x)
        sums = [self.dilated[0](reduced)]
        for conv in self.dilated[1:]:
            sums.append(sums[-1] + conv(reduced))
        y = self.expand(self.norm(paddle.concat(sums, axis=1)))
        if self.act is None:
            return y
        return self.act(x + y if self.shortcut else y)


class _Down(nn.Layer):
    """A unit of stride 2 beside averages, with the picture at that size added (section 3.3, figure 2)."""

    def __init__(self, in_channels: int, channels: int, rates: tuple[int, ...], picture_channels: int):
        super().__init__()
        self.unit = _Unit(in_channels, channels - in_channels, rates, halving=True)
        self.picture = nn.Sequential(
            ConvBNAct(picture_channels, picture_channels, 3, act="prelu"), ConvBN(picture_channels, channels, 1)
        )
        self.act = nn.PReLU()

    def forward(self, x: paddle.Tensor, picture: paddle.Tensor) -> paddle.Tensor:
        return self.act(paddle.concat([_halved(x), self.unit(x)], axis=1) + self.picture(picture))


def _halved(x: paddle.Tensor) -> paddle.Tensor:
    return F.avg_pool2d(x, 3, stride=2, padding=1)


class _Level(nn.Layer):
    def __init__(self, down: _Down, units: list[_Unit]):
        super().__init__()
        self.down, self.units = down, nn.LayerList(units)

    def forward(self, x: paddle.Tensor, picture: paddle.Tensor) -> paddle.Tensor:
        x = self.down(x, picture)
        for unit in self.units:
            x = unit(x)
        return x


class _Pyramid(nn.Layer):
    """Four maps, each half the size of the one before, brought back beside it (section 4.2)."""

    def __init__(self, channels: int):
        super().__init__()
        self.convs = nn.LayerList([DepthwiseConv2D(channels, 3, padding=1) for _ in range(4)])
        self.project = ConvBNAct(5 * channels, channels, 1, act="prelu")

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        maps, small = [x], x
        for conv in self.convs:
            small = F.avg_pool2d(small, 3, stride=2, padding="SAME")
            maps.append(upsample(conv(small), x, align_corners=True))
        return self.project(paddle.concat(maps, axis=1))


@MODELS.register
class ESPNetV2(SegModel):
    """ESPNetV2 for segmentation (Mehta et al., sections 3 and 4.2).

    PaddleSeg asks for dilations that Paddle leaves out where padding is "same", and its published weights learned
    without any; `dilated` does what the paper says. Pictures whose sides are no multiples of 16 are resized to the next
    ones, and their logits back.

    Args:
        num_classes: Classes, background included.
        in_channels: Channels of the image.
        scale: Factor of all channels but the first convolution's.
        drop_prob: Share of channels dropped before each classifier.
        pretrained: A weights file.
        dilated: Dilate the branches of each unit.

    Shape:
        x (N, in_channels, H, W) float32. Returns logit maps (N, num_classes, H, W) in a list: one, or two in training.

    Raises:
        WeightsError: `pretrained` does not fit this network.
    """

    @staticmethod
    def extra_heads(num_classes: int, **_: Any) -> list[Head]:
        return [Head("auxiliary", "logits", num_classes)]

    def __init__(
        self,
        num_classes: int,
        in_channels: int = 3,
        scale: float = 1.0,
        drop_prob: float = 0.1,
        pretrained: str | None = None,
        dilated: bool = False,
    ):
        super().__init__(num_classes, extra_heads=self.extra_heads(num_classes))
        base = math.ceil(int(32 * scale) / _BRANCHES) * _BRANCHES
        one, two, three, four = min(base, 32), 2 * base, 4 * base, 8 * base
        wide, narrow = ((1, 2, 3, 4), (1, 1, 2, 3)) if dilated else ((1,) * 4,) * 2
        self.stem = ConvBNAct(in_channels, one, 3, stride=2, act="prelu", padding="SAME")
        self.level2 = _Level(_Down(one, two, wide, in_channels), [])
        self.level3 = _Level(_Down(two, three, wide, in_channels), [_Unit(three, three, wide) for _ in range(3)])
        self.level4 = _Level(_Down(three, four, wide, in_channels), [_Unit(four, four, narrow) for _ in range(7)])
        self.reduce = ConvBNAct(four, three, 1, act="prelu")
        self.joined, self.pyramid = _Unit(2 * three, three, narrow), _Pyramid(three)
        self.dropout = nn.Dropout2D(drop_prob)
        self.classify_deep = nn.Conv2D(three, num_classes, 1, bias_attr=False)
        self.norm_deep = bn_prelu(num_classes)
        self.fuse = ConvBNAct(two + num_classes, num_classes, 1, act="prelu")
        self.classify = nn.Conv2D(one + num_classes, num_classes, 1, bias_attr=False)
        self.load_pretrained(pretrained)

    def forward(self, x: paddle.Tensor) -> list[paddle.Tensor]:
        picture = upsample(x, divisible(x, 16))
        one = self.stem(picture)
        pictures = [_halved(_halved(picture))]
        while len(pictures) < 3:
            pictures.append(_halved(pictures[-1]))
        two = self.level2(one, pictures[0])
        three = self.level3(two, pictures[1])
        four = self.level4(three, pictures[2])
        deep = self.pyramid(self.joined(paddle.concat([three, _doubled(self.reduce(four))], axis=1)))
        deep = self.norm_deep(self.classify_deep(self.dropout(deep)))
        middle = self.fuse(paddle.concat([two, _doubled(deep)], axis=1))
        fine = self.classify(self.dropout(paddle.concat([one, _doubled(middle)], axis=1)))
        logits = [_doubled(fine)]
        if self.training:
            logits.append(_doubled(_doubled(_doubled(deep))))
        return self.at_size_of(x, *logits)


def _doubled(x: paddle.Tensor) -> paddle.Tensor:
    return upsample(x, [2 * size for size in spatial_size(x)], align_corners=True)
