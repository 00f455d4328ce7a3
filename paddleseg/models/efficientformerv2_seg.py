"""Semantic FPN on EfficientFormerV2 (Li et al., ICCV 2023, section 4.3)."""

from __future__ import annotations

from collections.abc import Sequence

import paddle
from paddle import nn

from paddleseg.models.base import SegModel
from paddleseg.models.heads.feature_pyramid import ScaleHead
from paddleseg.models.layers import upsample
from paddleseg.registry import MODELS

_WIDTH = 256  # of the pyramid's levels


@MODELS.register
class EfficientFormerSeg(SegModel):
    """A feature pyramid without norms, whose levels are summed (Panoptic FPN, Kirillov et al., CVPR 2019, section 3).

    Args:
        backbone: Gives the feature maps; an EfficientFormerV2 in the paper.
        backbone_indices: The feature maps to use, finest first; four.
        align_corners: How levels and logits are brought up.
        head_channels: Channels in which levels are summed.
        add_extra_convs: Without effect, as in PaddleSeg with four maps.
        pretrained: A weights file.

    Shape:
        x (N, C, H, W) float32. Returns one logit map (N, num_classes, H, W) in a list.

    Raises:
        ValueError: `backbone_indices` names another number of maps.
        WeightsError: `pretrained` does not fit this network.
    """

    def __init__(
        self,
        num_classes: int,
        backbone: nn.Layer,
        backbone_indices: Sequence[int] = (0, 1, 2, 3),
        align_corners: bool = False,
        head_channels: int = 128,
        add_extra_convs: bool | str = False,
        pretrained: str | None = None,
    ):
        super().__init__(num_classes, backbone, backbone_indices, align_corners=align_corners)
        if len(self.backbone_channels) != 4:
            raise ValueError(f"backbone_indices should name four maps, not {len(self.backbone_channels)}")
        self.lateral = nn.LayerList([nn.Conv2D(channels, _WIDTH, 1) for channels in self.backbone_channels])
        self.smooth = nn.LayerList([nn.Conv2D(_WIDTH, _WIDTH, 3, padding=1) for _ in range(4)])
        self.scale_heads = nn.LayerList(
            [
                ScaleHead(_WIDTH, head_channels, depth, doubling=level > 0, align_corners=align_corners)
                for level, depth in enumerate((1, 1, 2, 3))
            ]
        )
        self.dropout = nn.Dropout2D(0.1)
        self.classify = nn.Conv2D(head_channels, num_classes, 1)
        self.load_pretrained(pretrained)

    def forward(self, x: paddle.Tensor) -> list[paddle.Tensor]:
        *finer, joined = [lateral(each) for lateral, each in zip(self.lateral, self.backbone_maps(x), strict=True)]
        levels = [joined]
        for each in reversed(finer):
            levels.insert(0, each + upsample(levels[0], each, mode="nearest"))
        each_level = zip(self.scale_heads, self.smooth, levels, strict=True)
        summed, *others = [head(smooth(level)) for head, smooth, level in each_level]
        for each in others:
            summed = summed + upsample(each, summed, self.align_corners)
        return self.at_size_of(x, self.classify(self.dropout(summed)))
