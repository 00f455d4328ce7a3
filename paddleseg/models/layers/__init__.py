"""The only home of building blocks that several models share."""

from paddleseg.models.layers.activation import activation
from paddleseg.models.layers.attention import attend
from paddleseg.models.layers.basic import (
    ConvBN,
    ConvBNAct,
    ConvBNReLU,
    SeparableConv,
    channel_shuffle,
    halves,
    interleave,
    max_pool,
)
from paddleseg.models.layers.blocks import InvertedResidual, SqueezeExcite, round_channels
from paddleseg.models.layers.depthwise import DepthwiseConv2D
from paddleseg.models.layers.graph_ops import matmul, sigmoid
from paddleseg.models.layers.pooling import PyramidPooling
from paddleseg.models.layers.reparam import RepConv
from paddleseg.models.layers.upsample import ResizeMode, spatial_size, upsample

__all__ = [
    "ConvBN",
    "ConvBNAct",
    "ConvBNReLU",
    "DepthwiseConv2D",
    "InvertedResidual",
    "PyramidPooling",
    "RepConv",
    "ResizeMode",
    "SeparableConv",
    "SqueezeExcite",
    "activation",
    "attend",
    "channel_shuffle",
    "halves",
    "interleave",
    "matmul",
    "max_pool",
    "round_channels",
    "sigmoid",
    "spatial_size",
    "upsample",
]
