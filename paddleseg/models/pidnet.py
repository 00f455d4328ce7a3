"""PIDNet: detail, context and boundaries in three branches, like a controller's three terms (CVPR 2023)."""

from __future__ import annotations

from typing import Any

import paddle
from paddle import nn

from paddleseg.models.base import SegModel
from paddleseg.models.contract import Head
from paddleseg.models.heads.fcn import pre_activated_head
from paddleseg.registry import MODELS


@MODELS.register
class PIDNet(SegModel):
    """The heads on PIDNet's branches (Xu et al., section 4.5, figure 4).

    PaddleSeg's files list the losses of P's head first and give the last one, of the places that D takes for
    boundaries, the main logits alone; they are read so.

    Args:
        backbone: Gives the joined map and those of the branches P and D: `PIDNet_Small`, `_Medium` or `_Large`.
        head_channels: Channels inside the heads of classes.
        ignore_index: Without effect, as losses have their own.
        pretrained: A weights file.

    Shape:
        x (N, C, H, W) float32. Returns maps in a list: the logits (N, num_classes, H, W), and in training those of the
        branch P, the boundaries' (N, 1, H, W), and the pair of logits and boundaries' for an OhemEdgeAttentionLoss.

    Raises:
        ValueError: The backbone gives another number of maps.
        WeightsError: `pretrained` does not fit this network.
    """

    @staticmethod
    def extra_heads(num_classes: int, **_: Any) -> list[Head]:
        auxiliary, edge = Head("auxiliary", "logits", num_classes), Head("edge", "boundary", 1)
        return [auxiliary, edge, Head("main_and_edge", "pair", num_classes)]

    def __init__(
        self,
        num_classes: int,
        backbone: nn.Layer,
        head_channels: int = 128,
        ignore_index: int = 255,
        pretrained: str | None = None,
    ):
        super().__init__(num_classes, backbone, extra_heads=self.extra_heads(num_classes), align_corners=True)
        if len(self.backbone_channels) != 3:
            raise ValueError(f"the backbone gives {len(self.backbone_channels)} maps, not three; use a PIDNet_...")
        joined, p, d = self.backbone_channels
        self.head = pre_activated_head(joined, head_channels, num_classes)
        self.p_head = pre_activated_head(p, head_channels, num_classes)
        self.d_head = pre_activated_head(d, joined // 4, 1)
        self.load_pretrained(pretrained)

    def forward(self, x: paddle.Tensor) -> list[Any]:
        joined, p, d = self.backbone_maps(x)
        if not self.training:
            return self.at_size_of(x, self.head(joined))
        main, auxiliary, edge = self.at_size_of(x, self.head(joined), self.p_head(p), self.d_head(d))
        return [main, auxiliary, edge, (main, edge)]
