"""FastFCN: a map at 1/8 made of three in place of dilated convolutions (Wu et al., arXiv 1903.11816)."""

from __future__ import annotations

from typing import Any

import paddle
from paddle import nn

from paddleseg.models.contract import Head
from paddleseg.models.heads.context_encoding import ContextEncoded, encoded_heads
from paddleseg.models.layers.basic import ConvBNReLU
from paddleseg.models.layers.jpu import JPU
from paddleseg.registry import MODELS


@MODELS.register
class FastFCN(ContextEncoded):
    """Joint pyramid upsampling, then context encoding (Wu et al., section 3.3, figure 2).

    Args:
        backbone: Gives four feature maps; ResNet without dilation in the paper.
        num_codes: Code words.
        mid_channels: Channels that are encoded.
        use_jpu: Upsample the last three maps jointly; without it the last one is used as it is.
        aux_loss: Give logits of the third map as well in training.
        use_se_loss: Give scores of which classes the picture shows as well in training, for a SECrossEntropyLoss.
        add_lateral: Join the first two maps with the upsampled one.
        pretrained: A weights file.

    Shape:
        x (N, C, H, W) float32. Returns logit maps (N, num_classes, H, W) in a list: one, in training also that of
        `aux_loss`, and with `use_se_loss` scores (N, num_classes).

    Raises:
        WeightsError: `pretrained` does not fit this network.
    """

    @staticmethod
    def extra_heads(num_classes: int, aux_loss: bool = True, use_se_loss: bool = True, **_: Any) -> list[Head]:
        return encoded_heads(num_classes, aux_loss, use_se_loss)

    def __init__(
        self,
        num_classes: int,
        backbone: nn.Layer,
        num_codes: int = 32,
        mid_channels: int = 512,
        use_jpu: bool = True,
        aux_loss: bool = True,
        use_se_loss: bool = True,
        add_lateral: bool = False,
        pretrained: str | None = None,
    ):
        super().__init__(
            num_classes,
            backbone,
            lateral_indices=(0, 1) if add_lateral else (),
            auxiliary=aux_loss,
            presence=use_se_loss,
            num_codes=num_codes,
            channels=mid_channels,
        )
        self.jpu = JPU(self.backbone_channels[-3:], mid_channels) if use_jpu else None
        deep, kernel_size = (4 * mid_channels, 1) if use_jpu else (self.backbone_channels[-1], 3)
        self.reduce = ConvBNReLU(deep, mid_channels, kernel_size)
        self.load_pretrained(pretrained)

    def deep_map(self, maps: list[paddle.Tensor]) -> paddle.Tensor:
        return maps[-1] if self.jpu is None else self.jpu(maps[-3:])
