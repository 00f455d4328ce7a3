"""A backbone and the plain head (Long et al., CVPR 2015); on HRNet it is PP-HumanSeg V1 Mobile."""

from __future__ import annotations

from collections.abc import Sequence

import paddle
from paddle import nn

from paddleseg.models.base import SegModel
from paddleseg.models.heads.fcn import FCNHead
from paddleseg.registry import MODELS


@MODELS.register
class FCN(SegModel):
    """One feature map, a 1x1 convolution, and a 1x1 convolution to classes (Long et al., section 3.2).

    On HRNet it is the segmentation network of Sun et al. (arXiv 1904.04514, section 4). PP-HumanSeg V1 Mobile is
    `HRNet_W18_Small_V1` with this head at 192x192.

    Args:
        backbone: Gives the feature maps.
        backbone_indices: The one feature map to use.
        channels: Channels between the two convolutions; None for as many as the feature map has.
        align_corners: How logits are brought up to the image's size.
        pretrained: A weights file, or `zoo://pp_humanseg_v1_mobile`, which fits `HRNet_W18_Small_V1` and two classes.
        bias: Whether the last convolution has a bias.

    Shape:
        x (N, C, H, W) float32. Returns one logit map (N, num_classes, H, W) in a list.

    Raises:
        WeightsError: `pretrained` does not fit this network.
    """

    def __init__(
        self,
        num_classes: int,
        backbone: nn.Layer,
        backbone_indices: Sequence[int] = (-1,),
        channels: int | None = None,
        align_corners: bool = False,
        pretrained: str | None = None,
        bias: bool = True,
    ):
        super().__init__(num_classes, backbone, backbone_indices[:1], align_corners=align_corners)
        (in_channels,) = self.backbone_channels
        self.head = FCNHead(in_channels, channels or in_channels, num_classes, kernel_size=1, bias=bias)
        self.load_pretrained(pretrained)

    def forward(self, x: paddle.Tensor) -> list[paddle.Tensor]:
        (features,) = self.backbone_maps(x)
        return self.at_size_of(x, self.head(features))
