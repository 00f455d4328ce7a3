"""DANet: attention between places beside attention between channels (Fu et al., CVPR 2019)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import paddle
import paddle.nn.functional as F
from paddle import nn

from paddleseg.models.base import SegModel
from paddleseg.models.contract import Head
from paddleseg.models.layers import attend, matmul, spatial_size
from paddleseg.models.layers.basic import ConvBNReLU
from paddleseg.registry import MODELS


class PositionAttention(nn.Layer):
    """Each place takes what it needs from all others (section 3.2, equations 1 and 2). It begins as the identity.

    Shape:
        x (N, channels, H, W); returns the same shape.
    """

    def __init__(self, channels: int):
        super().__init__()
        inner = channels // 8
        self.query = nn.Conv2D(channels, inner, 1)
        self.key = nn.Conv2D(channels, inner, 1, bias_attr=False)  # the softmax takes a bias away again
        self.value = nn.Conv2D(channels, channels, 1)
        self.gamma = _gamma(self)

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        query, key, value = (conv(x).flatten(2) for conv in (self.query, self.key, self.value))
        return x + self.gamma * attend(query, key, value).reshape([0, x.shape[1], *spatial_size(x)])


class ChannelAttention(nn.Layer):
    """Each channel takes from those that are unlike it (section 3.3, equation 3). It begins as the identity.

    The softmax is of how far each product is below the largest, as the authors published it.

    Shape:
        x (N, channels, H, W); returns the same shape.
    """

    def __init__(self) -> None:
        super().__init__()
        self.gamma = _gamma(self)

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        channels = x.flatten(2)
        alike = matmul(channels, channels, transpose_y=True)
        weights = F.softmax(alike.max(axis=2, keepdim=True) - alike, axis=2)
        return x + self.gamma * matmul(weights, channels).reshape([0, x.shape[1], *spatial_size(x)])


def _gamma(layer: nn.Layer) -> paddle.Tensor:
    return layer.create_parameter([1], default_initializer=nn.initializer.Constant(0.0))


@MODELS.register
class DANet(SegModel):
    """Dual attention on a dilated backbone (Fu et al., section 3, figure 2).

    Args:
        backbone: Gives the feature maps; ResNet at 1/8 in the paper.
        backbone_indices: The last is the feature map to use.
        align_corners: How logits are brought up.
        pretrained: A weights file.
        share_classifier: Classify the places' map in training with the channels' classifier, as PaddleSeg does, whose
            published files hold another one that never learned.

    Shape:
        x (N, C, H, W) float32. Returns logit maps (N, num_classes, H, W) in a list: the main one, and in training
        those of the channels' attention, the places' attention and the backbone's map.

    Raises:
        WeightsError: `pretrained` does not fit this network.
    """

    half_pixel = False

    @staticmethod
    def extra_heads(num_classes: int, **_: Any) -> list[Head]:
        return [Head(name, "logits", num_classes) for name in ("channel", "position", "auxiliary")]

    def __init__(
        self,
        num_classes: int,
        backbone: nn.Layer,
        backbone_indices: Sequence[int],
        align_corners: bool = False,
        pretrained: str | None = None,
        share_classifier: bool = False,
    ):
        super().__init__(
            num_classes,
            backbone,
            backbone_indices[-1:],
            extra_heads=self.extra_heads(num_classes),
            align_corners=align_corners,
        )
        (deep,) = self.backbone_channels
        width = deep // 4
        self.channel = nn.Sequential(ConvBNReLU(deep, width, 3), ChannelAttention(), ConvBNReLU(width, width, 3))
        self.position = nn.Sequential(ConvBNReLU(deep, width, 3), PositionAttention(width), ConvBNReLU(width, width, 3))
        self.classify = _classifier(width, num_classes)
        self.classify_channel = _classifier(width, num_classes)
        self.classify_position = _classifier(width, num_classes)
        self.classify_auxiliary = _classifier(deep, num_classes)
        self.share_classifier = share_classifier
        self.load_pretrained(pretrained)

    def forward(self, x: paddle.Tensor) -> list[paddle.Tensor]:
        (deep,) = self.backbone_maps(x)
        channel, position = self.channel(deep), self.position(deep)
        logits = [self.classify(position + channel)]
        if self.training:
            of_position = self.classify_channel if self.share_classifier else self.classify_position
            logits += [self.classify_channel(channel), of_position(position), self.classify_auxiliary(deep)]
        return self.at_size_of(x, *logits)


def _classifier(channels: int, num_classes: int) -> nn.Sequential:
    return nn.Sequential(nn.Dropout2D(0.1), nn.Conv2D(channels, num_classes, 1))
