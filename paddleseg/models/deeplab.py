"""DeepLab V3 and V3+ (Chen et al., 2017 and 2018); V3+ on ResNet50_vd is PP-HumanSeg V1 Server."""

from __future__ import annotations

from collections.abc import Sequence

import paddle
from paddle import nn

from paddleseg.models.base import SegModel
from paddleseg.models.layers import SeparableConv, upsample
from paddleseg.models.layers.aspp import ASPP
from paddleseg.models.layers.basic import ConvBNReLU
from paddleseg.registry import MODELS


@MODELS.register
class DeepLabV3(SegModel):
    """Context of several scales on a dilated backbone (Chen et al., arXiv 1706.05587).

    Args:
        backbone: Gives the feature maps.
        backbone_indices: The one feature map to use.
        aspp_ratios: Dilations of the context module's convolutions; 1 stands for a 1x1 convolution.
        aspp_out_channels: Channels of each of them and of the module's result.
        align_corners: How maps are brought up.
        pretrained: A weights file.

    Shape:
        x (N, C, H, W) float32. Returns one logit map (N, num_classes, H, W) in a list.

    Raises:
        WeightsError: `pretrained` does not fit this network.
    """

    def __init__(
        self,
        num_classes: int,
        backbone: nn.Layer,
        backbone_indices: Sequence[int] = (3,),
        aspp_ratios: Sequence[int] = (1, 6, 12, 18),
        aspp_out_channels: int = 256,
        align_corners: bool = False,
        pretrained: str | None = None,
    ):
        super().__init__(num_classes, backbone, backbone_indices[:1], align_corners=align_corners)
        (deep,) = self.backbone_channels
        self.aspp = ASPP(deep, aspp_out_channels, aspp_ratios, align_corners=align_corners)
        self.classify = nn.Conv2D(aspp_out_channels, num_classes, 1)
        self.load_pretrained(pretrained)

    def forward(self, x: paddle.Tensor) -> list[paddle.Tensor]:
        (deep,) = self.backbone_maps(x)
        return self.at_size_of(x, self.classify(self.aspp(deep)))


@MODELS.register
class DeepLabV3P(SegModel):
    """DeepLab V3 with separable convolutions and a decoder that adds detail (Chen et al., ECCV 2018, figure 2).

    PP-HumanSeg V1 Server is `ResNet50_vd` with this head at 512x512.

    Args:
        backbone: Gives the feature maps.
        backbone_indices: The feature map with detail, and the one with meaning.
        aspp_ratios: Dilations of the context module's convolutions; 1 stands for a 1x1 convolution.
        aspp_out_channels: Channels of each of them and of the module's result.
        align_corners: How maps are brought up.
        pretrained: A weights file.

    Shape:
        x (N, C, H, W) float32. Returns one logit map (N, num_classes, H, W) in a list.

    Raises:
        ValueError: `backbone_indices` does not name two maps of the backbone.
        WeightsError: `pretrained` does not fit this network.
    """

    def __init__(
        self,
        num_classes: int,
        backbone: nn.Layer,
        backbone_indices: Sequence[int] = (0, 3),
        aspp_ratios: Sequence[int] = (1, 6, 12, 18),
        aspp_out_channels: int = 256,
        align_corners: bool = False,
        pretrained: str | None = None,
    ):
        super().__init__(num_classes, backbone, backbone_indices, align_corners=align_corners)
        if len(self.backbone_channels) != 2:
            raise ValueError(f"backbone_indices should name two maps, not {len(self.backbone_channels)}")
        shallow, deep = self.backbone_channels
        self.aspp = ASPP(deep, aspp_out_channels, aspp_ratios, separable=True, align_corners=align_corners)
        self.detail = ConvBNReLU(shallow, 48, 1)
        self.fuse = nn.Sequential(SeparableConv(aspp_out_channels + 48, 256), SeparableConv(256, 256))
        self.classify = nn.Conv2D(256, num_classes, 1)
        self.load_pretrained(pretrained)

    def forward(self, x: paddle.Tensor) -> list[paddle.Tensor]:
        shallow, deep = self.backbone_maps(x)
        detail = self.detail(shallow)
        context = upsample(self.aspp(deep), detail, self.align_corners)
        return self.at_size_of(x, self.classify(self.fuse(paddle.concat([context, detail], axis=1))))
