"""The only home of building blocks that several models share.

`ConvBN`, `ConvBNAct` and `ConvBNReLU` are PaddleSeg's here, for plugins; our networks take theirs from `layers.basic`.
"""

from typing import Any

from paddleseg.absent import Absent
from paddleseg.models.layers.activation import Activation, activation
from paddleseg.models.layers.attention import AttentionBlock, attend
from paddleseg.models.layers.basic import (
    SeparableConv,
    channel_shuffle,
    halves,
    interleave,
    max_pool,
)
from paddleseg.models.layers.blocks import InvertedResidual, SqueezeExcite, round_channels
from paddleseg.models.layers.depthwise import DepthwiseConv2D
from paddleseg.models.layers.graph_ops import matmul, sigmoid
from paddleseg.models.layers.layer_libs import (
    JPU,
    AuxLayer,
    ConvBN,
    ConvBNAct,
    ConvBNLeakyReLU,
    ConvBNPReLU,
    ConvBNReLU,
    ConvGNAct,
    ConvNormAct,
    DepthwiseConvBN,
    SeparableConvBNReLU,
    SyncBatchNorm,
)
from paddleseg.models.layers.pooling import PyramidPooling
from paddleseg.models.layers.pyramid_pool import ASPPModule, PPModule
from paddleseg.models.layers.reparam import RepConv
from paddleseg.models.layers.tensor_fusion import (
    UAFM,
    UAFM_ChAtten,
    UAFM_ChAtten_S,
    UAFM_SpAtten,
    UAFM_SpAtten_S,
    UAFMMobile,
    UAFMMobile_SpAtten,
)
from paddleseg.models.layers.upsample import ResizeMode, spatial_size, upsample
from paddleseg.models.layers.wrap_functions import (
    Add,
    Concat,
    Divide,
    Flatten,
    Multiply,
    Reshape,
    Subtract,
    Transpose,
)

__all__ = [
    "JPU",
    "UAFM",
    "ASPPModule",
    "Activation",
    "Add",
    "AttentionBlock",
    "AuxLayer",
    "Concat",
    "ConvBN",
    "ConvBNAct",
    "ConvBNLeakyReLU",
    "ConvBNPReLU",
    "ConvBNReLU",
    "ConvGNAct",
    "ConvNormAct",
    "DepthwiseConv2D",
    "DepthwiseConvBN",
    "Divide",
    "Flatten",
    "InvertedResidual",
    "Multiply",
    "PPModule",
    "PyramidPooling",
    "RepConv",
    "Reshape",
    "ResizeMode",
    "SeparableConv",
    "SeparableConvBNReLU",
    "SqueezeExcite",
    "Subtract",
    "SyncBatchNorm",
    "Transpose",
    "UAFMMobile",
    "UAFMMobile_SpAtten",
    "UAFM_ChAtten",
    "UAFM_ChAtten_S",
    "UAFM_SpAtten",
    "UAFM_SpAtten_S",
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

_ABSENT = ("NMF2D", "NonLocal2D", "PolarizedSelfAttentionModule")


def __getattr__(name: str) -> Any:
    if name in _ABSENT:
        return Absent("layer", name, "bring PaddleSeg's file of it as a plugin, or use AttentionBlock")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
