"""ViT-Adapter: a plain vision transformer that trades with maps of several sizes (Chen et al., ICLR 2023)."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
import paddle
import paddle.nn.functional as F
from paddle import nn

from paddleseg.models.backbones.base import Backbone
from paddleseg.models.layers import spatial_size, upsample
from paddleseg.models.layers.basic import ConvBNReLU
from paddleseg.models.layers.deformable import DeformableAttention, Level, pixel_centres
from paddleseg.models.layers.drop_path import DropPath
from paddleseg.models.layers.vit import TransformerBlock, fitted_places, resized_places
from paddleseg.models.layers.windows import padded_to
from paddleseg.models.weights import load_pretrained
from paddleseg.registry import BACKBONES

_EPS = 1e-6


def _tokens(x: paddle.Tensor) -> paddle.Tensor:
    return x.flatten(2).transpose([0, 2, 1])


def _map(level: Level) -> paddle.Tensor:
    tokens, size = level
    return tokens.transpose([0, 2, 1]).reshape([0, tokens.shape[2], *size])


def _corner(x: paddle.Tensor, size: Sequence[Any]) -> paddle.Tensor:
    """The upper left of a map, without what padding made of its borders."""
    h, w = size
    if isinstance(h, int):
        return x[:, :, :h, :w]
    return x.gather(paddle.arange(h), axis=2).gather(paddle.arange(w), axis=3)


class _SpatialPrior(nn.Layer):
    """Convolutions to four maps (section 3.3, figure 4 c)."""

    def __init__(self, in_channels: int, inner: int, channels: int):
        super().__init__()
        self.stem = nn.Sequential(
            ConvBNReLU(in_channels, inner, 3, stride=2),
            ConvBNReLU(inner, inner, 3),
            ConvBNReLU(inner, inner, 3),
            nn.MaxPool2D(3, stride=2, padding=1),
        )
        widths = [inner, 2 * inner, 4 * inner, 4 * inner]
        pairs = itertools.pairwise(widths)
        self.convs = nn.LayerList([ConvBNReLU(before, after, 3, stride=2) for before, after in pairs])
        self.project = nn.LayerList([nn.Conv2D(each, channels, 1) for each in widths])

    def forward(self, x: paddle.Tensor) -> list[paddle.Tensor]:
        maps = [self.stem(x)]
        for conv in self.convs:
            maps.append(conv(maps[-1]))
        return [project(each) for project, each in zip(self.project, maps, strict=True)]


class _Injector(nn.Layer):
    """What the maps know, into the transformer's tokens (section 3.4, equation 1)."""

    def __init__(self, channels: int, heads: int, points: int, ratio: float, begin: float):
        super().__init__()
        self.query_norm, self.feat_norm = (nn.LayerNorm(channels, epsilon=_EPS) for _ in range(2))
        self.attention = DeformableAttention(channels, heads, 3, points, ratio)
        self.gamma = self.create_parameter([channels], default_initializer=nn.initializer.Constant(begin))

    def forward(self, x: Level, maps: Sequence[Level]) -> paddle.Tensor:
        tokens, size = x
        seen = [(self.feat_norm(each), of) for each, of in maps]
        return tokens + self.gamma * self.attention(self.query_norm(tokens), pixel_centres(size), seen)


class _Extractor(nn.Layer):
    """What the transformer knows, into one of the maps (section 3.4, equations 2 and 3)."""

    def __init__(
        self, channels: int, heads: int, points: int, ratio: float, hidden: int | None, drop: float, path: float
    ):
        super().__init__()
        self.query_norm, self.feat_norm = (nn.LayerNorm(channels, epsilon=_EPS) for _ in range(2))
        self.attention = DeformableAttention(channels, heads, 1, points, ratio)
        self.hidden = hidden
        if hidden:
            self.ffn_norm, self.drop_path = nn.LayerNorm(channels, epsilon=_EPS), DropPath(path)
            self.fc1, self.fc2 = nn.Linear(channels, hidden), nn.Linear(hidden, channels)
            self.depthwise, self.dropout = nn.Conv2D(hidden, hidden, 3, padding=1, groups=hidden), nn.Dropout(drop)

    def forward(self, level: Level, x: Level) -> Level:
        tokens, size = level
        seen = [(self.feat_norm(x[0]), x[1])]
        tokens = tokens + self.attention(self.query_norm(tokens), pixel_centres(size), seen)
        if self.hidden:
            y = self.depthwise(_map((self.fc1(self.ffn_norm(tokens)), size)))
            tokens = tokens + self.drop_path(self.dropout(self.fc2(self.dropout(F.gelu(_tokens(y))))))
        return tokens, size


@BACKBONES.register
class ViTAdapter(Backbone):
    """A plain vision transformer, between whose blocks maps of three sizes give and take (section 3.2, figure 4).

    Args:
        pretrain_size: Side of the pictures for which places are learned; they are resized for others.
        num_heads: Heads of attention of the transformer; None for those of the member of the family, and so for
            `embed_dim`, `drop_path_rate` and `interaction_indexes`.
        conv_inplane: Channels of the first convolutions.
        n_points: Places that a query looks at in each map.
        deform_num_heads: Heads of that attention.
        init_values: What the factor of the maps in the transformer begins with.
        interaction_indexes: The first and last block of each of the four exchanges.
        with_cffn: Whether maps go through linear layers after each exchange, with `cffn_ratio` channels within them.
        deform_ratio: Channels of what an exchange carries, for each of a token's.
        add_vit_feature: Add the transformer's own maps to those given.
        pretrained: A weights file, of a plain transformer too.
        use_extra_extractor: Two more exchanges towards the maps at the end.
        img_size: As `pretrain_size`, which it follows by default.
        patch_size: Side of a patch: 16.
        in_channels: Channels of the image.
        embed_dim: Channels of a token and of all maps.
        depth: Blocks.
        mlp_ratio: Channels within a block's last part, for each of a token's.
        qkv_bias: Bias of queries, keys and values.
        drop_rate: Share of values dropped.
        attn_drop_rate: Share of weights of attention dropped.
        drop_path_rate: Share of samples that leave the last block out in training; rises from 0 over the blocks.
        layer_scale: Factors of the channels of both branches of a block.

    Shape:
        x (N, in_channels, H, W). Returns maps (N, embed_dim, ...) at 1/4, 1/8, 1/16 and 1/32, rounded up.

    Raises:
        ValueError: `patch_size` is not 16, or there are not four exchanges.
        WeightsError: `pretrained` does not fit this network.
    """

    width, heads, path_rate = 768, 12, 0.0
    exchanges: tuple[tuple[int, ...], ...] = ()

    def __init__(
        self,
        pretrain_size: int = 224,
        num_heads: int | None = None,
        conv_inplane: int = 64,
        n_points: int = 4,
        deform_num_heads: int = 6,
        init_values: float = 0.0,
        interaction_indexes: Sequence[Sequence[int]] | None = None,
        with_cffn: bool = True,
        cffn_ratio: float = 0.25,
        deform_ratio: float = 1.0,
        add_vit_feature: bool = True,
        pretrained: str | None = None,
        use_extra_extractor: bool = True,
        img_size: int | None = None,
        patch_size: int = 16,
        in_channels: int = 3,
        embed_dim: int | None = None,
        depth: int = 12,
        mlp_ratio: float = 4.0,
        qkv_bias: bool = True,
        drop_rate: float = 0.0,
        attn_drop_rate: float = 0.0,
        drop_path_rate: float | None = None,
        layer_scale: bool = True,
    ):
        super().__init__()
        self.exchanges = tuple(tuple(pair) for pair in interaction_indexes or self.exchanges)
        if patch_size != 16 or len(self.exchanges) != 4:
            raise ValueError("ViTAdapter needs patch_size 16, and interaction_indexes of four pairs of blocks")
        channels, heads = embed_dim or self.width, num_heads or self.heads
        path_rate = self.path_rate if drop_path_rate is None else drop_path_rate
        self.out_channels, self.strides, self.add_vit_feature = [channels] * 4, [4, 8, 16, 32], add_vit_feature
        side = (img_size or pretrain_size) // patch_size
        self.grid = (side, side)
        self.embed = nn.Conv2D(in_channels, channels, patch_size, stride=patch_size)
        zero = nn.initializer.Constant(0.0)
        self.pos_embed = self.create_parameter([1, 1 + side * side, channels], default_initializer=zero)
        self.dropout = nn.Dropout(drop_rate)
        self.blocks = nn.LayerList(
            [
                TransformerBlock(
                    channels,
                    heads,
                    mlp_ratio,
                    bias=qkv_bias,
                    dropout=drop_rate,
                    attention_dropout=attn_drop_rate,
                    drop_path=rate,
                    epsilon=_EPS,
                    layer_scale=1.0 if layer_scale else None,
                )
                for rate in np.linspace(0, path_rate, depth).tolist()
            ]
        )
        self.prior = _SpatialPrior(in_channels, conv_inplane, channels)
        draw = nn.initializer.Normal()
        self.level_embed = self.create_parameter([3, channels], default_initializer=draw)
        attention = (channels, deform_num_heads, n_points, deform_ratio)
        hidden = int(channels * cffn_ratio) if with_cffn else None
        self.injectors = nn.LayerList([_Injector(*attention, init_values) for _ in self.exchanges])
        last = [2 if use_extra_extractor and pair == self.exchanges[-1] else 0 for pair in self.exchanges]
        self.extractors = nn.LayerList(
            [nn.LayerList([_Extractor(*attention, hidden, 0.0, path_rate) for _ in range(1 + more)]) for more in last]
        )
        self.up = nn.Conv2DTranspose(channels, channels, 2, stride=2)
        self.norms = nn.LayerList([nn.BatchNorm2D(channels) for _ in range(4)])
        load_pretrained(self, pretrained)

    def forward(self, x: paddle.Tensor) -> list[paddle.Tensor]:
        h, w = spatial_size(x)
        x = padded_to(x, 32)
        finest, *coarser = self.prior(x)
        levels = [(_tokens(each) + self.level_embed[n], spatial_size(each)) for n, each in enumerate(coarser)]
        patches = self.embed(x)
        size = spatial_size(patches)
        tokens = self.dropout(_tokens(patches) + resized_places(self.pos_embed, self.grid, size)[:, 1:])
        seen = []
        for (first, last), injector, extractors in zip(self.exchanges, self.injectors, self.extractors, strict=True):
            tokens = injector((tokens, size), levels)
            for block in self.blocks[first : last + 1]:
                tokens = block(tokens)
            for extractor in extractors:
                levels = [extractor(level, (tokens, size)) for level in levels]
            seen.append(_map((tokens, size)))
        coarse = [_map(level) for level in levels]
        maps = [finest + self.up(coarse[0]), *coarse]
        if self.add_vit_feature:
            maps = [each + upsample(own, spatial_size(each)) for each, own in zip(maps, seen, strict=True)]
        normed = [norm(each) for norm, each in zip(self.norms, maps, strict=True)]
        return [
            _corner(each, [(side + stride - 1) // stride for side in (h, w)])
            for each, stride in zip(normed, self.strides, strict=True)
        ]

    def adapted(self, state: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Places that were learned for pictures of another size, resized."""
        if "pos_embed" not in state:
            return state
        return state | {"pos_embed": fitted_places(state["pos_embed"], self.pos_embed, self.grid)}


@BACKBONES.register
class ViTAdapter_Tiny(ViTAdapter):
    width, heads, path_rate = 192, 3, 0.1
    exchanges = ((0, 2), (3, 5), (6, 8), (9, 11))
