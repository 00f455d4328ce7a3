"""UPerNet on the context autoencoder, whose maps are all of one size (Chen et al., IJCV 2023, section 4.3)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import paddle
from paddle import nn

from paddleseg.models.contract import Head
from paddleseg.models.heads.fcn import FCNHead
from paddleseg.models.heads.upernet import UPerDecoder, UPerModel
from paddleseg.registry import MODELS


@MODELS.register
class UPerNetCAE(UPerModel):
    """UPerNet after four maps of a plain transformer have become four sizes.

    Args:
        backbone: Gives the feature maps; CAE in the paper.
        backbone_indices: The four feature maps to use, that of the finest level first.
        channels: Channels before the classes.
        fpn_channels: Channels of each level.
        head_channels: Channels of the last map, as the backbone has them; `channels_fpn` those of all.
        enable_auxiliary_loss: Give logits of the third map as well in training.
        align_corners: PaddleSeg's, without effect: it aligns none.
        dropout_ratio: Share of channels dropped before the classes; None for none.
        pretrained: A weights file.

    Shape:
        x (N, C, H, W) float32. Returns logit maps (N, num_classes, H, W) in a list: one, or two in training with
        `enable_auxiliary_loss`.

    Raises:
        ValueError: There are not four maps, or not of the channels that the arguments say.
        WeightsError: `pretrained` does not fit this network.
    """

    @staticmethod
    def extra_heads(num_classes: int, enable_auxiliary_loss: bool = True, **_: Any) -> list[Head]:
        return [Head("auxiliary", "logits", num_classes)] if enable_auxiliary_loss else []

    def __init__(
        self,
        num_classes: int,
        backbone: nn.Layer,
        backbone_indices: Sequence[int],
        channels: int,
        fpn_channels: int,
        head_channels: int,
        channels_fpn: Sequence[int],
        enable_auxiliary_loss: bool = True,
        align_corners: bool = True,
        dropout_ratio: float | None = 0.1,
        pretrained: str | None = None,
    ):
        extra = self.extra_heads(num_classes, enable_auxiliary_loss)
        super().__init__(num_classes, backbone, backbone_indices, extra_heads=extra)
        said = [*channels_fpn[:-1], head_channels]
        if self.backbone_channels != said or len(said) != 4:
            raise ValueError(f"the maps have {self.backbone_channels} channels; channels_fpn, head_channels say {said}")
        first, second = self.backbone_channels[:2]
        self.finest = nn.Sequential(
            nn.Conv2DTranspose(first, first, 2, stride=2),
            nn.BatchNorm2D(first, momentum=0.1),
            nn.GELU(),
            nn.Conv2DTranspose(first, first, 2, stride=2),
        )
        self.fine = nn.Conv2DTranspose(second, second, 2, stride=2)
        self.halve = nn.MaxPool2D(2, stride=2)
        self.decoder = UPerDecoder(said, fpn_channels, head_channels)
        dropout = dropout_ratio or 0.0
        self.head = FCNHead(4 * fpn_channels, channels, num_classes, dropout=dropout, drop_maps=True)
        self.auxiliary = FCNHead(said[2], 256, num_classes, dropout=dropout, drop_maps=True) if extra else None
        self.load_pretrained(pretrained)

    def levels(self, x: paddle.Tensor) -> list[paddle.Tensor]:
        finest, fine, middle, coarse = self.backbone_maps(x)
        return [self.finest(finest), self.fine(fine), middle, self.halve(coarse)]
