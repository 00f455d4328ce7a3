"""Fast-SCNN: two branches that share their first layers (Poudel et al., BMVC 2019)."""

from __future__ import annotations

from typing import Any

import paddle
import paddle.nn.functional as F
from paddle import nn

from paddleseg.models.base import SegModel
from paddleseg.models.contract import Head
from paddleseg.models.heads.fcn import FCNHead
from paddleseg.models.layers import InvertedResidual, PyramidPooling, SeparableConv, upsample
from paddleseg.models.layers.basic import ConvBN, ConvBNReLU
from paddleseg.registry import MODELS


class _Context(nn.Layer):
    """Averages of the whole map beside the map itself, then 3x3 (section 3.2.2, pyramid pooling)."""

    def __init__(self, channels: int):
        super().__init__()
        bins = (1, 2, 3, 6)
        # Published weights were trained with aligned corners here, whatever the rest of the network does.
        self.pyramid = PyramidPooling(channels, channels // len(bins), bins, align_corners=True)
        self.fuse = ConvBNReLU(2 * channels, channels, 3)

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        return self.fuse(paddle.concat([x, *self.pyramid(x)[::-1]], axis=1))


class _Fusion(nn.Layer):
    """The sum of the deep map, brought up, and the fine one (section 3.2.3)."""

    def __init__(self, fine_channels: int, deep_channels: int, channels: int, align_corners: bool):
        super().__init__()
        self.align_corners = align_corners
        self.depthwise = ConvBNReLU(deep_channels, deep_channels, 3, groups=deep_channels)
        self.deep = ConvBN(deep_channels, channels, 1)
        self.fine = ConvBN(fine_channels, channels, 1)

    def forward(self, fine: paddle.Tensor, deep: paddle.Tensor) -> paddle.Tensor:
        deep = self.depthwise(upsample(deep, fine, self.align_corners))
        return F.relu(self.fine(fine) + self.deep(deep))


class _Classifier(nn.Layer):
    """Two separable convolutions and one logit for each class (section 3.2.4)."""

    def __init__(self, channels: int, num_classes: int):
        super().__init__()
        self.conv1 = SeparableConv(channels, channels)
        self.conv2 = SeparableConv(channels, channels)
        self.dropout = nn.Dropout(0.1)
        self.classify = nn.Conv2D(channels, num_classes, 1)

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        return self.classify(self.dropout(self.conv2(self.conv1(x))))


@MODELS.register
class FastSCNN(SegModel):
    """A network for whole street photos on small devices (Poudel et al., section 3, table 1).

    Three layers lead to 1/8; from there one branch goes on to 1/32 and gathers context, the other is a skip
    connection. Both meet at 1/8.

    Args:
        num_classes: Classes, background included.
        in_channels: Channels of the image.
        enable_auxiliary_loss: Give logits of the map at 1/8 as well in training.
        align_corners: How the deep map and the logits are brought up.
        pretrained: A weights file.

    Shape:
        x (N, in_channels, H, W) float32. Returns logit maps (N, num_classes, H, W) in a list: one, or two in training.

    Raises:
        WeightsError: `pretrained` does not fit this network.
    """

    @staticmethod
    def extra_heads(num_classes: int, enable_auxiliary_loss: bool, **_: Any) -> list[Head]:
        return [Head("auxiliary", "logits", num_classes)] if enable_auxiliary_loss else []

    def __init__(
        self,
        num_classes: int,
        in_channels: int = 3,
        enable_auxiliary_loss: bool = True,
        align_corners: bool = False,
        pretrained: str | None = None,
    ):
        auxiliary = self.extra_heads(num_classes, enable_auxiliary_loss)
        super().__init__(num_classes, extra_heads=auxiliary, align_corners=align_corners)
        self.downsample = nn.Sequential(
            ConvBNReLU(in_channels, 32, 3, stride=2, padding="SAME"),
            SeparableConv(32, 48, stride=2),
            SeparableConv(48, 64, stride=2),
        )
        self.features = nn.Sequential(*_units(64, ((64, 2), (96, 2), (128, 1))))
        self.context = _Context(128)
        self.fusion = _Fusion(64, 128, 128, align_corners)
        self.classifier = _Classifier(128, num_classes)
        self.auxiliary = FCNHead(64, 32, num_classes, dropout=0.1) if auxiliary else None
        self.load_pretrained(pretrained)

    def forward(self, x: paddle.Tensor) -> list[paddle.Tensor]:
        fine = self.downsample(x)
        logits = [self.classifier(self.fusion(fine, self.context(self.features(fine))))]
        if self.training and self.auxiliary is not None:
            logits.append(self.auxiliary(fine))
        return self.at_size_of(x, *logits)


def _units(in_channels: int, groups: tuple[tuple[int, int], ...]) -> list[InvertedResidual]:
    """Three inverted residuals for each (channels, stride of the first)."""
    units = []
    for channels, stride in groups:
        for first in (stride, 1, 1):
            units.append(InvertedResidual(in_channels, 6 * in_channels, channels, stride=first, act="relu"))
            in_channels = channels
    return units
