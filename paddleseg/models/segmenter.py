"""Segmenter: a vision transformer whose tokens are classified one by one (Strudel et al., ICCV 2021)."""

from __future__ import annotations

import numpy as np
import paddle
from paddle import nn

from paddleseg.models.base import SegModel
from paddleseg.models.layers import matmul, spatial_size
from paddleseg.models.layers.vit import TransformerBlock
from paddleseg.registry import MODELS


def _linear(in_features: int, out_features: int, bias: bool = True) -> nn.Linear:
    init = nn.initializer.TruncatedNormal(std=0.02)
    return nn.Linear(in_features, out_features, weight_attr=init, bias_attr=None if bias else False)


@MODELS.register
class LinearSegmenter(SegModel):
    """A linear layer on the tokens (Strudel et al., section 3.2, linear).

    Args:
        backbone: Gives the feature maps; a vision transformer in the paper. The last is used.
        pretrained: A weights file.

    Shape:
        x (N, C, H, W) float32. Returns one logit map (N, num_classes, H, W) in a list.

    Raises:
        WeightsError: `pretrained` does not fit this network.
    """

    def __init__(self, num_classes: int, backbone: nn.Layer, pretrained: str | None = None):
        super().__init__(num_classes, backbone, (-1,))
        self.classify = nn.Conv2D(self.backbone_channels[0], num_classes, 1)
        self.load_pretrained(pretrained)

    def forward(self, x: paddle.Tensor) -> list[paddle.Tensor]:
        (deep,) = self.backbone_maps(x)
        return self.at_size_of(x, self.classify(deep))


@MODELS.register
class MaskSegmenter(SegModel):
    """A transformer in which classes are tokens, too; how alike they are to the patches gives logits (section 3.2).

    Args:
        backbone: Gives the feature maps; a vision transformer in the paper. The last is used.
        h_embed_dim: Channels of the head's tokens.
        h_depth: Blocks of the head.
        h_num_heads: Heads of attention.
        h_mlp_ratio: Channels within a block's last part, for each of a token's.
        h_drop_rate: Share of values dropped.
        h_drop_path_rate: Share of samples that leave the last block out in training; rises from 0.
        h_attn_drop_rate: Share of weights of attention dropped.
        h_qkv_bias: Bias of queries, keys and values.
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
        h_embed_dim: int,
        h_depth: int,
        h_num_heads: int,
        h_mlp_ratio: float = 4,
        h_drop_rate: float = 0.0,
        h_drop_path_rate: float = 0.0,
        h_attn_drop_rate: float = 0.0,
        h_qkv_bias: bool = False,
        pretrained: str | None = None,
    ):
        super().__init__(num_classes, backbone, (-1,))
        self.reduce = _linear(self.backbone_channels[0], h_embed_dim)
        draw = nn.initializer.TruncatedNormal(std=0.02)
        self.classes = self.create_parameter([1, num_classes, h_embed_dim], default_initializer=draw)
        self.layers = nn.LayerList(
            [
                TransformerBlock(
                    h_embed_dim,
                    h_num_heads,
                    h_mlp_ratio,
                    bias=h_qkv_bias,
                    dropout=h_drop_rate,
                    attention_dropout=h_attn_drop_rate,
                    drop_path=rate,
                )
                for rate in np.linspace(0, h_drop_path_rate, h_depth).tolist()
            ]
        )
        self.norm = nn.LayerNorm(h_embed_dim)
        self.of_patch, self.of_class = (_linear(h_embed_dim, h_embed_dim, bias=False) for _ in range(2))
        self.mask_norm = nn.LayerNorm(num_classes)
        self.load_pretrained(pretrained)

    def forward(self, x: paddle.Tensor) -> list[paddle.Tensor]:
        (deep,) = self.backbone_maps(x)
        count = self.classes.shape[1]
        patches = self.reduce(deep.flatten(2).transpose([0, 2, 1]))
        tokens = paddle.concat([patches, self.classes.expand([paddle.shape(patches)[0], -1, -1])], axis=1)
        for layer in self.layers:
            tokens = layer(tokens)
        tokens = self.norm(tokens)
        patches, classes = _unit(self.of_patch(tokens[:, :-count])), _unit(self.of_class(tokens[:, -count:]))
        masks = self.mask_norm(matmul(patches, classes, transpose_y=True)).transpose([0, 2, 1])
        return self.at_size_of(x, masks.reshape([0, count, *spatial_size(deep)]))


def _unit(x: paddle.Tensor) -> paddle.Tensor:
    """Each token at length 1."""
    return x / (x * x).sum(axis=-1, keepdim=True) ** 0.5
