"""UNet 3+: each size of the decoder sees all sizes at once (Huang et al., ICASSP 2020)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import paddle
from paddle import nn

from paddleseg.models.base import SegModel
from paddleseg.models.contract import Head
from paddleseg.models.layers import max_pool, upsample
from paddleseg.models.layers.basic import ConvBNReLU, double_conv
from paddleseg.registry import MODELS


class _FullScale(nn.Layer):
    """Maps of all sizes at one, 64 channels of each, then a convolution (section 2.1, figure 2)."""

    def __init__(self, size: int, in_channels: Sequence[int], width: int):
        super().__init__()
        self.size = size
        self.incoming = nn.LayerList([ConvBNReLU(channels, width, 3) for channels in in_channels])
        self.fuse = ConvBNReLU(len(in_channels) * width, len(in_channels) * width, 3)

    def forward(self, maps: Sequence[paddle.Tensor]) -> paddle.Tensor:
        """Of `maps`, finest first, those finer than this size are the encoder's, and the coarser ones the decoder's."""
        here = maps[self.size]
        found = []
        for size, (conv, x) in enumerate(zip(self.incoming, maps, strict=True)):
            factor = 2 ** (self.size - size)
            if factor > 1:
                x = max_pool(x, int(factor), stride=int(factor), padding=0)
            found.append(conv(upsample(x, here) if factor < 1 else x))
        return self.fuse(paddle.concat(found, axis=1))


@MODELS.register
class UNet3Plus(SegModel):
    """U-Net with full-scale skip connections (Huang et al., section 2, figure 1 c).

    Args:
        in_channels: Channels of the image.
        num_classes: Classes, background included.
        is_batchnorm: Whether the encoder has batch norm.
        is_deepsup: Give logits of the four coarser sizes as well in training.
        is_CGM: The classification-guided module, which is not here.
        channels: Of each size of the encoder, finest first; the decoder has as many of the finest for each size.
        pretrained: A weights file.

    Shape:
        x (N, in_channels, H, W) float32, H and W from 16. Returns logit maps (N, num_classes, H, W) in a list: one, or
        five in training with `is_deepsup`.

    Raises:
        ValueError: `is_CGM` is asked for.
        WeightsError: `pretrained` does not fit this network.
    """

    @staticmethod
    def extra_heads(num_classes: int = 2, is_deepsup: bool = False, **_: Any) -> list[Head]:
        return [Head(f"size_{1 << size}", "logits", num_classes) for size in range(1, 5)] if is_deepsup else []

    def __init__(
        self,
        in_channels: int = 3,
        num_classes: int = 2,
        is_batchnorm: bool = True,
        is_deepsup: bool = False,
        is_CGM: bool = False,
        channels: Sequence[int] = (64, 128, 256, 512, 1024),
        pretrained: str | None = None,
    ):
        if is_CGM:
            raise ValueError(
                "is_CGM is not here: no loss of PaddleSeg's teaches that module, whose choice has no slope"
            )
        super().__init__(num_classes, extra_heads=self.extra_heads(num_classes, is_deepsup))
        make = double_conv if is_batchnorm else _plain_double_conv
        self.down = nn.LayerList(
            [make(before, after) for before, after in zip((in_channels, *channels), channels, strict=False)]
        )
        width, sizes = channels[0], len(channels)
        wide = width * sizes
        # up[i] makes the map of size 3 - i, where those of coarser sizes have been made but the coarsest, which is the
        # encoder's.
        self.up = nn.LayerList(
            [
                _FullScale(size, [*channels[: size + 1], *[wide] * (sizes - 2 - size), channels[-1]], width)
                for size in reversed(range(sizes - 1))
            ]
        )
        ends = [*[wide] * (sizes - 1), channels[-1]] if is_deepsup else [wide]
        self.classify = nn.LayerList([nn.Conv2D(each, num_classes, 3, padding=1) for each in ends])
        self.load_pretrained(pretrained)

    def forward(self, x: paddle.Tensor) -> list[paddle.Tensor]:
        maps: list[paddle.Tensor] = []
        for convs in self.down:
            maps.append(convs(max_pool(maps[-1], 2, stride=2, padding=0) if maps else x))
        for size, up in zip(reversed(range(len(maps) - 1)), self.up, strict=True):
            maps[size] = up(maps)
        ends = zip(self.classify, maps, strict=False) if self.training else [(self.classify[0], maps[0])]
        return self.at_size_of(x, *(classify(each) for classify, each in ends))


def _plain_double_conv(in_channels: int, channels: int) -> nn.Sequential:
    steps = ((in_channels, channels), (channels, channels))
    return nn.Sequential(
        *[
            nn.Sequential(("conv", nn.Conv2D(before, after, 3, padding=1)), ("relu", nn.ReLU()))
            for before, after in steps
        ]
    )
