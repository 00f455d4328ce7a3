"""A feature pyramid, and what brings one of its levels up (Panoptic FPN, Kirillov et al., CVPR 2019)."""

from __future__ import annotations

from collections.abc import Sequence

import paddle
from paddle import nn

from paddleseg.models.layers import spatial_size, upsample
from paddleseg.models.layers.basic import ConvBNReLU


class FeaturePyramid(nn.Layer):
    """Each map with what the deeper ones know (Lin et al., CVPR 2017, section 3).

    Args:
        in_channels: Channels of the maps, finest first.
        channels: Channels of all levels.

    Shape:
        maps in such a list; returns levels of the same sizes in a list, finest first.
    """

    def __init__(self, in_channels: Sequence[int], channels: int):
        super().__init__()
        self.lateral = nn.LayerList([ConvBNReLU(each, channels, 1) for each in in_channels])
        self.smooth = nn.LayerList([ConvBNReLU(channels, channels, 3) for _ in in_channels[:-1]])

    def forward(self, maps: Sequence[paddle.Tensor]) -> list[paddle.Tensor]:
        joined = self.lateral[-1](maps[-1])
        levels = [joined]
        for level in reversed(range(len(maps) - 1)):
            detail = self.lateral[level](maps[level])
            joined = detail + upsample(joined, detail, align_corners=True)
            levels.insert(0, self.smooth[level](joined))
        return levels


class ScaleHead(nn.Layer):
    """Convolutions, each followed by a doubling of the size where asked for (Panoptic FPN, section 3, figure 3).

    Args:
        depth: Convolutions.
        norm: Whether they have batch norm.

    Shape:
        x (N, in_channels, H, W); returns (N, channels, H, W), doubled `depth` times with `doubling`.
    """

    def __init__(
        self,
        in_channels: int,
        channels: int,
        depth: int,
        *,
        doubling: bool,
        norm: bool = True,
        align_corners: bool = False,
    ):
        super().__init__()
        self.doubling, self.align_corners = doubling, align_corners
        self.convs = nn.LayerList(
            [
                ConvBNReLU(before, channels, 3)
                if norm
                else nn.Sequential(("conv", nn.Conv2D(before, channels, 3, padding=1)), ("relu", nn.ReLU()))
                for before in [in_channels, *[channels] * (depth - 1)]
            ]
        )

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        for conv in self.convs:
            x = conv(x)
            if self.doubling:
                x = upsample(x, [2 * size for size in spatial_size(x)], self.align_corners)
        return x
