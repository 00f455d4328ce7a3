"""UPerNet on ViT-Adapter (Chen et al., ICLR 2023, section 4.3)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from paddle import nn

from paddleseg.models.contract import Head
from paddleseg.models.heads.fcn import FCNHead
from paddleseg.models.heads.upernet import UPerDecoder, UPerModel
from paddleseg.registry import MODELS


@MODELS.register
class UPerNetViTAdapter(UPerModel):
    """UPerNet whose pooling has as many channels as its levels.

    Args:
        backbone: Gives the feature maps; ViTAdapter in the paper.
        backbone_indices: The feature maps to use, finest first; three at least.
        channels: Channels of each level.
        pool_scales: Grid sizes of the pooling.
        dropout_ratio: Share of channels dropped before the classes.
        aux_loss: Give logits of the third map as well in training; of `aux_channels` channels.
        align_corners: How maps and logits are brought up.
        pretrained: A weights file.

    Shape:
        x (N, C, H, W) float32. Returns logit maps (N, num_classes, H, W) in a list: one, or two in training with
        `aux_loss`.

    Raises:
        ValueError: `backbone_indices` names fewer than three maps.
        WeightsError: `pretrained` does not fit this network.
    """

    @staticmethod
    def extra_heads(num_classes: int, aux_loss: bool = True, **_: Any) -> list[Head]:
        return [Head("auxiliary", "logits", num_classes)] if aux_loss else []

    def __init__(
        self,
        num_classes: int,
        backbone: nn.Layer,
        backbone_indices: Sequence[int],
        channels: int = 512,
        pool_scales: Sequence[int] = (1, 2, 3, 6),
        dropout_ratio: float = 0.1,
        aux_loss: bool = True,
        aux_channels: int = 256,
        align_corners: bool = False,
        pretrained: str | None = None,
    ):
        extra = self.extra_heads(num_classes, aux_loss)
        super().__init__(num_classes, backbone, backbone_indices, extra_heads=extra, align_corners=align_corners)
        widths = self.backbone_channels
        if len(widths) < 3:
            raise ValueError("backbone_indices should name three maps at least")
        self.decoder = UPerDecoder(
            widths, channels, channels, pool_scales, align_corners=align_corners, pool_align_corners=align_corners
        )
        self.head = FCNHead(len(widths) * channels, channels, num_classes, dropout=dropout_ratio, drop_maps=True)
        self.auxiliary = FCNHead(widths[2], aux_channels, num_classes) if extra else None
        self.load_pretrained(pretrained)
