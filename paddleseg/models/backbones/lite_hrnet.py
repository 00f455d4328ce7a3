"""Lite-HRNet: HRNet's branches of shuffled channels that are weighed instead of mixed (Yu et al., CVPR 2021)."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import paddle
import paddle.nn.functional as F
from paddle import nn

from paddleseg.models.backbones.base import Backbone
from paddleseg.models.layers import SqueezeExcite, halves, interleave, sigmoid, upsample
from paddleseg.models.layers.basic import ConvBN, ConvBNReLU, SeparableConv
from paddleseg.models.layers.shuffle import ShuffleUnit
from paddleseg.models.weights import load_pretrained
from paddleseg.registry import BACKBONES


class Stem(nn.Layer):
    """A 3x3 convolution to 1/2, then a shuffle unit to 1/4 whose branches see half of the channels each (table 1)."""

    def __init__(self, in_channels: int, channels: int):
        super().__init__()
        half = channels // 2
        self.first = ConvBNReLU(in_channels, channels, 3, stride=2)
        self.left = SeparableConv(half, half, stride=2)
        self.expand = ConvBNReLU(half, channels, 1)
        self.right = SeparableConv(channels, half, stride=2)

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        left, right = halves(self.first(x))
        return interleave(self.left(left), self.right(self.expand(right)))


class CrossResolution(nn.Layer):
    """Weights for each channel of each branch in each place of the coarsest, from all branches there (section 3.2).

    Args:
        channels: Channels of each branch.
        ratio: How many times fewer there are between the two convolutions.
    """

    def __init__(self, channels: Sequence[int], ratio: int):
        super().__init__()
        self.channels, every = list(channels), sum(channels)
        self.reduce = ConvBNReLU(every, every // ratio, 1)
        self.expand = ConvBN(every // ratio, every, 1)

    def forward(self, maps: list[paddle.Tensor]) -> list[paddle.Tensor]:
        pooled = [_halved(x, len(maps) - level) for level, x in enumerate(maps, 1)]
        gates = sigmoid(self.expand(self.reduce(paddle.concat(pooled, axis=1))))
        each = paddle.split(gates, self.channels, axis=1)
        return [x * upsample(gate, x, mode="nearest") for x, gate in zip(maps, each, strict=True)]


def _halved(x: paddle.Tensor, times: int) -> paddle.Tensor:
    """The mean of cells; of an odd size the last cells are smaller, as those of strided convolutions."""
    for _ in range(times):
        x = F.avg_pool2d(x, 2, 2, ceil_mode=True)
    return x


class ConditionalWeighting(nn.Layer):
    """Half of the channels pass; the others are weighed across branches, convolved by depth and weighed by channel."""

    def __init__(self, channels: Sequence[int], ratio: int):
        super().__init__()
        own = [each // 2 for each in channels]
        self.weigh = CrossResolution(own, ratio)
        self.depthwise = nn.LayerList([ConvBN(each, each, 3, groups=each) for each in own])
        self.excite = nn.LayerList([SqueezeExcite(each, each // 4, gate="sigmoid") for each in own])

    def forward(self, maps: list[paddle.Tensor]) -> list[paddle.Tensor]:
        left, right = zip(*map(halves, maps), strict=True)
        weighed = zip(self.weigh(list(right)), self.depthwise, self.excite, strict=True)
        changed = [excite(depthwise(x)) for x, depthwise, excite in weighed]
        return [interleave(*pair) for pair in zip(left, changed, strict=True)]


class NaiveBlock(nn.Layer):
    """A unit of ShuffleNetV2 in every branch (section 3.1)."""

    def __init__(self, channels: Sequence[int]):
        super().__init__()
        self.units = nn.LayerList([ShuffleUnit(each) for each in channels])

    def forward(self, maps: list[paddle.Tensor]) -> list[paddle.Tensor]:
        return [unit(x) for unit, x in zip(self.units, maps, strict=True)]


class LiteModule(nn.Layer):
    """Two blocks, then every branch adds what all others see.

    PaddleSeg counts the first branch twice, and hands its sum, not the branch, to the others. Its published weights
    learned so; `plain` is HRNet's exchange.
    """

    def __init__(self, channels: Sequence[int], ratio: int | None, plain: bool):
        super().__init__()
        self.plain = plain
        self.blocks = nn.Sequential(
            *[ConditionalWeighting(channels, ratio) if ratio else NaiveBlock(channels) for _ in range(2)]
        )
        count = len(channels)
        self.exchange = nn.LayerList(
            [nn.LayerList([_path(channels, source, target) for source in range(count)]) for target in range(count)]
        )

    def forward(self, maps: list[paddle.Tensor]) -> list[paddle.Tensor]:
        maps, sums = self.blocks(maps), []
        for target, paths in enumerate(self.exchange):
            total = self._gather(target, paths, maps)
            if target == 0 and not self.plain:
                maps = [total, *maps[1:]]
            sums.append(F.relu(total))
        return sums

    def _gather(self, target: int, paths: nn.LayerList, maps: Sequence[paddle.Tensor]) -> paddle.Tensor:
        given = [path(x) for path, x in zip(paths, maps, strict=True)]
        total = given[0] if self.plain else 2 * given[0]
        for source, x in enumerate(given[1:], 1):
            total = total + (upsample(x, maps[target], mode="nearest") if source > target else x)
        return total


def _path(channels: Sequence[int], source: int, target: int) -> nn.Layer:
    """From one branch to another: a 1x1 convolution upwards, a strided separable one for each halving downwards."""
    if source == target:
        return nn.Identity()
    if source > target:
        return ConvBN(channels[source], channels[target], 1)
    halvings = [SeparableConv(channels[source], channels[source], stride=2) for _ in range(target - source - 1)]
    return nn.Sequential(*halvings, SeparableConv(channels[source], channels[target], stride=2, act=None))


class IterativeHead(nn.Layer):
    """From coarse to fine: each map with the one before it, through a separable convolution (section 4.1)."""

    def __init__(self, channels: Sequence[int]):
        super().__init__()
        widths = [*reversed(channels), channels[0]]
        self.projects = nn.LayerList([SeparableConv(*pair) for pair in itertools.pairwise(widths)])

    def forward(self, maps: Sequence[paddle.Tensor]) -> list[paddle.Tensor]:
        found: list[paddle.Tensor] = []
        for project, x in zip(self.projects, reversed(maps), strict=True):
            found.insert(0, project(x + upsample(found[0], x, align_corners=True) if found else x))
        return found


class LiteHRNet(Backbone):
    """A stem to 1/4 and three stages, the nth with n + 1 branches (section 3.3, table 1).

    The class attributes say which member of the family it is.

    Args:
        in_channels: Channels of the image.
        freeze_at: The map that sends no gradient back, as PaddleSeg has it for 0; None for none.
        freeze_norm: Whether batch norm inside the blocks and the head keeps its statistics and learns nothing, as
            PaddleSeg has it.
        norm_decay: Weight decay of these norms.
        return_idx: The maps to return.
        use_head: Whether the coarser maps are joined into the finer ones at the end.
        pretrained: A weights file.
        plain_exchange: HRNet's exchange between branches, in place of that of PaddleSeg's published weights.

    Shape:
        x (N, in_channels, H, W). Returns maps at 1/4, 1/8, 1/16 and 1/32, rounded up.

    Raises:
        WeightsError: `pretrained` does not fit this network.
    """

    width = 40  # channels of the first branch; each further one has twice as many
    modules = (2, 4, 2)  # of each stage
    ratio: int | None = 8  # of `CrossResolution`; None for units of ShuffleNetV2

    def __init__(
        self,
        in_channels: int = 3,
        freeze_at: int | None = None,
        freeze_norm: bool = False,
        norm_decay: float = 0.0,
        return_idx: Sequence[int] = (0, 1, 2, 3),
        use_head: bool = False,
        pretrained: str | None = None,
        plain_exchange: bool = False,
    ):
        super().__init__()
        self.freeze_at, self.returned = freeze_at, tuple(return_idx)
        channels = [self.width << branch for branch in range(4)]
        self.stem = Stem(in_channels, 32)
        self.widen = SeparableConv(32, channels[0])
        self.down = nn.LayerList([SeparableConv(*pair, stride=2) for pair in itertools.pairwise([32, *channels[1:]])])
        self.stages = nn.LayerList(
            [
                nn.Sequential(
                    *[LiteModule(channels[: stage + 2], self.ratio, plain_exchange) for _ in range(self.modules[stage])]
                )
                for stage in range(3)
            ]
        )
        self.head = IterativeHead(channels) if use_head else None
        every = [channels[0], *channels[:3]] if use_head else channels
        self.out_channels = [every[index] for index in self.returned]
        self.strides = [4 << index for index in self.returned]
        self._set_norms(freeze_norm, norm_decay)
        load_pretrained(self, pretrained)

    def forward(self, x: paddle.Tensor) -> list[paddle.Tensor]:
        x = self.stem(x)
        maps = [self.widen(x)]
        for down, stage in zip(self.down, self.stages, strict=True):
            maps = stage([*maps, down(x)])
            x = maps[-1]
        if self.head is not None:
            maps = self.head(maps)
        return [maps[index].detach() if index == self.freeze_at else maps[index] for index in self.returned]

    def _set_norms(self, frozen: bool, decay: float) -> None:
        parts = [module.blocks for stage in self.stages for module in stage]
        for part in parts if self.head is None else [*parts, self.head]:
            for layer in part.sublayers():
                if isinstance(layer, nn.BatchNorm2D):
                    layer._use_global_stats = frozen or None
                    for parameter in (layer.weight, layer.bias):
                        parameter.stop_gradient = frozen
                        parameter.regularizer = paddle.regularizer.L2Decay(decay)


@BACKBONES.register
class Lite_HRNet_18(LiteHRNet):
    modules = (2, 4, 2)


@BACKBONES.register
class Lite_HRNet_30(LiteHRNet):
    modules = (3, 8, 3)


@BACKBONES.register
class Lite_HRNet_naive(LiteHRNet):
    width, ratio = 30, None


@BACKBONES.register
class Lite_HRNet_wider_naive(LiteHRNet):
    ratio = None
