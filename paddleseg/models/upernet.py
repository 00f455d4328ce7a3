"""UPerNet: a feature pyramid with pyramid pooling at its top (Xiao et al., ECCV 2018)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from paddle import nn

from paddleseg.models.contract import Head
from paddleseg.models.heads.fcn import FCNHead
from paddleseg.models.heads.upernet import UPerDecoder, UPerModel
from paddleseg.registry import MODELS


@MODELS.register
class UPerNet(UPerModel):
    """UPerNet for segmentation alone (Xiao et al., section 3.1, figure 4).

    Args:
        backbone: Gives the feature maps; ResNet in the paper.
        backbone_indices: The feature maps to use, finest first.
        channels: Channels of each level.
        enable_auxiliary_loss: Give logits of the last map but one as well in training.
        align_corners: How logits are brought up.
        dropout_prob: Share of values dropped in the auxiliary head.
        pretrained: A weights file.

    Shape:
        x (N, C, H, W) float32. Returns logit maps (N, num_classes, H, W) in a list: one, or two in training with
        `enable_auxiliary_loss`.

    Raises:
        ValueError: `backbone_indices` names one map only.
        WeightsError: `pretrained` does not fit this network.
    """

    auxiliary_level = -2

    @staticmethod
    def extra_heads(num_classes: int, enable_auxiliary_loss: bool = False, **_: Any) -> list[Head]:
        return [Head("auxiliary", "logits", num_classes)] if enable_auxiliary_loss else []

    def __init__(
        self,
        num_classes: int,
        backbone: nn.Layer,
        backbone_indices: Sequence[int],
        channels: int = 512,
        enable_auxiliary_loss: bool = False,
        align_corners: bool = False,
        dropout_prob: float = 0.1,
        pretrained: str | None = None,
    ):
        extra = self.extra_heads(num_classes, enable_auxiliary_loss)
        super().__init__(num_classes, backbone, backbone_indices, extra_heads=extra, align_corners=align_corners)
        deep = self.backbone_channels[-1]
        self.decoder = UPerDecoder(
            self.backbone_channels, channels, deep // 4, coarse_first=True, align_corners=True, pool_align_corners=True
        )
        self.head = FCNHead(len(self.backbone_channels) * channels, channels, num_classes)
        second = self.backbone_channels[-2]
        self.auxiliary = FCNHead(second, second, num_classes, dropout=dropout_prob) if extra else None
        self.load_pretrained(pretrained)
