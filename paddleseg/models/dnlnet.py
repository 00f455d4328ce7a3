"""DNLNet: attention split into what a pixel resembles and what stands out for all (Yin et al., ECCV 2020)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import paddle
import paddle.nn.functional as F
from paddle import nn

from paddleseg.models.heads.deep_supervision import DeeplySupervised
from paddleseg.models.heads.fcn import head_beside
from paddleseg.models.layers import attend, matmul, spatial_size
from paddleseg.models.layers.basic import ConvBNReLU
from paddleseg.registry import MODELS


class DisentangledAttention(nn.Layer):
    """A whitened pairwise term and a unary term, each with a softmax of its own (section 3.3, equation 12).

    Args:
        reduction: Channels in and out for each channel of queries, keys and values.
        use_scale: Divide products by the square root of their length.
        mode: Softmax of the pairwise products, or their mean.
        temperature: Divides products before the softmax.

    Shape:
        x (N, channels, H, W); returns the same shape.
    """

    def __init__(self, channels: int, reduction: int, use_scale: bool, mode: str, temperature: float):
        super().__init__()
        inner = max(channels // reduction, 1)
        self.mode, self.scale = mode, (inner**-0.5 if use_scale else 1.0) / temperature
        # Whitening takes a bias of queries or keys away again, and the softmax one of the salience.
        self.query = nn.Conv2D(channels, inner, 1, bias_attr=False)
        self.key = nn.Conv2D(channels, inner, 1, bias_attr=False)
        self.salience = nn.Conv2D(channels, 1, 1, bias_attr=False)
        self.value = nn.Conv2D(channels, inner, 1)
        self.back = ConvBNReLU(inner, channels, 1)

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        query, key = (_whitened(conv(x).flatten(2)) for conv in (self.query, self.key))
        value = self.value(x).flatten(2)
        if self.mode == "embedded_gaussian":
            pairwise = attend(query, key, value, self.scale)
        else:  # (value keyᵀ) query, which needs no matrix of all pairs
            pairwise = matmul(matmul(value / _places(x), key, transpose_y=True), query)
        weights = F.softmax(self.salience(x).flatten(2), axis=2)
        context = pairwise + matmul(value, weights, transpose_y=True)
        return x + self.back(context.reshape([0, context.shape[1], *spatial_size(x)]))


def _whitened(x: paddle.Tensor) -> paddle.Tensor:
    return x - x.mean(axis=2, keepdim=True)


def _places(x: paddle.Tensor) -> paddle.Tensor:
    """H * W, also where an export leaves them open."""
    return paddle.ones_like(x[:1, :1]).sum()


@MODELS.register
class DNLNet(DeeplySupervised):
    """Disentangled non-local attention on a dilated backbone (Yin et al., section 4.1).

    Args:
        backbone: Gives the feature maps; ResNet at 1/8 in the paper.
        backbone_indices: The auxiliary head's feature map and the one to use.
        reduction: Channels of the attended map for each channel of queries, keys and values.
        use_scale: Divide products of queries and keys by the square root of their length.
        mode: What weighs pairs of pixels: a softmax of the products, or the products over the number of pixels.
        temperature: Divides the products before the softmax.
        concat_input: Classify the backbone's map beside the attended one.
        enable_auxiliary_loss: Give logits of the earlier map as well in training.
        align_corners: How logits are brought up.
        pretrained: A weights file.

    Shape:
        x (N, C, H, W) float32. Returns logit maps (N, num_classes, H, W) in a list: one, or two in training.

    Raises:
        ValueError: Another mode, or `backbone_indices` names one map only.
        WeightsError: `pretrained` does not fit this network.
    """

    half_pixel = False

    def __init__(
        self,
        num_classes: int,
        backbone: nn.Layer,
        backbone_indices: Sequence[int] = (2, 3),
        reduction: int = 2,
        use_scale: bool = True,
        mode: Literal["embedded_gaussian", "dot_product"] = "embedded_gaussian",
        temperature: float = 0.05,
        concat_input: bool = True,
        enable_auxiliary_loss: bool = True,
        align_corners: bool = False,
        pretrained: str | None = None,
    ):
        if mode not in ("embedded_gaussian", "dot_product"):
            raise ValueError(f"mode is {mode!r}; it should be embedded_gaussian or dot_product")
        super().__init__(num_classes, backbone, backbone_indices, enable_auxiliary_loss, align_corners, drop_maps=True)
        deep = self.backbone_channels[-1]
        channels = deep // 4
        self.reduce = ConvBNReLU(deep, channels, 3)
        self.attention = DisentangledAttention(channels, reduction, use_scale, mode, temperature)
        self.smooth = ConvBNReLU(channels, channels, 3)
        self.concat_input = concat_input
        self.head = head_beside(deep if concat_input else 0, channels, num_classes)
        self.load_pretrained(pretrained)

    def logits(self, *maps: paddle.Tensor) -> paddle.Tensor:
        deep = maps[-1]
        attended = self.smooth(self.attention(self.reduce(deep)))
        return self.head(paddle.concat([deep, attended], axis=1) if self.concat_input else attended)
