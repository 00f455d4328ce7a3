"""MSCAN, the backbone of SegNeXt: attention made of strip convolutions (Guo et al., NeurIPS 2022)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import paddle
from paddle import nn

from paddleseg.models.backbones.base import Backbone
from paddleseg.models.layers.basic import ConvBN
from paddleseg.models.layers.drop_path import DropPath
from paddleseg.models.weights import load_pretrained
from paddleseg.registry import BACKBONES


def _depthwise(channels: int, kernel_size: tuple[int, int]) -> nn.Conv2D:
    margin = (kernel_size[0] // 2, kernel_size[1] // 2)
    return nn.Conv2D(channels, channels, kernel_size, padding=margin, groups=channels)


class _StripAttention(nn.Layer):
    """Weights of places from a 5x5 and three pairs of strip convolutions (section 3.1, figure 2 b)."""

    def __init__(self, channels: int, lengths: Sequence[int]):
        super().__init__()
        self.near = _depthwise(channels, (5, 5))
        self.strips = nn.LayerList(
            [nn.Sequential(_depthwise(channels, (1, long)), _depthwise(channels, (long, 1))) for long in lengths]
        )
        self.mix = nn.Conv2D(channels, channels, 1)

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        near = self.near(x)
        return x * self.mix(near + sum(strip(near) for strip in self.strips))


class _Attention(nn.Layer):
    def __init__(self, channels: int, lengths: Sequence[int]):
        super().__init__()
        self.before, self.act, self.after = (
            nn.Conv2D(channels, channels, 1),
            nn.GELU(),
            nn.Conv2D(channels, channels, 1),
        )
        self.weigh = _StripAttention(channels, lengths)

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        return x + self.after(self.weigh(self.act(self.before(x))))


class _FeedForward(nn.Layer):
    def __init__(self, channels: int, hidden: int, dropout: float):
        super().__init__()
        self.fc1, self.depthwise = nn.Conv2D(channels, hidden, 1), _depthwise(hidden, (3, 3))
        self.act, self.fc2, self.dropout = nn.GELU(), nn.Conv2D(hidden, channels, 1), nn.Dropout(dropout)

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        x = self.dropout(self.act(self.depthwise(self.fc1(x))))
        return self.dropout(self.fc2(x))


class _Block(nn.Layer):
    def __init__(self, channels: int, ratio: float, lengths: Sequence[int], dropout: float, drop_path: float):
        super().__init__()
        self.norm1, self.norm2 = nn.BatchNorm2D(channels), nn.BatchNorm2D(channels)
        self.attention = _Attention(channels, lengths)
        self.mlp = _FeedForward(channels, int(channels * ratio), dropout)
        self.drop_path = DropPath(drop_path)
        small = nn.initializer.Constant(0.01)
        self.scale1, self.scale2 = (
            self.create_parameter([channels, 1, 1], default_initializer=small) for _ in range(2)
        )

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        x = x + self.drop_path(self.scale1 * self.attention(self.norm1(x)))
        return x + self.drop_path(self.scale2 * self.mlp(self.norm2(x)))


class _Stage(nn.Layer):
    def __init__(self, embed: nn.Layer, blocks: list[_Block], channels: int):
        super().__init__()
        self.embed, self.blocks, self.norm = embed, nn.Sequential(*blocks), nn.LayerNorm(channels)

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        x = self.blocks(self.embed(x))
        return self.norm(x.transpose([0, 2, 3, 1])).transpose([0, 3, 1, 2])


@BACKBONES.register
class MSCAN(Backbone):
    """Four stages of multi-scale convolutional attention (Guo et al., section 3.1, table 1).

    Args:
        in_channels: Channels of the image.
        embed_dims: Channels of each stage; None for those of the member of the family.
        depths: Blocks of each stage; None likewise.
        mlp_ratios: Channels within a block's last part, for each of its channels.
        atten_kernel_sizes: Lengths of the strips.
        drop_rate: Share of values dropped in a block's last part.
        drop_path_rate: Share of samples that leave the last block out in training; rises from 0 over the blocks. None
            for that of the member.
        pretrained: A weights file.

    Shape:
        x (N, in_channels, H, W). Returns four maps at 1/4, 1/8, 1/16 and 1/32, rounded up.

    Raises:
        WeightsError: `pretrained` does not fit this network.
    """

    widths: tuple[int, ...] = (32, 64, 160, 256)
    blocks: tuple[int, ...] = (3, 3, 5, 2)
    path_rate = 0.1

    def __init__(
        self,
        in_channels: int = 3,
        embed_dims: Sequence[int] | None = None,
        depths: Sequence[int] | None = None,
        mlp_ratios: Sequence[float] = (8, 8, 4, 4),
        atten_kernel_sizes: Sequence[int] = (7, 11, 21),
        drop_rate: float = 0.0,
        drop_path_rate: float | None = None,
        pretrained: str | None = None,
    ):
        super().__init__()
        widths, depths = list(embed_dims or self.widths), list(depths or self.blocks)
        self.out_channels, self.strides = widths, [4 << stage for stage in range(len(widths))]
        path_rate = self.path_rate if drop_path_rate is None else drop_path_rate
        rates = iter(np.linspace(0, path_rate, sum(depths)).tolist())
        self.stages = nn.LayerList()
        for width, depth, ratio in zip(widths, depths, mlp_ratios, strict=True):
            if self.stages:
                embed: nn.Layer = ConvBN(in_channels, width, 3, stride=2)
            else:
                first = ConvBN(in_channels, width // 2, 3, stride=2)
                embed = nn.Sequential(first, nn.GELU(), ConvBN(width // 2, width, 3, stride=2))
            blocks = [_Block(width, ratio, atten_kernel_sizes, drop_rate, next(rates)) for _ in range(depth)]
            self.stages.append(_Stage(embed, blocks, width))
            in_channels = width
        load_pretrained(self, pretrained)

    def forward(self, x: paddle.Tensor) -> list[paddle.Tensor]:
        maps = []
        for stage in self.stages:
            x = stage(x)
            maps.append(x)
        return maps


@BACKBONES.register
class MSCAN_T(MSCAN):
    pass


@BACKBONES.register
class MSCAN_S(MSCAN):
    widths, blocks = (64, 128, 320, 512), (2, 2, 4, 2)


@BACKBONES.register
class MSCAN_B(MSCAN):
    widths, blocks = (64, 128, 320, 512), (3, 3, 12, 3)


@BACKBONES.register
class MSCAN_L(MSCAN):
    widths, blocks, path_rate = (64, 128, 320, 512), (3, 5, 27, 3), 0.3
