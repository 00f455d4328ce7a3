"""The plain vision transformer (Dosovitskiy et al., ICLR 2021)."""

from __future__ import annotations

from typing import Any

import numpy as np
import paddle
from paddle import nn

from paddleseg.models.backbones.base import Backbone
from paddleseg.models.layers import spatial_size
from paddleseg.models.layers.vit import TransformerBlock, fitted_places, resized_places
from paddleseg.models.weights import load_pretrained
from paddleseg.registry import BACKBONES


@BACKBONES.register
class VisionTransformer(Backbone):
    """Patches as tokens with learned places, through equal blocks (Dosovitskiy et al., section 3.1, figure 1).

    Args:
        img_size: Side of the pictures for which places are learned; they are resized for others.
        patch_size: Side of a patch.
        in_channels: Channels of the image.
        embed_dim: Channels of a token; None for those of the member of the family, and so for the next four.
        depth: Blocks.
        num_heads: Heads of attention.
        mlp_ratio: Channels within a block's last part, for each of a token's.
        qkv_bias: Bias of queries, keys and values.
        qk_scale: Factor of products; None for one over the root of a head's channels.
        drop_rate: Share of values dropped.
        attn_drop_rate: Share of weights of attention dropped.
        drop_path_rate: Share of samples that leave the last block out in training; rises from 0 over the blocks.
        epsilon: Of layer norms.
        final_norm: A layer norm after the last block.
        pretrained: A weights file.

    Shape:
        x (N, in_channels, H, W), H and W from `patch_size`. Returns a map (N, embed_dim, H // patch_size,
        W // patch_size) for each block.

    Raises:
        WeightsError: `pretrained` does not fit this network.
    """

    # Of the members of the family.
    side, patch, width, blocks, heads = 224, 16, 768, 12, 12
    ratio: float = 4
    bias, scale, eps = False, None, 1e-5

    def __init__(
        self,
        img_size: int | None = None,
        patch_size: int | None = None,
        in_channels: int = 3,
        embed_dim: int | None = None,
        depth: int | None = None,
        num_heads: int | None = None,
        mlp_ratio: float | None = None,
        qkv_bias: bool | None = None,
        qk_scale: float | None = None,
        drop_rate: float = 0.0,
        attn_drop_rate: float = 0.0,
        drop_path_rate: float = 0.0,
        epsilon: float | None = None,
        final_norm: bool = False,
        pretrained: str | None = None,
    ):
        super().__init__()
        size, depth = patch_size or self.patch, depth or self.blocks
        self.embed_dim, self.grid = embed_dim or self.width, (img_size or self.side) // size
        self.out_channels, self.strides = [self.embed_dim] * depth, [size] * depth
        self.embed = nn.Conv2D(in_channels, self.embed_dim, size, stride=size)
        draw = nn.initializer.TruncatedNormal(std=0.02)
        self.positions = self.create_parameter([1, self.grid**2 + 1, self.embed_dim], default_initializer=draw)
        zero = nn.initializer.Constant(0.0)
        self.class_token = self.create_parameter([1, 1, self.embed_dim], default_initializer=zero)
        self.dropout = nn.Dropout(drop_rate)
        eps = epsilon or self.eps
        self.layers = nn.LayerList(
            [
                TransformerBlock(
                    self.embed_dim,
                    num_heads or self.heads,
                    mlp_ratio or self.ratio,
                    bias=self.bias if qkv_bias is None else qkv_bias,
                    scale=qk_scale or self.scale,
                    dropout=drop_rate,
                    attention_dropout=attn_drop_rate,
                    drop_path=rate,
                    epsilon=eps,
                )
                for rate in np.linspace(0, drop_path_rate, depth).tolist()
            ]
        )
        self.norm = nn.LayerNorm(self.embed_dim, epsilon=eps) if final_norm else None
        load_pretrained(self, pretrained)

    def forward(self, x: paddle.Tensor) -> list[paddle.Tensor]:
        patches = self.embed(x)
        size = spatial_size(patches)
        tokens = patches.flatten(2).transpose([0, 2, 1])
        first = self.class_token.expand([paddle.shape(tokens)[0], -1, -1])
        tokens = self.dropout(paddle.concat([first, tokens], axis=1) + self._places(size))
        maps = []
        for number, layer in enumerate(self.layers, 1):
            tokens = layer(tokens)
            if self.norm is not None and number == len(self.layers):
                tokens = self.norm(tokens)
            maps.append(tokens[:, 1:].transpose([0, 2, 1]).reshape([0, self.embed_dim, *size]))
        return maps

    def _places(self, size: list[Any]) -> paddle.Tensor:
        """The learned places for a map of this size."""
        if all(isinstance(side, int) and side == self.grid for side in size):  # an export may leave them open
            return self.positions
        return resized_places(self.positions, (self.grid, self.grid), size)

    def adapted(self, state: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Places that were learned for pictures of another size, resized."""
        if "positions" not in state:
            return state
        return state | {"positions": fitted_places(state["positions"], self.positions, (self.grid, self.grid))}


@BACKBONES.register
class ViT_small_patch16_224(VisionTransformer):
    blocks, heads, ratio, scale = 8, 8, 3, 768**-0.5


class _Base(VisionTransformer):
    bias, eps = True, 1e-6


class _Large(_Base):
    width, blocks, heads = 1024, 24, 16


class _Huge(VisionTransformer):
    width, blocks, heads = 1280, 32, 16


@BACKBONES.register
class ViT_base_patch16_224(_Base):
    pass


@BACKBONES.register
class ViT_base_patch16_384(_Base):
    side = 384


@BACKBONES.register
class ViT_base_patch32_384(_Base):
    side, patch = 384, 32


@BACKBONES.register
class ViT_large_patch16_224(_Large):
    pass


@BACKBONES.register
class ViT_large_patch16_384(_Large):
    side = 384


@BACKBONES.register
class ViT_large_patch32_384(_Large):
    side, patch = 384, 32


@BACKBONES.register
class ViT_huge_patch16_224(_Huge):
    pass


@BACKBONES.register
class ViT_huge_patch32_384(_Huge):
    side, patch = 384, 32
