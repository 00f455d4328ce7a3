"""PP-MobileSeg: fast on the processors of phones (Tang et al., arXiv 2304.05152)."""

from __future__ import annotations

from typing import Literal

import paddle
from paddle import nn

from paddleseg.models.base import SegModel
from paddleseg.models.layers.basic import ConvBNReLU
from paddleseg.registry import MODELS


@MODELS.register
class PPMobileSeg(SegModel):
    """A light head on StrideFormer (Tang et al., section 3).

    The paper's valid interpolate module (section 3.3) resizes the classes that win somewhere on the small map alone,
    which saves time on phones where there are 150 of them. It cannot give all logits, and its mask differs only where a
    class wins between the small map's pixels and on none of them: logits here are always resized as they are.

    Args:
        num_classes: Classes, background included.
        backbone: Gives one feature map.
        head_use_dw: Make the head's first convolution depth-wise.
        align_corners: How the logits are resized.
        pretrained: A weights file.
        upsample: Accepted as PaddleSeg's configs have it, and without effect: "intepolate" (sic) or "vim", see above.

    Shape:
        x (N, C, H, W) float32. Returns one logit map (N, num_classes, H, W) in a list.

    Raises:
        WeightsError: `pretrained` does not fit this network.
    """

    def __init__(
        self,
        num_classes: int,
        backbone: nn.Layer,
        head_use_dw: bool = True,
        align_corners: bool = False,
        pretrained: str | None = None,
        upsample: Literal["intepolate", "vim"] = "intepolate",
    ):
        super().__init__(num_classes, backbone, backbone_indices=(0,), align_corners=align_corners)
        (channels,) = self.backbone_channels
        self.fuse = ConvBNReLU(channels, channels, 1, groups=channels if head_use_dw else 1)
        self.dropout = nn.Dropout2D(0.1)
        self.classify = nn.Conv2D(channels, num_classes, 1)
        self.load_pretrained(pretrained)

    def forward(self, x: paddle.Tensor) -> list[paddle.Tensor]:
        (features,) = self.backbone_maps(x)
        return self.at_size_of(x, self.classify(self.dropout(self.fuse(features))))
