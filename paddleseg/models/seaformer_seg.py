"""SeaFormer: a map with detail, weighed by what ever deeper maps mean (Wan et al., ICLR 2023)."""

from __future__ import annotations

from collections.abc import Sequence

import paddle
import paddle.nn.functional as F
from paddle import nn

from paddleseg.models.base import SegModel
from paddleseg.models.layers import upsample
from paddleseg.models.layers.basic import ConvBN, ConvBNReLU
from paddleseg.registry import MODELS


class _Fusion(nn.Layer):
    """A fine map weighed at each place by a deep one (section 3.3, figure 2)."""

    def __init__(self, fine: int, deep: int, channels: int):
        super().__init__()
        self.local, self.gate = ConvBN(fine, channels, 1), ConvBN(deep, channels, 1)

    def forward(self, fine: paddle.Tensor, deep: paddle.Tensor) -> paddle.Tensor:
        return self.local(fine) * upsample(F.hardsigmoid(self.gate(deep)), fine)


@MODELS.register
class SeaFormerSeg(SegModel):
    """The light head of SeaFormer (Wan et al., section 3.3).

    Args:
        backbone: Gives the feature maps; a SeaFormer in the paper.
        in_index: The feature maps to use, finest first.
        head_channels: Channels of the head; as many as the last fusion's.
        embed_dims: Channels of each fusion, one for each map but the finest.
        is_dw: Make the head's first convolution depth-wise.
        dropout_ratio: Share of channels dropped before the classifier.
        align_corners: How logits are brought up.
        input_transform: "multiple_select", as PaddleSeg's files say; it has no other that works.
        pretrained: A weights file.

    Shape:
        x (N, C, H, W) float32, H and W from 64. Returns one logit map (N, num_classes, H, W) in a list.

    Raises:
        ValueError: Numbers of maps, fusions and channels disagree.
        WeightsError: `pretrained` does not fit this network.
    """

    def __init__(
        self,
        num_classes: int,
        backbone: nn.Layer,
        in_index: Sequence[int] = (0, 1, 2),
        head_channels: int = 160,
        embed_dims: Sequence[int] = (128, 160),
        is_dw: bool = True,
        dropout_ratio: float = 0.1,
        align_corners: bool = False,
        input_transform: str = "multiple_select",
        pretrained: str | None = None,
    ):
        super().__init__(num_classes, backbone, in_index, align_corners=align_corners)
        if input_transform != "multiple_select":
            raise ValueError(f'input_transform is "{input_transform}"; it should be "multiple_select"')
        if len(embed_dims) != len(self.backbone_channels) - 1 or embed_dims[-1] != head_channels:
            said = f"embed_dims {list(embed_dims)} for {len(self.backbone_channels)} maps"
            raise ValueError(f"{said}; there should be one for each map but the first, the last of {head_channels}")
        finest, *deep = self.backbone_channels
        widths = zip((finest, *embed_dims), deep, embed_dims, strict=False)
        self.fusions = nn.LayerList([_Fusion(*each) for each in widths])
        self.fuse = ConvBNReLU(head_channels, head_channels, 1, groups=head_channels if is_dw else 1)
        self.dropout = nn.Dropout2D(dropout_ratio)
        self.classify = nn.Conv2D(head_channels, num_classes, 1)
        self.load_pretrained(pretrained)

    def forward(self, x: paddle.Tensor) -> list[paddle.Tensor]:
        detail, *deep = self.backbone_maps(x)
        for fusion, each in zip(self.fusions, deep, strict=True):
            detail = fusion(detail, each)
        return self.at_size_of(x, self.classify(self.dropout(self.fuse(detail))))
