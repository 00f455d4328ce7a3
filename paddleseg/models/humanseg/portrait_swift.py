"""PortraitSwift: a portrait network made for today's CPUs, by measuring."""

from __future__ import annotations

from collections.abc import Sequence

import paddle
import paddle.nn.functional as F
from paddle import nn

from paddleseg.models.base import SegModel
from paddleseg.models.layers import RepConv, upsample
from paddleseg.models.layers.basic import ConvBNReLU
from paddleseg.registry import MODELS


class SwiftUnit(nn.Sequential):
    """Depth-wise, then point-wise; both fold into one convolution each."""

    def __init__(self, in_channels: int, out_channels: int, kernel_size: int = 3, stride: int = 1):
        super().__init__(
            RepConv(in_channels, in_channels, kernel_size, stride, groups=in_channels),
            RepConv(in_channels, out_channels, 1),
        )


def _stage(in_channels: int, out_channels: int, units: int, kernel_size: int) -> nn.Sequential:
    rest = [SwiftUnit(out_channels, out_channels, kernel_size) for _ in range(units - 1)]
    return nn.Sequential(SwiftUnit(in_channels, out_channels, kernel_size, stride=2), *rest)


class GlobalContext(nn.Layer):
    """What the whole picture says to every place: the mean of the map through two 1x1 convolutions, added."""

    def __init__(self, channels: int):
        super().__init__()
        self.reduce, self.expand = nn.Conv2D(channels, channels // 4, 1), nn.Conv2D(channels // 4, channels, 1)

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        return x + self.expand(F.relu(self.reduce(F.adaptive_avg_pool2d(x, 1))))


class UpUnit(nn.Layer):
    """A coarse map, narrowed and upsampled, plus the skip connection; then a unit."""

    def __init__(self, in_channels: int, skip_channels: int, out_channels: int, align_corners: bool):
        super().__init__()
        self.narrow = RepConv(in_channels, out_channels, 1, relu=False)
        self.skip = RepConv(skip_channels, out_channels, 1, relu=False)
        self.unit = SwiftUnit(out_channels, out_channels)
        self.align_corners = align_corners

    def forward(self, x: paddle.Tensor, skip: paddle.Tensor) -> paddle.Tensor:
        skip = self.skip(skip)
        return self.unit(F.relu(upsample(self.narrow(x), skip, self.align_corners) + skip))


@MODELS.register
class PortraitSwift(SegModel):
    """Encoder to 1/16, context of the whole picture, decoder to 1/2; nothing depends on the picture's shape.

    Plain 3x3 and 5x5 depth-wise and 1x1 convolutions with ReLU are what inference engines run fastest; branches that
    fold away (`RepConv`) make up in training for what plain layers lack. docs/reference/models.md has its cost and
    latency.

    Args:
        num_classes: Classes, background included.
        in_channels: Channels of the image.
        channels: Channels at 1/2, 1/4, 1/8 and 1/16 of the size.
        units: Units at 1/4, 1/8 and 1/16.
        decoder: Channels of the decoder at 1/8, 1/4 and 1/2.
        pretrained: A weights file or a `zoo://` name.
        align_corners: How upsampling places the samples.

    Shape:
        x (N, in_channels, H, W) float32, any H and W from 32. Returns one logit map (N, num_classes, H, W) in a list.
    """

    def __init__(
        self,
        num_classes: int = 2,
        in_channels: int = 3,
        channels: Sequence[int] = (16, 32, 64, 128),
        units: Sequence[int] = (2, 3, 6),
        decoder: Sequence[int] = (48, 32, 16),
        pretrained: str | None = None,
        align_corners: bool = False,
    ):
        super().__init__(num_classes, align_corners=align_corners)
        self.stem = ConvBNReLU(in_channels, channels[0], 3, stride=2)
        steps = zip(channels[:-1], channels[1:], units, (3, 3, 5), strict=True)
        self.stages = nn.LayerList([_stage(*step) for step in steps])
        self.context = GlobalContext(channels[-1])
        coarser = (channels[-1], *decoder[:-1])
        self.ups = nn.LayerList(
            [
                UpUnit(coarse, skip, out, align_corners)
                for coarse, skip, out in zip(coarser, channels[-2::-1], decoder, strict=True)
            ]
        )
        self.classify = nn.Conv2D(decoder[-1], num_classes, 1)
        self.load_pretrained(pretrained)

    def forward(self, x: paddle.Tensor) -> list[paddle.Tensor]:
        maps = [self.stem(x)]
        for stage in self.stages:
            maps.append(stage(maps[-1]))
        y = self.context(maps.pop())
        for up in self.ups:
            y = up(y, maps.pop())
        return self.at_size_of(x, self.classify(y))
