"""TopFormer: tokens of a pyramid given meaning by one transformer (Zhang et al., CVPR 2022)."""

from __future__ import annotations

import paddle
from paddle import nn

from paddleseg.models.base import SegModel
from paddleseg.models.layers import upsample
from paddleseg.models.layers.basic import ConvBNReLU
from paddleseg.registry import MODELS


@MODELS.register
class TopFormer(SegModel):
    """The sum of the backbone's maps, and a simple head (Zhang et al., section 3.4, figure 2).

    Args:
        backbone: Gives the feature maps, of as many channels each; a TopTransformer in the paper.
        head_use_dw: Make the head's first convolution depth-wise.
        align_corners: How maps and logits are brought up.
        pretrained: A weights file.

    Shape:
        x (N, C, H, W) float32, H and W from 64. Returns one logit map (N, num_classes, H, W) in a list.

    Raises:
        ValueError: The backbone's maps differ in channels.
        WeightsError: `pretrained` does not fit this network.
    """

    def __init__(
        self,
        num_classes: int,
        backbone: nn.Layer,
        head_use_dw: bool = False,
        align_corners: bool = False,
        pretrained: str | None = None,
    ):
        super().__init__(num_classes, backbone, align_corners=align_corners)
        channels = self.backbone_channels[0]
        if set(self.backbone_channels) != {channels}:
            raise ValueError(f"the backbone's maps differ in channels, {self.backbone_channels}; use a TopTransformer")
        self.fuse = ConvBNReLU(channels, channels, 1, groups=channels if head_use_dw else 1)
        self.dropout = nn.Dropout2D(0.1)
        self.classify = nn.Conv2D(channels, num_classes, 1)
        self.load_pretrained(pretrained)

    def forward(self, x: paddle.Tensor) -> list[paddle.Tensor]:
        finest, *coarse = self.backbone_maps(x)
        summed = finest
        for each in coarse:
            summed = summed + upsample(each, finest, self.align_corners)
        return self.at_size_of(x, self.classify(self.dropout(self.fuse(summed))))
