"""Semantic FPN: a feature pyramid whose levels are summed (Panoptic FPN, Kirillov et al., CVPR 2019)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import paddle
from paddle import nn

from paddleseg.models.base import SegModel
from paddleseg.models.contract import Head
from paddleseg.models.heads.fcn import FCNHead
from paddleseg.models.heads.feature_pyramid import FeaturePyramid, ScaleHead
from paddleseg.models.layers import upsample
from paddleseg.registry import MODELS


@MODELS.register
class PFPNNet(SegModel):
    """The semantic branch of Panoptic FPN (Kirillov et al., section 3, figure 3).

    PaddleSeg leaves the coarsest level out and doubles the second level twice, the third once. Its published weights
    learned so; `every_level` does what the paper says.

    Args:
        backbone: Gives the feature maps; ResNet in the paper.
        backbone_indices: The feature maps to use, finest first; four.
        channels: Channels of each level.
        enable_auxiliary_loss: Give logits of the third map as well in training.
        align_corners: How levels and logits are brought up.
        dropout_ratio: Share of channels dropped before each classifier.
        fpn_inplanes: Channels of the feature maps, as the backbone has them; None asks it.
        pretrained: A weights file.
        every_level: Sum all four levels, each through as many convolutions as it has sizes to go up.

    Shape:
        x (N, C, H, W) float32. Returns logit maps (N, num_classes, H, W) in a list: one, or two in training with
        `enable_auxiliary_loss`.

    Raises:
        ValueError: `backbone_indices` names another number of maps, or `fpn_inplanes` are not the backbone's channels.
        WeightsError: `pretrained` does not fit this network.
    """

    @staticmethod
    def extra_heads(num_classes: int, enable_auxiliary_loss: bool = False, **_: Any) -> list[Head]:
        return [Head("auxiliary", "logits", num_classes)] if enable_auxiliary_loss else []

    def __init__(
        self,
        num_classes: int,
        backbone: nn.Layer,
        backbone_indices: Sequence[int],
        channels: int,
        enable_auxiliary_loss: bool = False,
        align_corners: bool = False,
        dropout_ratio: float = 0.1,
        fpn_inplanes: Sequence[int] | None = None,
        pretrained: str | None = None,
        every_level: bool = False,
    ):
        extra = self.extra_heads(num_classes, enable_auxiliary_loss)
        super().__init__(num_classes, backbone, backbone_indices, extra_heads=extra, align_corners=align_corners)
        wide = self.backbone_channels
        if len(wide) != 4 or list(fpn_inplanes or wide) != wide:
            raise ValueError(f"four maps are needed, with fpn_inplanes of their channels; the backbone's are {wide}")
        # Convolutions of each level, finest first; all but the finest double the size after each.
        depths = (1, 1, 2, 3) if every_level else (1, 2, 1)
        self.pyramid = FeaturePyramid(wide, channels)
        self.scale_heads = nn.LayerList(
            [ScaleHead(channels, channels, depth, doubling=level > 0) for level, depth in enumerate(depths)]
        )
        self.dropout = nn.Dropout2D(dropout_ratio)
        self.classify = nn.Conv2D(channels, num_classes, 1)
        self.auxiliary = (
            FCNHead(wide[2], wide[2], num_classes, dropout=dropout_ratio, drop_maps=True) if extra else None
        )
        self.load_pretrained(pretrained)

    def forward(self, x: paddle.Tensor) -> list[paddle.Tensor]:
        maps = self.backbone_maps(x)
        scaled = [head(level) for head, level in zip(self.scale_heads, self.pyramid(maps), strict=False)]
        summed = scaled[0]
        for each in reversed(scaled[1:]):
            summed = summed + upsample(each, scaled[0], self.align_corners)
        logits = [self.classify(self.dropout(summed))]
        if self.training and self.auxiliary is not None:
            logits.append(self.auxiliary(maps[2]))
        return self.at_size_of(x, *logits)
