"""BiSeNet: a spatial path of few convolutions beside a context path that goes deep (Yu et al., ECCV 2018)."""

from __future__ import annotations

from typing import Any

import paddle
import paddle.nn.functional as F
from paddle import nn

from paddleseg.models.base import SegModel
from paddleseg.models.contract import Head
from paddleseg.models.heads.fcn import FCNHead
from paddleseg.models.layers import sigmoid, upsample
from paddleseg.models.layers.basic import ConvBN, ConvBNReLU
from paddleseg.models.layers.fusion import AttentionRefinement
from paddleseg.registry import MODELS

DETAIL = 128  # channels of the spatial path


class FeatureFusion(nn.Layer):
    """Both paths side by side, channels weighed by their mean (section 3.3, figure 2 c).

    Shape:
        two maps of one size, `channels` together; returns (N, channels, H, W).
    """

    def __init__(self, channels: int):
        super().__init__()
        self.conv = ConvBNReLU(channels, channels, 1)
        self.weigh = nn.Sequential(ConvBNReLU(channels, channels, 1), ConvBN(channels, channels, 1))

    def forward(self, detail: paddle.Tensor, context: paddle.Tensor) -> paddle.Tensor:
        x = self.conv(paddle.concat([detail, context], axis=1))
        return x + x * _gate(self.weigh(F.adaptive_avg_pool2d(x, 1)))


def _gate(x: paddle.Tensor) -> paddle.Tensor:
    """Sigmoid after a ReLU, from 0.5 on: PaddleSeg's, whose weights learned it; the paper and STDCSeg have no ReLU.

    Paddle Inference gives other numbers where a convolution has both behind it.
    """
    return paddle.clip(sigmoid(x), min=0.5)


@MODELS.register
class BiseNetV1(SegModel):
    """BiSeNet (Yu et al., section 3, figure 2 a), as PaddleSeg spells it.

    Args:
        backbone: Gives the context path's maps, of which the last three are used; ResNet18 in the paper.
        conv_channel: Channels of the context path after the backbone; 128 lets both paths have as many.
        pretrained: A weights file.

    Shape:
        x (N, C, H, W) float32. Returns logit maps (N, num_classes, H, W) in a list: the main one, and in
        training those of the two levels of the context path, deepest first.

    Raises:
        WeightsError: `pretrained` does not fit this network.
    """

    @staticmethod
    def extra_heads(num_classes: int, **_: Any) -> list[Head]:
        return [Head(f"context_{level}", "logits", num_classes) for level in (1, 0)]

    def __init__(
        self,
        num_classes: int,
        backbone: nn.Layer,
        conv_channel: int = 128,
        pretrained: str | None = None,
    ):
        extra, width = self.extra_heads(num_classes), conv_channel
        super().__init__(num_classes, backbone, (-3, -2, -1), extra_heads=extra, align_corners=True)
        _, middle, deep = self.backbone_channels
        in_channels = next(layer.weight.shape[1] for layer in backbone.sublayers() if isinstance(layer, nn.Conv2D))
        self.spatial = nn.Sequential(
            ConvBNReLU(in_channels, 64, 7, stride=2),
            ConvBNReLU(64, 64, 3, stride=2),
            ConvBNReLU(64, 64, 3, stride=2),
            ConvBNReLU(64, DETAIL, 1),
        )
        self.average = ConvBNReLU(deep, width, 1)
        self.attend = nn.LayerList([AttentionRefinement(each, width, _gate) for each in (deep, middle)])
        self.smooth = nn.LayerList([ConvBNReLU(width, width, 3) for _ in range(2)])
        self.fuse = FeatureFusion(DETAIL + width)
        self.head = FCNHead(DETAIL + width, 64, num_classes)
        self.auxiliary = nn.LayerList([FCNHead(width, 128, num_classes) for _ in range(2)])
        self.load_pretrained(pretrained)

    def forward(self, x: paddle.Tensor) -> list[paddle.Tensor]:
        detail = self.spatial(x)
        fine, middle, deep = self.backbone_maps(x)
        context = self.average(F.adaptive_avg_pool2d(deep, 1))  # one number a channel for all places
        levels: list[paddle.Tensor] = []
        for index, (level, finer) in enumerate(((deep, middle), (middle, fine))):
            context = self.attend[index](level) + context
            context = self.smooth[index](upsample(context, finer, align_corners=True))
            levels.append(context)
        logits = [self.head(self.fuse(detail, upsample(context, detail, align_corners=True)))]
        if self.training:
            logits += [head(each) for head, each in zip(self.auxiliary, levels, strict=True)]
        return self.at_size_of(x, *logits)
