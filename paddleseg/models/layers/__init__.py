"""The only home of building blocks that several models share."""

from paddleseg.models.layers.basic import (
    ConvBN,
    ConvBNReLU,
    SeparableConv,
    channel_shuffle,
    halves,
    interleave,
    max_pool,
)
from paddleseg.models.layers.depthwise import DepthwiseConv2D
from paddleseg.models.layers.upsample import upsample

__all__ = [
    "ConvBN",
    "ConvBNReLU",
    "DepthwiseConv2D",
    "SeparableConv",
    "channel_shuffle",
    "halves",
    "halves",
    "interleave",
    "max_pool",
    "upsample",
]
