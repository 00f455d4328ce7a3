"""Xception as DeepLab has it: deeper, strides for pooling, batch norm after each (ECCV 2018, section 4)."""

from __future__ import annotations

from collections.abc import Sequence

import paddle
import paddle.nn.functional as F
from paddle import nn

from paddleseg.models.backbones.base import Backbone
from paddleseg.models.layers.basic import ConvBN, ConvBNAct, ConvBNReLU
from paddleseg.models.weights import load_pretrained
from paddleseg.registry import BACKBONES


class _Separable(nn.Layer):
    def __init__(self, in_channels: int, channels: int, stride: int, dilation: int, act: str | None):
        super().__init__()
        self.depthwise = ConvBNAct(in_channels, in_channels, 3, stride, groups=in_channels, dilation=dilation, act=act)
        self.pointwise = ConvBNAct(in_channels, channels, 1, act=act)

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        return self.pointwise(self.depthwise(x))


class _Block(nn.Layer):
    """Three separable convolutions, the last with the stride (figure 4).

    Args:
        last: The network's last block, which has ReLUs behind its convolutions and no shortcut.
    """

    def __init__(
        self, in_channels: int, channels: Sequence[int], stride: int = 1, dilation: int = 1, *, last: bool = False
    ):
        super().__init__()
        self.last = last
        steps = zip((in_channels, *channels), channels, (1, 1, stride), strict=False)
        act = "relu" if last else None
        self.units = nn.LayerList([_Separable(before, after, step, dilation, act) for before, after, step in steps])
        change = stride > 1 or in_channels != channels[-1]
        self.shortcut = ConvBN(in_channels, channels[-1], 1, stride=stride) if change and not last else nn.Identity()

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        y = x
        for unit in self.units:
            y = unit(y if self.last else F.relu(y))
        return y if self.last else y + self.shortcut(x)


class XceptionDeeplab(Backbone):
    """An entry flow that shrinks, a long middle flow and an exit flow (Chen et al., ECCV 2018, figure 4).

    The class attributes say which member of the family it is.

    Args:
        in_channels: Channels of the image.
        pretrained: A weights file.
        output_stride: Resolution of the last map: 8, 16 or 32. Blocks behind a stride that is left out are dilated.
        always_halve: Halve the size in every block of the entry flow, and dilate the last block alone by 2, as
            PaddleSeg does. At 16, `Xception41_deeplab` and `Xception65_deeplab` are the same in both.

    Shape:
        x (N, in_channels, H, W). Returns two maps: of the first block, at 1/4, and of the last.

    Raises:
        ValueError: Another output stride.
        WeightsError: `pretrained` does not fit this network.
    """

    entry: tuple[tuple[int, int], ...] = ((128, 2), (256, 2), (728, 2))  # channels and stride of each block
    middle = 16

    def __init__(
        self,
        in_channels: int = 3,
        pretrained: str | None = None,
        output_stride: int = 16,
        always_halve: bool = False,
    ):
        super().__init__()
        if output_stride not in (8, 16, 32):
            raise ValueError(f"output_stride is {output_stride}; it should be 8, 16 or 32")
        self.stem = nn.Sequential(ConvBNReLU(in_channels, 32, 3, stride=2), ConvBNReLU(32, 64, 3))
        nominal, rate, real = 2, 1, 2

        def stepped(stride: int) -> tuple[int, int]:
            """The stride and the dilation of the next block, where the paper's table has `stride`."""
            nonlocal nominal, rate
            dilation = rate
            if nominal * stride <= output_stride:
                nominal *= stride
                return stride, dilation
            rate *= stride
            return 1, dilation

        channels, blocks = 64, []
        for width, stride in self.entry:
            step, dilation = stepped(stride)
            step, dilation = (2, 1) if always_halve else (step, dilation)
            blocks.append(_Block(channels, [width] * 3, step, dilation))
            channels, real = width, real * step
        self.entry_flow = nn.LayerList(blocks)
        self.middle_flow = nn.Sequential(
            *[_Block(channels, [channels] * 3, 1, 1 if always_halve else rate) for _ in range(self.middle)]
        )
        step, dilation = stepped(2)
        self.exit_flow = nn.Sequential(
            _Block(channels, [728, 1024, 1024], step, 1 if always_halve else dilation),
            _Block(1024, [1536, 1536, 2048], 1, 2 if always_halve else rate, last=True),
        )
        self.out_channels, self.strides = [self.entry[0][0], 2048], [4, real * step]
        for layer in self.sublayers():
            if isinstance(layer, nn.BatchNorm2D):
                layer._epsilon, layer._momentum = 1e-3, 0.99
        load_pretrained(self, pretrained)

    def forward(self, x: paddle.Tensor) -> list[paddle.Tensor]:
        first, *others = self.entry_flow
        detail = x = first(self.stem(x))
        for block in others:
            x = block(x)
        return [detail, self.exit_flow(self.middle_flow(x))]


@BACKBONES.register
class Xception41_deeplab(XceptionDeeplab):
    middle = 8


@BACKBONES.register
class Xception65_deeplab(XceptionDeeplab):
    pass


@BACKBONES.register
class Xception71_deeplab(XceptionDeeplab):
    entry = ((128, 2), (256, 1), (256, 2), (728, 1), (728, 2))
