"""ResNet, optionally with dilated convolutions in place of the last strides (He et al., CVPR 2016)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import paddle
from paddle import nn

from paddleseg.models.backbones.base import Backbone
from paddleseg.models.layers import max_pool
from paddleseg.models.layers.basic import ConvBN, ConvBNReLU
from paddleseg.models.layers.residual import BasicBlock, Bottleneck
from paddleseg.models.weights import load_pretrained
from paddleseg.registry import BACKBONES

# Output stride -> stride and dilation of each stage (Chen et al., arXiv 1706.05587, section 3.1).
_STAGES = {
    8: ((1, 1), (2, 1), (1, 2), (1, 4)),
    16: ((1, 1), (2, 1), (2, 1), (1, 2)),
    32: ((1, 1), (2, 1), (2, 1), (2, 1)),
}


class ResNet(Backbone):
    """A stem to 1/4, then four stages of residual blocks (He et al., section 4.1, table 1).

    The class attributes say which member of the family it is.

    Args:
        output_stride: Resolution of the last stage: 8, 16, or 32 as published. Where a stride is left out, the blocks
            behind it are dilated instead, so that they see as much.
        multi_grid: Factors of the dilation of the last stage's blocks (Chen et al., arXiv 1706.05587, section 3.2).
        in_channels: Channels of the image.
        pretrained: A weights file.
        pyramid: Also give the stem's map at 1/2, first.
        depth: How many of the four stages there are.

    Shape:
        x (N, in_channels, H, W). Returns the maps of its stages, (N, out_channels[i], H / strides[i],
        W / strides[i]), rounded up.

    Raises:
        ValueError: Another output stride.
        WeightsError: `pretrained` does not fit this network.
    """

    block: type[BasicBlock] | type[Bottleneck] = Bottleneck
    depths = (3, 4, 6, 3)

    def __init__(
        self,
        output_stride: int = 8,
        multi_grid: Sequence[int] = (1, 1, 1),
        in_channels: int = 3,
        pretrained: str | None = None,
        pyramid: bool = False,
        depth: int = 4,
    ):
        super().__init__()
        if output_stride not in _STAGES:
            raise ValueError(f"output_stride is {output_stride}; it should be one of {', '.join(map(str, _STAGES))}")
        self.stem = self.make_stem(in_channels)
        self.stages = nn.LayerList()
        self.pyramid = pyramid
        self.strides, self.out_channels = ([2], [64]) if pyramid else ([], [])
        channels, total_stride = 64, 4
        stages = list(zip(self.depths, _STAGES[output_stride], strict=True))[:depth]
        for index, (blocks, (stride, dilation)) in enumerate(stages):
            grid = multi_grid if index == 3 else (1,) * blocks
            dilations = [dilation * factor for factor in grid[:blocks]]
            self.stages.append(self._make_stage(channels, 64 << index, stride, dilations))
            channels, total_stride = (64 << index) * self.block.expansion, total_stride * stride
            self.strides.append(total_stride)
            self.out_channels.append(channels)
        load_pretrained(self, pretrained)

    def _make_stage(self, in_channels: int, channels: int, stride: int, dilations: Sequence[int]) -> nn.Sequential:
        wide = channels * self.block.expansion
        shortcut = self.make_shortcut(in_channels, wide, stride)
        first = self.block(in_channels, channels, stride=stride, dilation=dilations[0], shortcut=shortcut)
        return nn.Sequential(first, *[self.block(wide, channels, dilation=dilation) for dilation in dilations[1:]])

    def make_stem(self, in_channels: int) -> nn.Layer:
        return ConvBNReLU(in_channels, 64, 7, stride=2)

    def make_shortcut(self, in_channels: int, out_channels: int, stride: int) -> nn.Layer | None:
        """What stands beside the first block of a stage."""
        if stride == 1 and in_channels == out_channels:
            return None
        return ConvBN(in_channels, out_channels, 1, stride=stride)

    def adapted(self, state: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Weights of the whole network for its first stages."""
        beyond = tuple(f"stages.{stage}." for stage in range(len(self.stages), 4))
        return {name: value for name, value in state.items() if not name.startswith(beyond)}

    def forward(self, x: paddle.Tensor) -> list[paddle.Tensor]:
        x = self.stem(x)
        maps = [x] if self.pyramid else []
        x = max_pool(x, 3, stride=2, padding=1)
        for stage in self.stages:
            x = stage(x)
            maps.append(x)
        return maps


@BACKBONES.register
class ResNet18(ResNet):
    block, depths = BasicBlock, (2, 2, 2, 2)


@BACKBONES.register
class ResNet34(ResNet):
    block, depths = BasicBlock, (3, 4, 6, 3)


@BACKBONES.register
class ResNet50(ResNet):
    block, depths = Bottleneck, (3, 4, 6, 3)


@BACKBONES.register
class ResNet101(ResNet):
    block, depths = Bottleneck, (3, 4, 23, 3)
