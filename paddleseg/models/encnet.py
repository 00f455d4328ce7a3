"""EncNet: channels weighed by what the picture shows (Zhang et al., CVPR 2018)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import paddle
from paddle import nn

from paddleseg.models.contract import Head
from paddleseg.models.heads.context_encoding import ContextEncoded, encoded_heads
from paddleseg.models.layers.basic import ConvBNReLU
from paddleseg.registry import MODELS


@MODELS.register
class ENCNet(ContextEncoded):
    """Context encoding on a dilated backbone (Zhang et al., section 3, figure 3).

    Args:
        backbone: Gives four feature maps; ResNet at 1/8 in the paper.
        backbone_indices: The last is the feature map to use; those before it stand beside it with `add_lateral`.
        num_codes: Code words.
        mid_channels: Channels that are encoded.
        use_se_loss: Give scores of which classes the picture shows as well in training, for a SECrossEntropyLoss.
        add_lateral: Join earlier maps with the last one.
        pretrained: A weights file.

    Shape:
        x (N, C, H, W) float32. Returns logit maps (N, num_classes, H, W) in a list: one, in training also that of an
        earlier map, and with `use_se_loss` scores (N, num_classes).

    Raises:
        WeightsError: `pretrained` does not fit this network.
    """

    @staticmethod
    def extra_heads(num_classes: int, use_se_loss: bool = True, **_: Any) -> list[Head]:
        return encoded_heads(num_classes, True, use_se_loss)

    def __init__(
        self,
        num_classes: int,
        backbone: nn.Layer,
        backbone_indices: Sequence[int] = (1, 2, 3),
        num_codes: int = 32,
        mid_channels: int = 512,
        use_se_loss: bool = True,
        add_lateral: bool = False,
        pretrained: str | None = None,
    ):
        *earlier, self.deep_index = backbone_indices
        super().__init__(
            num_classes,
            backbone,
            lateral_indices=earlier if add_lateral else (),
            auxiliary=True,
            presence=use_se_loss,
            num_codes=num_codes,
            channels=mid_channels,
        )
        self.reduce = ConvBNReLU(self.backbone_channels[self.deep_index], mid_channels, 3)
        self.load_pretrained(pretrained)

    def deep_map(self, maps: list[paddle.Tensor]) -> paddle.Tensor:
        return maps[self.deep_index]
