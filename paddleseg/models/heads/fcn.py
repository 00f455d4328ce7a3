"""The plain head: one convolution, then one logit for each class."""

from __future__ import annotations

import paddle
from paddle import nn

from paddleseg.models.layers.basic import BNReLUConv, ConvBNReLU


class FCNHead(nn.Layer):
    """Convolution with batch norm and ReLU, dropout where asked for, and a 1x1 convolution to classes.

    Args:
        in_channels: Channels of the feature map.
        channels: Channels between the two convolutions.
        kernel_size: Of the first convolution.
        dropout: Share of channels' values dropped in training.
        drop_maps: Drop channels as a whole.

    Shape:
        x (N, in_channels, H, W); returns logits (N, num_classes, H, W).
    """

    def __init__(
        self,
        in_channels: int,
        channels: int,
        num_classes: int,
        *,
        kernel_size: int = 3,
        dropout: float = 0.0,
        drop_maps: bool = False,
        bias: bool = True,
    ):
        super().__init__()
        self.conv = ConvBNReLU(in_channels, channels, kernel_size)
        kind = nn.Dropout2D if drop_maps else nn.Dropout
        self.dropout = kind(dropout) if dropout else nn.Identity()
        self.classify = nn.Conv2D(channels, num_classes, 1, bias_attr=None if bias else False)

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        return self.classify(self.dropout(self.conv(x)))


def head_beside(deep: int, channels: int, num_classes: int) -> nn.Layer:
    """The head of an attended map of so many channels, with the backbone's map of `deep` channels before it, or 0."""
    if deep:
        return FCNHead(deep + channels, channels, num_classes, dropout=0.1, drop_maps=True)
    return nn.Sequential(nn.Dropout2D(0.1), nn.Conv2D(channels, num_classes, 1))


def pre_activated_head(in_channels: int, channels: int, num_classes: int) -> nn.Sequential:
    """`FCNHead` of a map that no ReLU has seen yet: batch norm and ReLU before each convolution."""
    return nn.Sequential(BNReLUConv(in_channels, channels, 3), BNReLUConv(channels, num_classes, 1, bias=True))
