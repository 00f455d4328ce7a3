"""The encoder of the context autoencoder: a vision transformer with relative places (Chen et al., IJCV 2023)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import paddle
import paddle.nn.functional as F
from paddle import nn

from paddleseg.models.backbones.base import Backbone
from paddleseg.models.layers import spatial_size
from paddleseg.models.layers.vit import SelfAttention, TransformerBlock, fitted_places, resized_places
from paddleseg.models.layers.windows import relative_places
from paddleseg.models.weights import load_pretrained
from paddleseg.registry import BACKBONES


def _same(size: Sequence[Any], grid: Sequence[int]) -> bool:
    """Whether a map is known to be of that size; an export may leave it open."""
    return all(isinstance(side, int) for side in size) and list(size) == list(grid)


class _Bias(nn.Layer):
    """What attention adds to its products for each head and way from patch to patch, and to and from the class token.

    Shape:
        Returns (heads, L, L), the class token first.
    """

    def __init__(self, grid: Sequence[int], heads: int):
        super().__init__()
        self.grid, self.heads = tuple(grid), heads
        self.ways = [2 * side - 1 for side in grid]
        zero = nn.initializer.Constant(0.0)
        # The last three rows: from the class token, to it, and from it to itself.
        rows = self.ways[0] * self.ways[1] + 3
        self.relative_position_bias_table = self.create_parameter([rows, heads], default_initializer=zero)

    def forward(self, size: Sequence[Any]) -> paddle.Tensor:
        table = self.relative_position_bias_table.t()  # (heads, ways + 3)
        from_class, to_class, itself = (table[:, row].reshape([-1, 1, 1]) for row in (-3, -2, -1))
        pairs = self._pairs(table[:, :-3], size)
        top = from_class + paddle.zeros_like(pairs[:, :1])
        left = paddle.concat([itself, to_class + paddle.zeros_like(pairs[:, :, :1])], axis=1)
        return paddle.concat([left, paddle.concat([top, pairs], axis=1)], axis=2)

    def _pairs(self, table: paddle.Tensor, size: Sequence[Any]) -> paddle.Tensor:
        """Of patches alone; resized where there are more or fewer of them."""
        h, w = size
        if isinstance(h, int):
            places: Any = paddle.to_tensor(relative_places(h, w).astype("int64"))
        else:
            rows, columns = paddle.arange(h).unsqueeze(1), paddle.arange(w).unsqueeze(0)
            y, x = (rows + 0 * columns).flatten(), (columns + 0 * rows).flatten()
            across = y.unsqueeze(1) - y + h - 1
            places = across * (2 * w - 1) + x.unsqueeze(1) - x + w - 1
        if not _same(size, self.grid):
            plane = table.reshape([1, self.heads, *self.ways])
            table = F.interpolate(plane, [2 * h - 1, 2 * w - 1], mode="bicubic").flatten(2).squeeze(0)
        pairs = paddle.gather(table, places.flatten(), axis=1)
        return pairs.reshape([self.heads, h * w, h * w])


class _Attention(SelfAttention):
    """With biases of queries and values, but not of keys, and with relative places of its own where asked for."""

    def __init__(self, channels: int, heads: int, *, bias: bool, places: _Bias | None, **arguments: Any):
        super().__init__(channels, heads, **arguments)
        zero = nn.initializer.Constant(0.0)
        self.q_bias, self.v_bias = (
            self.create_parameter([channels], default_initializer=zero) if bias else None for _ in range(2)
        )
        self.places = places

    def forward(  # type: ignore[override]
        self, x: paddle.Tensor, size: Sequence[Any], shared: paddle.Tensor | None = None
    ) -> paddle.Tensor:
        return super().forward(x, shared if self.places is None else self.places(size))

    def projected(self, x: paddle.Tensor) -> paddle.Tensor:
        y = self.qkv(x)
        if self.q_bias is None:
            return y
        return y + paddle.concat([self.q_bias, paddle.zeros_like(self.v_bias), self.v_bias])


@BACKBONES.register
class CAE(Backbone):
    """Patches as tokens through equal blocks that know where they lie to each other (Chen et al., section 3.1).

    Args:
        img_size: Side or size (h, w) of the pictures for which places are learned; they are resized for others.
        patch_size: Side of a patch.
        in_channels: Channels of the image.
        embed_dim: Channels of a token; None for those of the member of the family, and so for the next three.
        depth: Blocks.
        num_heads: Heads of attention.
        mlp_ratio: Channels within a block's last part, for each of a token's.
        qkv_bias: Biases of queries and values.
        qk_scale: Factor of products; None for one over the root of a head's channels.
        drop_rate: Share of values dropped.
        attn_drop_rate: Share of weights of attention dropped.
        drop_path_rate: Share of samples that leave the last block out in training; rises from 0 over the blocks.
        init_values: What factors of the channels of both branches of a block begin with; None for no factors.
        use_rel_pos_bias: Relative places in each block.
        use_shared_rel_pos_bias: The same ones for all blocks.
        epsilon: Of a block's second layer norm; that of the first is 1e-6.
        pretrained: A weights file.

    Shape:
        x (N, in_channels, H, W), H and W from `patch_size`. Returns a map (N, embed_dim, H // patch_size,
        W // patch_size) for each block.

    Raises:
        WeightsError: `pretrained` does not fit this network.
    """

    # Of the members of the family.
    side, patch, width, count, heads = 224, 16, 768, 12, 12
    ratio: float = 4
    bias, scale, eps = False, None, 1e-5

    def __init__(
        self,
        img_size: int | Sequence[int] | None = None,
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
        init_values: float | None = None,
        use_rel_pos_bias: bool = False,
        use_shared_rel_pos_bias: bool = False,
        epsilon: float | None = None,
        pretrained: str | None = None,
    ):
        super().__init__()
        patch, depth, heads = patch_size or self.patch, depth or self.count, num_heads or self.heads
        img_size = img_size or self.side
        sides = (img_size, img_size) if isinstance(img_size, int) else img_size
        self.grid, self.embed_dim = tuple(side // patch for side in sides), embed_dim or self.width
        self.out_channels, self.strides = [self.embed_dim] * depth, [patch] * depth
        self.patch_embed = nn.Conv2D(in_channels, self.embed_dim, patch, stride=patch)
        draw, zero = nn.initializer.TruncatedNormal(std=0.02), nn.initializer.Constant(0.0)
        count = self.grid[0] * self.grid[1]
        self.pos_embed = self.create_parameter([1, count + 1, self.embed_dim], default_initializer=draw)
        self.cls_token = self.create_parameter([1, 1, self.embed_dim], default_initializer=zero)
        self.dropout = nn.Dropout(drop_rate)
        self.shared = _Bias(self.grid, heads) if use_shared_rel_pos_bias else None
        self.blocks = nn.LayerList()
        for rate in np.linspace(0, drop_path_rate, depth).tolist():
            attention = _Attention(
                self.embed_dim,
                heads,
                bias=self.bias if qkv_bias is None else qkv_bias,
                places=_Bias(self.grid, heads) if use_rel_pos_bias else None,
                scale=qk_scale or self.scale,
                attention_dropout=attn_drop_rate,
                dropout=drop_rate,
            )
            block = TransformerBlock(
                self.embed_dim,
                heads,
                mlp_ratio or self.ratio,
                dropout=drop_rate,
                drop_path=rate,
                epsilon=epsilon or self.eps,
                attention=attention,
                layer_scale=init_values,
            )
            block.norm1 = nn.LayerNorm(self.embed_dim, epsilon=1e-6)
            self.blocks.append(block)
        load_pretrained(self, pretrained)

    def forward(self, x: paddle.Tensor) -> list[paddle.Tensor]:
        patches = self.patch_embed(x)
        size = spatial_size(patches)
        tokens = patches.flatten(2).transpose([0, 2, 1])
        first = self.cls_token + paddle.zeros_like(tokens[:, :1])
        places = self.pos_embed if _same(size, self.grid) else resized_places(self.pos_embed, self.grid, size)
        tokens = self.dropout(paddle.concat([first, tokens], axis=1) + places)
        shared = None if self.shared is None else self.shared(size)
        maps = []
        for block in self.blocks:
            tokens = block(tokens, size, shared)
            maps.append(tokens[:, 1:].transpose([0, 2, 1]).reshape([0, self.embed_dim, *size]))
        return maps

    def adapted(self, state: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Places that were learned for pictures of another size, resized."""
        if "pos_embed" not in state:
            return state
        return state | {"pos_embed": fitted_places(state["pos_embed"], self.pos_embed, self.grid)}

    def get_num_layers(self) -> int:
        """How many blocks there are, for `AdamWDL_CAE`."""
        return len(self.blocks)

    def no_weight_decay(self) -> set[str]:
        """What `AdamWDL_CAE` should not shrink."""
        return {"pos_embed", "cls_token"}


@BACKBONES.register
class CAE_small_patch16_224(CAE):
    count, heads, ratio, scale = 8, 8, 3, 768**-0.5


class _Base(CAE):
    bias, eps = True, 1e-6


class _Large(_Base):
    width, count, heads = 1024, 24, 16


class _Huge(CAE):
    width, count, heads = 1280, 32, 16


@BACKBONES.register
class CAE_base_patch16_224(_Base):
    pass


@BACKBONES.register
class CAE_base_patch16_384(_Base):
    side = 384


@BACKBONES.register
class CAE_base_patch32_384(_Base):
    side, patch = 384, 32


@BACKBONES.register
class CAE_large_patch16_224(_Large):
    pass


@BACKBONES.register
class CAE_large_patch16_384(_Large):
    side = 384


@BACKBONES.register
class CAE_large_patch32_384(_Large):
    side, patch = 384, 32


@BACKBONES.register
class CAE_huge_patch16_224(_Huge):
    pass


@BACKBONES.register
class CAE_huge_patch32_384(_Huge):
    side, patch = 384, 32
