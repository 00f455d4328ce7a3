"""STDCSeg: BiSeNet whose detail path is the backbone itself, taught by labels' contours (Fan et al., CVPR 2021)."""

from __future__ import annotations

from typing import Any

import paddle
import paddle.nn.functional as F
from paddle import nn

from paddleseg.models.base import SegModel
from paddleseg.models.contract import Head
from paddleseg.models.heads.fcn import FCNHead
from paddleseg.models.layers import sigmoid, upsample
from paddleseg.models.layers.basic import ConvBNReLU
from paddleseg.models.layers.fusion import AttentionRefinement
from paddleseg.registry import MODELS

WIDTH = 128  # of the context


class FeatureFusion(nn.Layer):
    """Detail and context side by side, channels weighed by their mean (BiSeNet, section 3.3).

    Shape:
        two maps of one size, `in_channels` together; returns (N, channels, H, W).
    """

    def __init__(self, in_channels: int, channels: int):
        super().__init__()
        self.conv = ConvBNReLU(in_channels, channels, 1)
        self.reduce = nn.Conv2D(channels, channels // 4, 1)
        self.expand = nn.Conv2D(channels // 4, channels, 1)

    def forward(self, detail: paddle.Tensor, context: paddle.Tensor) -> paddle.Tensor:
        x = self.conv(paddle.concat([detail, context], axis=1))
        return x + x * sigmoid(self.expand(F.relu(self.reduce(F.adaptive_avg_pool2d(x, 1)))))


@MODELS.register
class STDCSeg(SegModel):
    """STDC-Seg (Fan et al., section 3.3, figure 5): a context path down to 1/32, and detail heads for training only.

    Args:
        backbone: Gives maps at 1/2, 1/4, 1/8, 1/16 and 1/32: `STDC1` or `STDC2`.
        use_boundary_2: Give in training what the map at 1/2 takes for contours, for a DetailAggregateLoss.
        use_boundary_4: The same of the map at 1/4.
        use_boundary_8: The same of the map at 1/8, which the paper finds best.
        use_boundary_16: Without effect, as in PaddleSeg.
        use_conv_last: Without effect, as in PaddleSeg.
        pretrained: A weights file.

    Shape:
        x (N, C, H, W) float32. Returns maps (N, channels, H, W) in a list: the logits, and in training those at 1/8 and
        1/16 and each contour map.

    Raises:
        ValueError: The backbone gives other maps.
        WeightsError: `pretrained` does not fit this network.
    """

    @staticmethod
    def extra_heads(
        num_classes: int, use_boundary_2: bool, use_boundary_4: bool, use_boundary_8: bool, **_: Any
    ) -> list[Head]:
        used = {2: use_boundary_2, 4: use_boundary_4, 8: use_boundary_8}
        contours = [Head(f"detail_{stride}", "detail", 1) for stride, use in used.items() if use]
        return [*(Head(f"context_{stride}", "logits", num_classes) for stride in (8, 16)), *contours]

    def __init__(
        self,
        num_classes: int,
        backbone: nn.Layer,
        use_boundary_2: bool = False,
        use_boundary_4: bool = False,
        use_boundary_8: bool = True,
        use_boundary_16: bool = False,
        use_conv_last: bool = False,
        pretrained: str | None = None,
    ):
        extra = self.extra_heads(num_classes, use_boundary_2, use_boundary_4, use_boundary_8)
        super().__init__(num_classes, backbone, extra_heads=extra, align_corners=True)
        if len(self.backbone_channels) != 5:
            raise ValueError(
                f"the backbone gives {len(self.backbone_channels)} maps; it should give five, as STDC does"
            )
        *_, c8, c16, c32 = self.backbone_channels
        self.average = ConvBNReLU(c32, WIDTH, 1)
        self.refine16, self.refine32 = AttentionRefinement(c16, WIDTH), AttentionRefinement(c32, WIDTH)
        self.smooth8, self.smooth16 = ConvBNReLU(WIDTH, WIDTH, 3), ConvBNReLU(WIDTH, WIDTH, 3)
        self.fuse = FeatureFusion(c8 + WIDTH, 256)
        self.head = FCNHead(256, 256, num_classes)
        self.auxiliary = nn.LayerList([FCNHead(WIDTH, 64, num_classes) for _ in (8, 16)])
        # Published files hold all of them; those that are not used do not learn.
        self.details = nn.LayerList([FCNHead(channels, 64, 1) for channels in self.backbone_channels[:3]])
        self.use_details = (use_boundary_2, use_boundary_4, use_boundary_8)
        for head, used in zip(self.details, self.use_details, strict=True):
            for parameter in [] if used else head.parameters():
                parameter.stop_gradient = True
        self.load_pretrained(pretrained)

    def forward(self, x: paddle.Tensor) -> list[paddle.Tensor]:
        x2, x4, x8, x16, x32 = self.backbone_maps(x)
        average = self.average(F.adaptive_avg_pool2d(x32, 1))
        context16 = self.smooth16(upsample(self.refine32(x32) + average, x16, mode="nearest"))
        context8 = self.smooth8(upsample(self.refine16(x16) + context16, x8, mode="nearest"))
        logits = [self.head(self.fuse(x8, context8))]
        if self.training:
            logits += [head(each) for head, each in zip(self.auxiliary, (context8, context16), strict=True)]
            details = zip(self.details, (x2, x4, x8), self.use_details, strict=True)
            logits += [head(each) for head, each, used in details if used]
        return self.at_size_of(x, *logits)
