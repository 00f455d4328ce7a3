"""A second head on an earlier map of the backbone, which only training has."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

import paddle
from paddle import nn

from paddleseg.models.base import SegModel
from paddleseg.models.contract import Head
from paddleseg.models.heads.fcn import FCNHead


class DeeplySupervised(SegModel):
    """A network of one feature map whose backbone learns through an earlier one as well (Zhao et al., CVPR 2017, 3.3).

    A network derives from it, makes its layers and says in `logits` what it does with the deep map.

    Args:
        backbone: Gives the feature maps.
        backbone_indices: The feature maps to use; the auxiliary head is on the last but one, the network on the last.
        enable_auxiliary_loss: Give the auxiliary head's logits as well in training.
        align_corners: How logits are brought up to the picture's size.
        auxiliary_share: Channels inside the auxiliary head, as a share of its map's.
        auxiliary_channels: How many these are, in place of a share.
        dropout: In the auxiliary head.
        drop_maps: Drop its channels as a whole.

    Shape:
        x (N, C, H, W) float32. Returns logit maps (N, num_classes, H, W) in a list: one, or two in training.

    Raises:
        ValueError: `backbone_indices` names one map only.
    """

    @staticmethod
    def extra_heads(num_classes: int, enable_auxiliary_loss: bool = True, **_: Any) -> list[Head]:
        return [Head("auxiliary", "logits", num_classes)] if enable_auxiliary_loss else []

    def __init__(
        self,
        num_classes: int,
        backbone: nn.Layer,
        backbone_indices: Sequence[int],
        enable_auxiliary_loss: bool,
        align_corners: bool,
        *,
        auxiliary_share: float = 0.25,
        auxiliary_channels: int | None = None,
        dropout: float = 0.1,
        drop_maps: bool = False,
    ):
        auxiliary = self.extra_heads(num_classes, enable_auxiliary_loss)
        super().__init__(num_classes, backbone, backbone_indices, extra_heads=auxiliary, align_corners=align_corners)
        if len(self.backbone_channels) < 2:
            raise ValueError("backbone_indices should name two maps: the auxiliary head's and the network's")
        channels = self.backbone_channels[-2]
        self.auxiliary = (
            FCNHead(
                channels,
                auxiliary_channels or int(channels * auxiliary_share),
                num_classes,
                dropout=dropout,
                drop_maps=drop_maps,
            )
            if auxiliary
            else None
        )

    @abstractmethod
    def logits(self, *maps: paddle.Tensor) -> paddle.Tensor:
        """The main logits at the size of the last map, from the backbone's maps."""

    def forward(self, x: paddle.Tensor) -> list[paddle.Tensor]:
        maps = self.backbone_maps(x)
        logits = [self.logits(*maps)]
        if self.training and self.auxiliary is not None:
            logits.append(self.auxiliary(maps[-2]))
        return self.at_size_of(x, *logits)
