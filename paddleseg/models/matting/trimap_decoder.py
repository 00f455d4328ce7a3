"""A decoder that says of every pixel whether it is foreground, background or neither (Li et al., IJCV 2022)."""

from __future__ import annotations

from collections.abc import Sequence

import paddle
from paddle import nn

from paddleseg.models.layers import PyramidPooling, upsample
from paddleseg.models.layers.basic import ConvBNReLU

WIDTH = 512  # of the context
CONTEXT = (256, 128, 64, 64)  # channels that every stage but the first takes of it
STAGES = ((512, 256), (256, 128), (128, 64), (128, 64), (64, 64))  # channels inside and out of each stage
CHANNELS = tuple(out for _, out in STAGES)


def stage(in_channels: int, channels: int, out_channels: int, dilation: int = 1) -> nn.Sequential:
    """Three convolutions of 3x3, the last two dilated."""
    return nn.Sequential(
        ConvBNReLU(in_channels, channels, 3),
        ConvBNReLU(channels, channels, 3, dilation=dilation),
        ConvBNReLU(channels, out_channels, 3, dilation=dilation),
    )


def last_stage(in_channels: int, out_channels: int) -> nn.Sequential:
    """Two convolutions of 3x3, and one without norm that gives the answer."""
    convs = [ConvBNReLU(in_channels, in_channels, 3) for _ in range(2)]
    return nn.Sequential(*convs, nn.Conv2D(in_channels, out_channels, 3, padding=1))


class TrimapDecoder(nn.Layer):
    """Context of the deepest map by pyramid pooling, then a stage for each doubling, with the context beside it.

    Args:
        in_channels: Channels of the deepest map.

    Shape:
        maps at 1/2, 1/4, 1/8, 1/16 and 1/32, of which all but the last give sizes alone, and what has the full size.
        Returns the maps of the five stages (N, CHANNELS[i], ...), then logits (N, 3, H, W): foreground, unknown,
        background.
    """

    def __init__(self, in_channels: int):
        super().__init__()
        bins = (1, 3, 5)
        self.pyramid = PyramidPooling(in_channels, in_channels, bins)
        self.context = ConvBNReLU(in_channels * (1 + len(bins)), WIDTH, 3)
        self.shares = nn.LayerList([ConvBNReLU(WIDTH, channels, 3) for channels in CONTEXT])
        given = [WIDTH + in_channels, *(out + share for out, share in zip(CHANNELS, CONTEXT, strict=False))]
        dilations = (2, 1, 1, 1, 1)
        plan = zip(given, STAGES, dilations, strict=True)
        self.stages = nn.LayerList([stage(before, *channels, dilation) for before, channels, dilation in plan])
        self.last = last_stage(CHANNELS[-1], 3)

    def forward(self, maps: Sequence[paddle.Tensor], image: paddle.Tensor) -> list[paddle.Tensor]:
        deep = maps[-1]
        context = self.context(paddle.concat([deep, *reversed(self.pyramid(deep))], axis=1))
        larger = [*maps[-2::-1], image]
        x = upsample(self.stages[0](paddle.concat([context, deep], axis=1)), larger[0])
        found = [x]
        for layers, share, ref in zip(self.stages[1:], self.shares, larger[1:], strict=True):
            x = upsample(layers(paddle.concat([upsample(share(context), x), x], axis=1)), ref)
            found.append(x)
        return [*found, self.last(x)]


def fused(trimap: paddle.Tensor, matte: paddle.Tensor) -> paddle.Tensor:
    """`matte` where the likeliest of the three is unknown, else 1 or 0; both (N, ., H, W)."""
    likeliest = trimap.argmax(axis=1, keepdim=True)
    foreground, band = ((likeliest == index).astype(matte.dtype) for index in (0, 1))
    return matte * band + foreground
