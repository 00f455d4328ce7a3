"""The Swin transformer: attention in windows, and maps that get coarser (Liu et al., ICCV 2021)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import paddle
import paddle.nn.functional as F
from paddle import nn

from paddleseg.models.backbones.base import Backbone
from paddleseg.models.layers.vit import TransformerBlock
from paddleseg.models.layers.windows import WindowAttention, padded_to
from paddleseg.models.weights import load_pretrained
from paddleseg.registry import BACKBONES


class _Embed(nn.Layer):
    """Patches as vectors (section 3.1)."""

    def __init__(self, in_channels: int, channels: int, patch: int, norm: bool):
        super().__init__()
        self.patch = patch
        self.proj = nn.Conv2D(in_channels, channels, patch, stride=patch)
        self.norm = nn.LayerNorm(channels) if norm else nn.Identity()

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        return self.norm(self.proj(padded_to(x, self.patch)).transpose([0, 2, 3, 1]))


class _Merge(nn.Layer):
    """The vectors of 2x2 pixels as one (section 3.1, patch merging)."""

    def __init__(self, channels: int):
        super().__init__()
        self.norm = nn.LayerNorm(4 * channels)
        self.reduction = nn.Linear(4 * channels, 2 * channels, bias_attr=False)

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        x = padded_to(x.transpose([0, 3, 1, 2]), 2).transpose([0, 2, 3, 1])
        corners = [x[:, row::2, column::2] for column in (0, 1) for row in (0, 1)]
        return self.reduction(self.norm(paddle.concat(corners, axis=-1)))


class _Stage(nn.Layer):
    def __init__(self, blocks: list[TransformerBlock], channels: int, *, last: bool, seen: bool):
        super().__init__()
        self.blocks = nn.Sequential(*blocks)
        self.norm = nn.LayerNorm(channels) if seen else None
        self.merge = None if last else _Merge(channels)


@BACKBONES.register
class SwinTransformer(Backbone):
    """Stages of attention in windows that lie elsewhere in every second block (Liu et al., section 3.1, figure 3).

    Args:
        pretrain_img_size: Side of the pictures for which places are learned, with `ape`.
        patch_size: Side of a patch.
        in_channels: Channels of the image.
        embed_dim: Channels of the first stage, doubled by each of the next; None for those of the member of the family,
            and so for the next three.
        depths: Blocks of each stage.
        num_heads: Heads of attention of each stage.
        window_size: Side of a window.
        mlp_ratio: Channels within a block's last part, for each of its channels.
        qkv_bias: Bias of queries, keys and values.
        qk_scale: Factor of products; None for one over the root of a head's channels.
        drop_rate: Share of values dropped.
        attn_drop_rate: Share of weights of attention dropped.
        drop_path_rate: Share of samples that leave the last block out in training; rises from 0 over the blocks. None
            for that of the member.
        ape: Add learned places to the patches.
        patch_norm: A layer norm of the patches.
        out_indices: The stages whose maps are given.
        frozen_stages: What keeps its weights: from 0 on the patches, from 1 on their places, from 2 on also all but the
            last of so many stages; -1 for nothing.
        pretrained: A weights file.

    Shape:
        x (N, in_channels, H, W). Returns maps at 1/4, 1/8, 1/16 and 1/32 with the default patches, rounded up.

    Raises:
        WeightsError: `pretrained` does not fit this network.
    """

    width, window, image, path_rate = 96, 7, 224, 0.2
    blocks: tuple[int, ...] = (2, 2, 6, 2)
    heads: tuple[int, ...] = (3, 6, 12, 24)

    def __init__(
        self,
        pretrain_img_size: int | None = None,
        patch_size: int = 4,
        in_channels: int = 3,
        embed_dim: int | None = None,
        depths: Sequence[int] | None = None,
        num_heads: Sequence[int] | None = None,
        window_size: int | None = None,
        mlp_ratio: float = 4.0,
        qkv_bias: bool = True,
        qk_scale: float | None = None,
        drop_rate: float = 0.0,
        attn_drop_rate: float = 0.0,
        drop_path_rate: float | None = None,
        ape: bool = False,
        patch_norm: bool = True,
        out_indices: Sequence[int] = (0, 1, 2, 3),
        frozen_stages: int = -1,
        pretrained: str | None = None,
    ):
        super().__init__()
        width, depths, window = embed_dim or self.width, list(depths or self.blocks), window_size or self.window
        widths = [width << stage for stage in range(len(depths))]
        self.out_indices = tuple(out_indices)
        self.out_channels = [widths[stage] for stage in self.out_indices]
        self.strides = [patch_size << stage for stage in self.out_indices]
        self.embed, self.dropout = _Embed(in_channels, width, patch_size, patch_norm), nn.Dropout(drop_rate)
        side = (pretrain_img_size or self.image) // patch_size
        draw = nn.initializer.TruncatedNormal(std=0.02)
        self.positions = self.create_parameter([1, width, side, side], default_initializer=draw) if ape else None
        path_rate = self.path_rate if drop_path_rate is None else drop_path_rate
        rates = iter(np.linspace(0, path_rate, sum(depths)).tolist())
        self.stages = nn.LayerList()
        for stage, (channels, depth, heads) in enumerate(zip(widths, depths, num_heads or self.heads, strict=True)):
            blocks = []
            for number in range(depth):
                attention = WindowAttention(
                    channels,
                    heads,
                    window,
                    number % 2 * (window // 2),
                    bias=qkv_bias,
                    scale=qk_scale,
                    attention_dropout=attn_drop_rate,
                    dropout=drop_rate,
                )
                blocks.append(
                    TransformerBlock(
                        channels, heads, mlp_ratio, dropout=drop_rate, drop_path=next(rates), attention=attention
                    )
                )
            last, seen = stage == len(depths) - 1, stage in self.out_indices
            self.stages.append(_Stage(blocks, channels, last=last, seen=seen))
        for layer in self.sublayers():
            if isinstance(layer, nn.Linear):
                draw(layer.weight)
        self._freeze(frozen_stages)
        load_pretrained(self, pretrained)

    def _freeze(self, count: int) -> None:
        frozen = self.embed.parameters() if count >= 0 else []
        if count >= 1 and self.positions is not None:
            frozen.append(self.positions)
        for stage in self.stages[: max(0, count - 1)]:
            frozen += stage.parameters()
        for parameter in frozen:
            parameter.stop_gradient = True

    def forward(self, x: paddle.Tensor) -> list[paddle.Tensor]:
        x = self.embed(x)
        if self.positions is not None:
            size: Any = paddle.shape(x)[1:3] if -1 in x.shape[1:3] else x.shape[1:3]
            x = x + F.interpolate(self.positions, size, mode="bicubic").transpose([0, 2, 3, 1])
        x = self.dropout(x)
        maps = {}
        for number, stage in enumerate(self.stages):
            x = stage.blocks(x)
            if stage.norm is not None:
                maps[number] = stage.norm(x).transpose([0, 3, 1, 2])
            if stage.merge is not None:
                x = stage.merge(x)
        return [maps[number] for number in self.out_indices]


class _Small(SwinTransformer):
    blocks = (2, 2, 18, 2)


class _Base(_Small):
    width, heads = 128, (4, 8, 16, 32)


class _Large(_Small):
    width, heads = 192, (6, 12, 24, 48)


@BACKBONES.register
class SwinTransformer_tiny_patch4_window7_224(SwinTransformer):
    pass


@BACKBONES.register
class SwinTransformer_small_patch4_window7_224(_Small):
    pass


@BACKBONES.register
class SwinTransformer_base_patch4_window7_224(_Base):
    pass


@BACKBONES.register
class SwinTransformer_base_patch4_window12_384(_Base):
    window, image = 12, 384


@BACKBONES.register
class SwinTransformer_large_patch4_window7_224(_Large):
    pass


@BACKBONES.register
class SwinTransformer_large_patch4_window12_384(_Large):
    window, image = 12, 384


@BACKBONES.register
class SwinTransformer_tiny_patch4_window7_224_maskformer(SwinTransformer):
    path_rate = 0.3


@BACKBONES.register
class SwinTransformer_small_patch4_window7_224_maskformer(_Small):
    path_rate = 0.3


# The windows of the next two are 12 wide, whatever they are called.
@BACKBONES.register
class SwinTransformer_base_patch4_window7_384_maskformer(SwinTransformer_base_patch4_window12_384):
    path_rate = 0.3


@BACKBONES.register
class SwinTransformer_large_patch4_window7_384_maskformer(SwinTransformer_large_patch4_window12_384):
    path_rate = 0.3
