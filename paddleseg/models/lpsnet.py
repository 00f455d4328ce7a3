"""LPSNet: the same narrow path at several scales of the picture (Zhang et al., IJCV 2022)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import paddle
from paddle import nn

from paddleseg.models.base import SegModel
from paddleseg.models.layers import spatial_size, upsample
from paddleseg.models.layers.basic import ConvBNReLU
from paddleseg.registry import MODELS

SHARED_FROM = 3  # the block before which paths first see each other


@MODELS.register
class LPSNet(SegModel):
    """LPS-Net (Zhang et al., section 3, figure 2): paths of 3x3 convolutions that add each other's maps.

    Args:
        depths: Convolutions of each block. All blocks but the last begin by halving the size.
        channels: Channels of each block.
        scale_ratios: Size of each path's picture, as a share; shares of 0 stand for no path.
        in_channels: Channels of the image.
        pretrained: A weights file.

    Shape:
        x (N, in_channels, H, W) float32. Returns one logit map (N, num_classes, H, W) in a list.

    Raises:
        ValueError: `depths` and `channels` differ in length, or there is no path.
        WeightsError: `pretrained` does not fit this network.
    """

    def __init__(
        self,
        depths: Sequence[int],
        channels: Sequence[int],
        scale_ratios: Sequence[float],
        num_classes: int,
        in_channels: int = 3,
        pretrained: str | None = None,
    ):
        super().__init__(num_classes, align_corners=True)
        if len(depths) != len(channels):
            raise ValueError(
                f"depths holds {len(depths)} numbers and channels {len(channels)}; both say it block by block"
            )
        self.ratios = [ratio for ratio in scale_ratios if ratio > 0]
        if not self.ratios:
            raise ValueError("scale_ratios names no path; one above 0 is needed")
        self.paths = nn.LayerList([_path(depths, channels, in_channels) for _ in self.ratios])
        self.classify = nn.Conv2D(channels[-1] * len(self.ratios), num_classes, 1)
        self.load_pretrained(pretrained)

    def forward(self, x: paddle.Tensor) -> list[paddle.Tensor]:
        maps = [upsample(x, _scaled(x, ratio), align_corners=True) for ratio in self.ratios]
        for index in range(len(self.paths[0])):
            if index >= SHARED_FROM:
                maps = [_sum_at(each, maps) for each in maps]
            maps = [path[index](each) for path, each in zip(self.paths, maps, strict=True)]
        gathered = [upsample(each, maps[0], align_corners=True) for each in maps]
        return self.at_size_of(x, self.classify(paddle.concat(gathered, axis=1)))


def _path(depths: Sequence[int], channels: Sequence[int], in_channels: int) -> nn.LayerList:
    blocks = nn.LayerList()
    for index, (depth, width) in enumerate(zip(depths, channels, strict=True)):
        stride = 2 if index < len(depths) - 1 else 1
        first = ConvBNReLU(in_channels, width, 3, stride=stride)
        blocks.append(nn.Sequential(first, *[ConvBNReLU(width, width, 3) for _ in range(depth - 1)]))
        in_channels = width
    return blocks


def _scaled(x: paddle.Tensor, ratio: float) -> list[Any]:
    """Height and width of `x` times `ratio`, rounded down: numbers, or graph values of an open export."""
    return [
        int(size * ratio) if isinstance(size, int) else (size.astype("float32") * ratio).astype("int32")
        for size in spatial_size(x)
    ]


def _sum_at(ref: paddle.Tensor, maps: Sequence[paddle.Tensor]) -> paddle.Tensor:
    """The sum of all maps at the size of `ref`, which is one of them."""
    total = ref
    for each in maps:
        if each is not ref:
            total = total + upsample(each, ref, align_corners=True)
    return total
