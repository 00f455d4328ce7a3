"""UPerNet: a feature pyramid with pyramid pooling at its top (Xiao et al., ECCV 2018)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import paddle
from paddle import nn

from paddleseg.models.base import SegModel
from paddleseg.models.contract import Head
from paddleseg.models.heads.fcn import FCNHead
from paddleseg.models.layers import PyramidPooling, upsample
from paddleseg.models.layers.basic import ConvBNReLU
from paddleseg.registry import MODELS


@MODELS.register
class UPerNet(SegModel):
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
        *fine, deep = self.backbone_channels
        if not fine:
            raise ValueError("backbone_indices should name two maps at least")
        self.pyramid = PyramidPooling(deep, deep // 4, (1, 2, 3, 6), align_corners=True)
        self.context = ConvBNReLU(deep + deep // 4 * 4, channels, 3)
        self.reduce = nn.LayerList([ConvBNReLU(each, channels, 1) for each in fine])
        self.smooth = nn.LayerList([ConvBNReLU(channels, channels, 3) for _ in fine])
        self.head = FCNHead(len(self.backbone_channels) * channels, channels, num_classes)
        self.auxiliary = FCNHead(fine[-1], fine[-1], num_classes, dropout=dropout_prob) if extra else None
        self.load_pretrained(pretrained)

    def forward(self, x: paddle.Tensor) -> list[paddle.Tensor]:
        *fine, deep = self.backbone_maps(x)
        joined = self.context(paddle.concat([deep, *reversed(self.pyramid(deep))], axis=1))
        levels = [joined]
        for level in reversed(range(len(fine))):
            detail = self.reduce[level](fine[level])
            joined = detail + upsample(joined, detail, align_corners=True)
            levels.insert(0, self.smooth[level](joined))
        gathered = [levels[0], *(upsample(each, levels[0], align_corners=True) for each in levels[1:])]
        logits = [self.head(paddle.concat(gathered, axis=1))]
        if self.training and self.auxiliary is not None:
            logits.append(self.auxiliary(fine[-1]))
        return self.at_size_of(x, *logits)
