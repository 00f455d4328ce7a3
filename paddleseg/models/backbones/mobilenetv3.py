"""MobileNetV3 (Howard et al., ICCV 2019): inverted residuals found by search, with squeeze-and-excite."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import paddle
from paddle import nn

from paddleseg.models.backbones.base import Backbone
from paddleseg.models.layers import InvertedResidual, round_channels
from paddleseg.models.layers.basic import ConvBNAct
from paddleseg.models.weights import load_pretrained
from paddleseg.registry import BACKBONES


class Block(NamedTuple):
    """A row of the paper's tables 1 and 2."""

    kernel_size: int
    expanded: int
    channels: int
    excite: bool
    act: str
    stride: int


_LARGE = (
    Block(3, 16, 16, False, "relu", 1),
    Block(3, 64, 24, False, "relu", 2),
    Block(3, 72, 24, False, "relu", 1),
    Block(5, 72, 40, True, "relu", 2),
    Block(5, 120, 40, True, "relu", 1),
    Block(5, 120, 40, True, "relu", 1),
    Block(3, 240, 80, False, "hardswish", 2),
    Block(3, 200, 80, False, "hardswish", 1),
    Block(3, 184, 80, False, "hardswish", 1),
    Block(3, 184, 80, False, "hardswish", 1),
    Block(3, 480, 112, True, "hardswish", 1),
    Block(3, 672, 112, True, "hardswish", 1),
    Block(5, 672, 160, True, "hardswish", 2),
    Block(5, 960, 160, True, "hardswish", 1),
    Block(5, 960, 160, True, "hardswish", 1),
)
_SMALL = (
    Block(3, 16, 16, True, "relu", 2),
    Block(3, 72, 24, False, "relu", 2),
    Block(3, 88, 24, False, "relu", 1),
    Block(5, 96, 40, True, "hardswish", 2),
    Block(5, 240, 40, True, "hardswish", 1),
    Block(5, 240, 40, True, "hardswish", 1),
    Block(5, 120, 48, True, "hardswish", 1),
    Block(5, 144, 48, True, "hardswish", 1),
    Block(5, 288, 96, True, "hardswish", 2),
    Block(5, 576, 96, True, "hardswish", 1),
    Block(5, 576, 96, True, "hardswish", 1),
)


class MobileNetV3(Backbone):
    """The paper's section 5 up to the last block; the classifier is left out.

    The class attributes say which member of the family it is.

    Args:
        in_channels: Channels of the image.
        pretrained: A weights file.

    Shape:
        x (N, in_channels, H, W). Returns the last map of each resolution, (N, out_channels[i], H / strides[i],
        W / strides[i]), rounded up: 1/4, 1/8, 1/16 and 1/32, the last two at 1/8 with `output_stride` 8.

    Raises:
        WeightsError: `pretrained` does not fit this network.
    """

    table: tuple[Block, ...] = _LARGE
    scale = 1.0  # of all numbers of channels
    output_stride = 32  # further strides become dilations of the blocks behind them (section 6.4)

    def __init__(self, in_channels: int = 3, pretrained: str | None = None):
        super().__init__()
        channels = round_channels(16 * self.scale)
        self.stem = ConvBNAct(in_channels, channels, 3, stride=2, act="hardswish")
        self.blocks = nn.LayerList()
        self.strides, self.out_channels = [], []
        self._last_of_stage = _last_blocks(self.table)
        total_stride, dilation = 2, 1
        for index, block in enumerate(self.table):
            stride = block.stride if total_stride < self.output_stride else 1
            self.blocks.append(inverted_residual(channels, block, self.scale, stride, dilation))
            channels, total_stride = round_channels(block.channels * self.scale), total_stride * stride
            dilation *= block.stride // stride
            if index in self._last_of_stage:
                self.strides.append(total_stride)
                self.out_channels.append(channels)
        load_pretrained(self, pretrained)

    def forward(self, x: paddle.Tensor) -> list[paddle.Tensor]:
        x = self.stem(x)
        maps = []
        for index, block in enumerate(self.blocks):
            x = block(x)
            if index in self._last_of_stage:
                maps.append(x)
        return maps


def _last_blocks(table: tuple[Block, ...]) -> list[int]:
    """The block before each stride and the very last one, from 1/4 on."""
    before_strides = [index - 1 for index, block in enumerate(table) if block.stride == 2 and index > 0]
    return [*before_strides, len(table) - 1][-4:]


def inverted_residual(
    in_channels: int, block: Block, scale: float = 1.0, stride: int | None = None, dilation: int = 1
) -> InvertedResidual:
    """The block of a row, with its numbers of channels times `scale`; `stride` stands for the row's."""
    expanded = round_channels(block.expanded * scale)
    return InvertedResidual(
        in_channels,
        expanded,
        round_channels(block.channels * scale),
        kernel_size=block.kernel_size,
        stride=block.stride if stride is None else stride,
        dilation=dilation,
        squeezed=expanded // 4 if block.excite else None,
        gate="steep_hardsigmoid",  # not the paper's: published weights were trained with it
        act=block.act,
        expand=True,
    )


class _Small(MobileNetV3):
    table = _SMALL


@BACKBONES.register
class MobileNetV3_large_x0_35(MobileNetV3):
    scale = 0.35


@BACKBONES.register
class MobileNetV3_large_x0_5(MobileNetV3):
    scale = 0.5


@BACKBONES.register
class MobileNetV3_large_x0_75(MobileNetV3):
    scale = 0.75


@BACKBONES.register
class MobileNetV3_large_x1_0(MobileNetV3):
    scale = 1.0


@BACKBONES.register
class MobileNetV3_large_x1_25(MobileNetV3):
    scale = 1.25


@BACKBONES.register
class MobileNetV3_large_x1_0_os8(MobileNetV3):
    output_stride = 8


@BACKBONES.register
class MobileNetV3_small_x0_35(_Small):
    scale = 0.35


@BACKBONES.register
class MobileNetV3_small_x0_5(_Small):
    scale = 0.5


@BACKBONES.register
class MobileNetV3_small_x0_75(_Small):
    scale = 0.75


@BACKBONES.register
class MobileNetV3_small_x1_0(_Small):
    scale = 1.0


@BACKBONES.register
class MobileNetV3_small_x1_25(_Small):
    scale = 1.25


@BACKBONES.register
class MobileNetV3_small_x1_0_os8(_Small):
    output_stride = 8


@BACKBONES.register
class MobileNetV3_large_x1_0_os16(Backbone):
    """PaddleSeg Matting's form, which is torchvision's: other gates, no needless first convolutions, 1/16 at the end.

    Args:
        in_channels: Channels of the image.
        pretrained: A weights file.
        out_index: The blocks whose maps it gives.
        return_last_conv: Also give the classifier's convolution of the last map.

    Shape:
        x (N, in_channels, H, W). Returns the maps, (N, out_channels[i], H / strides[i], W / strides[i]), rounded up.

    Raises:
        WeightsError: `pretrained` does not fit this network.
    """

    _DILATED = 12  # the block from which dilation stands for a stride

    def __init__(
        self,
        in_channels: int = 3,
        pretrained: str | None = None,
        out_index: Sequence[int] = (2, 5, 11, 14),
        return_last_conv: bool = False,
    ):
        super().__init__()
        self.out_index = tuple(out_index)
        self.stem = ConvBNAct(in_channels, 16, 3, stride=2, act="hardswish")
        self.blocks = nn.LayerList()
        self.strides, self.out_channels = [], []
        channels, total_stride = 16, 2
        for index, block in enumerate(_LARGE):
            stride, dilation = (1, 2) if index >= self._DILATED else (block.stride, 1)
            squeezed = round_channels(block.expanded // 4) if block.excite else None
            self.blocks.append(
                InvertedResidual(
                    channels,
                    block.expanded,
                    block.channels,
                    kernel_size=block.kernel_size,
                    stride=stride,
                    dilation=dilation,
                    squeezed=squeezed,
                    act=block.act,
                )
            )
            channels, total_stride = block.channels, total_stride * stride
            if index in self.out_index:
                self.strides.append(total_stride)
                self.out_channels.append(channels)
        self.last = ConvBNAct(channels, 6 * channels, 1, act="hardswish") if return_last_conv else None
        if return_last_conv:
            self.strides.append(total_stride)
            self.out_channels.append(6 * channels)
        for layer in self.sublayers():
            if isinstance(layer, nn.BatchNorm2D):
                layer._epsilon = 1e-3  # weights were trained with it
        load_pretrained(self, pretrained)

    def forward(self, x: paddle.Tensor) -> list[paddle.Tensor]:
        x = self.stem(x)
        maps = []
        for index, block in enumerate(self.blocks):
            x = block(x)
            if index in self.out_index:
                maps.append(x)
        return maps if self.last is None else [*maps, self.last(x)]
