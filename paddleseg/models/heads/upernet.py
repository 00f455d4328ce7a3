"""What UPerNet and its kin make of four maps: a feature pyramid with pyramid pooling at its top."""

from __future__ import annotations

from collections.abc import Sequence

import paddle
from paddle import nn

from paddleseg.models.base import SegModel
from paddleseg.models.layers import PyramidPooling, upsample
from paddleseg.models.layers.basic import ConvBNReLU


class UPerDecoder(nn.Layer):
    """All levels of the pyramid side by side at the size of the finest (Xiao et al., ECCV 2018, figure 4).

    Args:
        in_channels: Channels of the maps, finest first.
        channels: Channels of each level.
        pool_channels: Channels of each grid of the pooling.
        bins: Its grid sizes.
        coarse_first: Whether the grids stand in the reverse order.
        align_corners: How levels are resized; `pool_align_corners` is that of the grids.

    Shape:
        maps in such a list; returns (N, len(in_channels) * channels, H, W) of the finest.

    Raises:
        ValueError: There is one map only.
    """

    def __init__(
        self,
        in_channels: Sequence[int],
        channels: int,
        pool_channels: int,
        bins: Sequence[int] = (1, 2, 3, 6),
        *,
        coarse_first: bool = False,
        align_corners: bool = False,
        pool_align_corners: bool = False,
    ):
        super().__init__()
        *fine, deep = in_channels
        if not fine:
            raise ValueError("backbone_indices should name two maps at least")
        self.coarse_first, self.align_corners = coarse_first, align_corners
        self.pyramid = PyramidPooling(deep, pool_channels, bins, align_corners=pool_align_corners)
        self.context = ConvBNReLU(deep + pool_channels * len(bins), channels, 3)
        self.reduce = nn.LayerList([ConvBNReLU(each, channels, 1) for each in fine])
        self.smooth = nn.LayerList([ConvBNReLU(channels, channels, 3) for _ in fine])

    def forward(self, maps: Sequence[paddle.Tensor]) -> paddle.Tensor:
        *fine, deep = maps
        grids = self.pyramid(deep)
        joined = self.context(paddle.concat([deep, *(reversed(grids) if self.coarse_first else grids)], axis=1))
        levels = [joined]
        for level in reversed(range(len(fine))):
            detail = self.reduce[level](fine[level])
            joined = detail + upsample(joined, detail, self.align_corners)
            levels.insert(0, self.smooth[level](joined))
        return paddle.concat(
            [levels[0], *(upsample(each, levels[0], self.align_corners) for each in levels[1:])], axis=1
        )


class UPerModel(SegModel):
    """What UPerNet and its kin do with their maps. A network derives from it and makes the parts."""

    decoder: UPerDecoder
    head: nn.Layer
    auxiliary: nn.Layer | None
    auxiliary_level = 2  # the map that the auxiliary head sees

    def levels(self, x: paddle.Tensor) -> list[paddle.Tensor]:
        """The maps that are decoded, finest first."""
        return self.backbone_maps(x)

    def forward(self, x: paddle.Tensor) -> list[paddle.Tensor]:
        maps = self.levels(x)
        logits = [self.head(self.decoder(maps))]
        if self.training and self.auxiliary is not None:
            logits.append(self.auxiliary(maps[self.auxiliary_level]))
        return self.at_size_of(x, *logits)
