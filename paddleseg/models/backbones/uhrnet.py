"""U-HRNet: two neighbouring resolutions at a time, on the way down and up again (Wang et al., arXiv 2210.07140)."""

from __future__ import annotations

from typing import Literal

import paddle
from paddle import nn

from paddleseg.models.backbones.base import Backbone
from paddleseg.models.backbones.hrnet import first_stage, residual_module
from paddleseg.models.layers import upsample
from paddleseg.models.layers.basic import ConvBNReLU
from paddleseg.models.weights import load_pretrained
from paddleseg.registry import BACKBONES


class UHRNet(Backbone):
    """HRNet's modules along a U, four stages down to 1/64 and four back to 1/4 (section 3.2, figure 2).

    The class attributes say which member of the family it is.

    Args:
        in_channels: Channels of the image.
        pretrained: A weights file.
        align_corners: How low resolutions are brought up.

    Shape:
        x (N, in_channels, H, W). Returns one map (N, out_channels[0], H / 4, W / 4), rounded up, in a list.

    Raises:
        WeightsError: `pretrained` does not fit this network.
    """

    width = 18  # channels of the first branch; each further one has twice as many
    modules = (1, 5, 2, 2, 1, 1, 1, 1)  # of stages 2 to 9
    blocks = 4  # residual blocks of the first stage, and of each branch of a module

    def __init__(self, in_channels: int = 3, pretrained: str | None = None, align_corners: bool = False):
        super().__init__()
        self.align_corners = align_corners
        padding: Literal["SAME"] = "SAME"
        channels = [self.width << branch for branch in range(5)]
        self.strides, self.out_channels = [4], [sum(channels) // 2]
        self.stem = nn.Sequential(
            ConvBNReLU(in_channels, 64, 3, stride=2, padding=padding), ConvBNReLU(64, 64, 3, stride=2, padding=padding)
        )
        self.stage1 = first_stage(64, self.blocks, 64)
        self.transition1 = nn.LayerList(
            [ConvBNReLU(256, channels[0], 3), ConvBNReLU(256, channels[1], 3, stride=2, padding=padding)]
        )
        levels = [*((level, level + 1) for level in (0, 1, 2, 3, 2, 1, 0)), (0,)]
        self.stages = nn.LayerList(
            [
                nn.Sequential(
                    *[
                        residual_module([channels[level] for level in pair], self.blocks, padding, align_corners)
                        for _ in range(count)
                    ]
                )
                for pair, count in zip(levels, self.modules, strict=True)
            ]
        )
        self.down = nn.LayerList(
            [ConvBNReLU(channels[n], channels[n + 1], 3, stride=2, padding=padding) for n in (1, 2, 3)]
        )
        self.up = nn.LayerList([ConvBNReLU(channels[n + 1], channels[n], 1) for n in (2, 1, 0)])
        load_pretrained(self, pretrained)

    def forward(self, x: paddle.Tensor) -> list[paddle.Tensor]:
        x = self.stage1(self.stem(x))
        fine, deep = self.stages[0]([branch(x) for branch in self.transition1])
        passed = []
        for stage, down in zip(self.stages[1:4], self.down, strict=True):
            passed.append(fine)
            fine, deep = stage([deep, down(deep)])
        maps = [deep]
        for stage, up, skip in zip(self.stages[4:7], self.up, reversed(passed), strict=True):
            raised = upsample(up(fine), skip, self.align_corners)
            fine, deep = stage([paddle.concat([_paired(raised), _paired(skip)], axis=1), fine])
            maps.insert(0, deep)
        maps = [_paired(each) for each in (*self.stages[7]([fine]), *maps)]
        return [paddle.concat([maps[0], *(upsample(low, maps[0], self.align_corners) for low in maps[1:])], axis=1)]


def _paired(x: paddle.Tensor) -> paddle.Tensor:
    """The mean of each two neighbouring channels."""
    return (x[:, ::2] + x[:, 1::2]) / 2


@BACKBONES.register
class UHRNet_W18_Small(UHRNet):
    modules, blocks = (1, 2, 2, 2, 1, 1, 1, 1), 2


@BACKBONES.register
class UHRNet_W18(UHRNet):
    width = 18


@BACKBONES.register
class UHRNet_W48(UHRNet):
    width = 48
