"""The only home of building blocks that several models share.

`ConvBN`, `ConvBNAct` and `ConvBNReLU` are PaddleSeg's here, for plugins; our networks take theirs from `layers.basic`.
"""

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
from paddleseg.models.layers.nmf_2d import NMF2D
from paddleseg.models.layers.nonlocal2d import NonLocal2D
from paddleseg.models.layers.polarized_self_attention import PolarizedSelfAttentionModule
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
    "NMF2D",
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
    "NonLocal2D",
    "PPModule",
    "PolarizedSelfAttentionModule",
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
