"""A network whose pixels of a class come to resemble each other, across pictures too (Wang et al., ICCV 2021)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import paddle
import paddle.nn.functional as F
from paddle import nn

from paddleseg.models.base import SegModel
from paddleseg.models.contract import Head
from paddleseg.models.heads.fcn import FCNHead
from paddleseg.models.layers.basic import ConvBNReLU
from paddleseg.registry import MODELS


@MODELS.register
class HRNetW48Contrast(SegModel):
    """FCN on HRNet, with an embedding of every pixel that only training has (Wang et al., section 3.2, figure 3).

    Args:
        backbone: Gives the feature maps; HRNet in the paper.
        bb_channels: Channels of the one that is used, as the backbone has them; None asks it.
        drop_prob: Share of channels dropped before the classifier.
        proj_dim: Channels of the embedding.
        align_corners: How logits are brought up.
        pretrained: A weights file.
        backbone_indices: The one feature map to use.

    Shape:
        x (N, C, H, W) float32. Returns the logits (N, num_classes, H, W) in a list; in training then a pair at the size
        of the backbone's map: logits, and the embedding (N, proj_dim, h, w), each pixel of length 1.

    Raises:
        ValueError: `bb_channels` are not the backbone's.
        WeightsError: `pretrained` does not fit this network.
    """

    @staticmethod
    def extra_heads(num_classes: int, **_: Any) -> list[Head]:
        return [Head("embedding", "pair", num_classes)]

    def __init__(
        self,
        num_classes: int,
        backbone: nn.Layer,
        bb_channels: int | None = None,
        drop_prob: float = 0.1,
        proj_dim: int = 256,
        align_corners: bool = False,
        pretrained: str | None = None,
        backbone_indices: Sequence[int] = (0,),
    ):
        extra = self.extra_heads(num_classes)
        super().__init__(num_classes, backbone, backbone_indices[:1], extra_heads=extra, align_corners=align_corners)
        (wide,) = self.backbone_channels
        if bb_channels not in (None, wide):
            raise ValueError(f"bb_channels is {bb_channels}; the backbone's map has {wide} channels")
        self.head = FCNHead(wide, wide, num_classes, dropout=drop_prob, drop_maps=True, bias=False)
        self.embed = nn.Sequential(ConvBNReLU(wide, wide, 1), nn.Conv2D(wide, proj_dim, 1))
        self.load_pretrained(pretrained)

    def forward(self, x: paddle.Tensor) -> list[Any]:
        (features,) = self.backbone_maps(x)
        logits = self.head(features)
        outputs: list[Any] = self.at_size_of(x, logits)
        if self.training:
            outputs.append([logits, F.normalize(self.embed(features), axis=1)])
        return outputs
