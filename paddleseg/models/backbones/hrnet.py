"""HRNet: parallel branches at 1/4 to 1/32 that exchange what they see (Sun et al., arXiv 1904.04514 and 1908.07919)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Literal

import paddle
import paddle.nn.functional as F
from paddle import nn

from paddleseg.models.backbones.base import Backbone
from paddleseg.models.layers import PolarizedSelfAttentionModule, ResizeMode, upsample
from paddleseg.models.layers.basic import ConvBN, ConvBNReLU
from paddleseg.models.layers.residual import BasicBlock, Bottleneck
from paddleseg.models.weights import load_pretrained
from paddleseg.registry import BACKBONES


class ParallelModule(nn.Layer):
    """Blocks in every branch, then every branch adds what all others see (section 3.1, figure 3).

    Args:
        branches: Layers of each branch, highest resolution first; each has half the resolution of the one before.
        path: Makes what leads from one branch to another, (source, target).
        mode: How low resolutions are brought up; `align_corners` likewise.
    """

    def __init__(
        self,
        branches: Sequence[nn.Layer],
        path: Callable[[int, int], nn.Layer],
        align_corners: bool = False,
        mode: ResizeMode = "bilinear",
    ):
        super().__init__()
        self.align_corners, self.mode = align_corners, mode
        self.branches = nn.LayerList(list(branches))
        every = range(len(branches))
        self.exchange = nn.LayerList(
            [
                nn.LayerList([nn.Identity() if source == target else path(source, target) for source in every])
                for target in every
            ]
        )

    def forward(self, maps: list[paddle.Tensor]) -> list[paddle.Tensor]:
        maps = [branch(x) for branch, x in zip(self.branches, maps, strict=True)]
        return [self._gather(target, paths, maps) for target, paths in enumerate(self.exchange)]

    def _gather(self, target: int, paths: nn.LayerList, maps: list[paddle.Tensor]) -> paddle.Tensor:
        total = maps[target]
        for source, path in enumerate(paths):
            if source < target:
                total = total + path(maps[source])
            elif source > target:
                total = total + upsample(path(maps[source]), maps[target], self.align_corners, self.mode)
        return F.relu(total)


def _block(channels: int, attentive: bool) -> BasicBlock:
    return BasicBlock(
        channels, channels, between=PolarizedSelfAttentionModule(channels, channels) if attentive else None
    )


def residual_module(
    channels: Sequence[int],
    blocks: int,
    padding: Literal["SAME"] | None = None,
    align_corners: bool = False,
    attentive: bool = False,
) -> ParallelModule:
    """A module of residual blocks.

    Args:
        channels: Channels of each branch.
        blocks: Blocks of each branch.
        padding: Of the strided convolutions, as in `ConvBN`.
        attentive: Whether blocks attend between their convolutions.
    """
    branches = [nn.Sequential(*[_block(each, attentive) for _ in range(blocks)]) for each in channels]
    return ParallelModule(branches, partial(_path, channels, padding=padding), align_corners)


def _path(channels: Sequence[int], source: int, target: int, *, padding: Literal["SAME"] | None) -> nn.Layer:
    """From one branch to another: a 1x1 convolution upwards, a strided 3x3 for each halving downwards."""
    if source > target:
        return ConvBN(channels[source], channels[target], 1)
    halvings = [
        ConvBNReLU(channels[source], channels[source], 3, stride=2, padding=padding) for _ in range(target - source - 1)
    ]
    return nn.Sequential(*halvings, ConvBN(channels[source], channels[target], 3, stride=2, padding=padding))


class HRNet(Backbone):
    """Four stages, the nth with n parallel branches; the result is all branches at 1/4, side by side.

    (Sun et al., arXiv 1904.04514, figure 1: HRNetV2.) The class attributes say which member of the family it is.

    Args:
        in_channels: Channels of the image.
        pretrained: A weights file.
        align_corners: How low resolutions are brought up.
        padding_same: Where the odd row and column of padding go in strided convolutions: below and to the right, as
            in PaddleSeg's published weights, or (False) above and to the left, as in the authors' own.
        pyramid: Give the stem's map at 1/2, then each branch by itself.
        use_psa: Polarized self-attention inside the residual blocks (Liu et al., arXiv 2107.00782).

    Shape:
        x (N, in_channels, H, W). Returns one map (N, out_channels[0], H / 4, W / 4), rounded up, in a list; with
        `pyramid` five, at 1/2, 1/4, 1/8, 1/16 and 1/32.

    Raises:
        WeightsError: `pretrained` does not fit this network.
    """

    width = 18  # channels of the first branch; each further one has twice as many
    first_stage = (4, 64)  # bottleneck blocks, and channels of their 3x3 convolutions
    modules = (1, 4, 3)  # of stages 2, 3, 4
    blocks = 4  # residual blocks of each branch of a module

    def __init__(
        self,
        in_channels: int = 3,
        pretrained: str | None = None,
        align_corners: bool = False,
        padding_same: bool = True,
        pyramid: bool = False,
        use_psa: bool = False,
    ):
        super().__init__()
        self.align_corners, self.pyramid, self.use_psa = align_corners, pyramid, use_psa
        padding: Literal["SAME"] | None = "SAME" if padding_same else None
        self.padding = padding
        channels = [self.width << branch for branch in range(4)]
        self.strides, self.out_channels = [4], [sum(channels)]
        if pyramid:
            self.strides, self.out_channels = [2, 4, 8, 16, 32], [64, *channels]

        self.stem = nn.Sequential(
            ConvBNReLU(in_channels, 64, 3, stride=2, padding=padding), ConvBNReLU(64, 64, 3, stride=2, padding=padding)
        )
        self.stage1 = first_stage(64, *self.first_stage)
        wide = self.first_stage[1] * Bottleneck.expansion
        self.transition1 = nn.LayerList(
            [ConvBNReLU(wide, channels[0], 3), ConvBNReLU(wide, channels[1], 3, stride=2, padding=padding)]
        )
        self.transition2 = ConvBNReLU(channels[1], channels[2], 3, stride=2, padding=padding)
        self.transition3 = ConvBNReLU(channels[2], channels[3], 3, stride=2, padding=padding)
        self.stage2, self.stage3, self.stage4 = (
            nn.Sequential(*[self.make_module(channels[:branches]) for _ in range(count)])
            for branches, count in zip((2, 3, 4), self.modules, strict=True)
        )
        load_pretrained(self, pretrained)

    def make_module(self, channels: Sequence[int]) -> nn.Layer:
        """A module with branches of so many channels."""
        return residual_module(channels, self.blocks, self.padding, self.align_corners, self.use_psa)

    def forward(self, x: paddle.Tensor) -> list[paddle.Tensor]:
        half = self.stem[0](x)
        maps = self.branches(self.stem[1](half))
        if self.pyramid:
            return [half, *maps]
        return [paddle.concat([maps[0], *(upsample(low, maps[0], self.align_corners) for low in maps[1:])], axis=1)]

    def branches(self, x: paddle.Tensor) -> list[paddle.Tensor]:
        """The maps at 1/4, 1/8, 1/16 and 1/32 of the picture's size, from what the stem makes of it."""
        x = self.stage1(x)
        maps = self.stage2([branch(x) for branch in self.transition1])
        maps = self.stage3([*maps, self.transition2(maps[-1])])
        return self.stage4([*maps, self.transition3(maps[-1])])


def first_stage(in_channels: int, blocks: int, channels: int) -> nn.Sequential:
    """Bottleneck blocks at one resolution; they give four times as many channels."""
    wide = channels * Bottleneck.expansion
    first = Bottleneck(in_channels, channels, shortcut=ConvBN(in_channels, wide, 1))
    return nn.Sequential(first, *[Bottleneck(wide, channels) for _ in range(blocks - 1)])


@BACKBONES.register
class HRNet_W18_Small_V1(HRNet):
    width, first_stage, modules, blocks = 16, (1, 32), (1, 1, 1), 2


@BACKBONES.register
class HRNet_W18_Small_V2(HRNet):
    first_stage, modules, blocks = (2, 64), (1, 3, 2), 2


@BACKBONES.register
class HRNet_W18(HRNet):
    width = 18


@BACKBONES.register
class HRNet_W30(HRNet):
    width = 30


@BACKBONES.register
class HRNet_W32(HRNet):
    width = 32


@BACKBONES.register
class HRNet_W40(HRNet):
    width = 40


@BACKBONES.register
class HRNet_W44(HRNet):
    width = 44


@BACKBONES.register
class HRNet_W48(HRNet):
    width = 48


@BACKBONES.register
class HRNet_W60(HRNet):
    width = 60


@BACKBONES.register
class HRNet_W64(HRNet):
    width = 64
