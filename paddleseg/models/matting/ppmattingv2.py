"""PP-MattingV2: PaddleSeg's fast matting of people, one decoder after two pyramids of context (PaddleSeg 2.8, 2022)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import paddle
import paddle.nn.functional as F
from paddle import nn

from paddleseg.errors import ConfigError
from paddleseg.models.contract import Head
from paddleseg.models.layers import sigmoid, upsample
from paddleseg.models.layers.basic import ConvBN, ConvBNReLU
from paddleseg.models.matting.base import RGB, MattingModel
from paddleseg.models.matting.pyramids import DoublePyramid
from paddleseg.registry import MODELS


class WeighedFusion(nn.Layer):
    """Maps of several sizes at one, each place of each map weighed by what all of them show there.

    Args:
        in_channels: Of each map.
        channels: Of each map before the fusion.
        merge: Whether weighed maps are put side by side or added.

    Shape:
        one map for each of `in_channels`; returns (N, out_channels, H, W) with the size of the first.
    """

    def __init__(
        self,
        in_channels: Sequence[int],
        channels: Sequence[int],
        out_channels: int,
        merge: Literal["concat", "add"] = "concat",
    ):
        super().__init__()
        if merge == "add" and len(set(channels)) > 1:
            raise ValueError(f"maps of {', '.join(map(str, channels))} channels cannot be added")
        self.merge, count = merge, len(in_channels)
        pairs = zip(in_channels, channels, strict=True)
        self.match = nn.LayerList([ConvBN(before, after, 1) for before, after in pairs])
        self.smooth = nn.LayerList([ConvBNReLU(width, width, 3, groups=width) for width in channels])
        self.attention = nn.Sequential(ConvBNReLU(2 * count, count, 3), ConvBN(count, count, 3))
        self.out = ConvBNReLU(channels[0] if merge == "add" else sum(channels), out_channels, 3)

    def forward(self, maps: Sequence[paddle.Tensor]) -> paddle.Tensor:
        plan = zip(maps, self.match, self.smooth, strict=True)
        maps = [smooth(upsample(match(x), maps[0])) for x, match, smooth in plan]
        summary = [pool(axis=1, keepdim=True) for x in maps for pool in (x.mean, x.max)]
        weights = sigmoid(self.attention(paddle.concat(summary, axis=1)))
        weighed = [x * weights[:, index : index + 1] for index, x in enumerate(maps)]
        return self.out(paddle.add_n(weighed) if self.merge == "add" else paddle.concat(weighed, axis=1))


class MatteHead(nn.Layer):
    """Convolutions of 3x3, then the matte."""

    def __init__(self, in_channels: int, channels: int, depth: int = 1):
        super().__init__()
        widths = [in_channels, *[channels] * depth]
        convs = [ConvBNReLU(before, channels, 3) for before in widths[:-1]]
        self.convs = nn.Sequential(*convs)
        self.predict = nn.Conv2D(channels, 1, 1, bias_attr=False)

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        return sigmoid(self.predict(self.convs(x)))


@MODELS.register
class PPMattingV2(MattingModel):
    """Context by pooling twice and attention between, brought up by weighed fusions with the picture beside it.

    Args:
        backbone: Gives maps at 1/2, 1/4, 1/8, 1/16 and 1/32: `STDC1`.
        pretrained: A weights file.
        dpp_len_trans: Attention blocks of each grid of the second pyramid, one number or one for each.
        dpp_index: Which of the backbone's maps the first pyramid pools, fine to coarse.
        dpp_mid_channel: Channels between the pyramids.
        dpp_output_channel: Channels after them.
        dpp_bin_sizes: Cells of each grid along a side.
        dpp_mlp_ratios: Width of what follows attention, as a factor.
        dpp_attn_ratio: Channels of a head's values, as a factor of its keys'.
        dpp_merge_type: Whether the second pyramid's maps are put side by side ("concat") or added ("add").
        mlff_merge_type: The same of the fusions at 1/32, 1/16 and 1/8.
        decoder_channels: Channels at 1/32, 1/16, 1/8, 1/4 and 1/2.
        head_channel: Channels at full size.

    Shape:
        x (N, 3, H, W) float32, H and W at least 64. Returns the matte (N, 1, H, W) in a list; in training then
        one at 1/8.

    Raises:
        ValueError: The backbone gives other maps, or arguments do not fit each other.
        WeightsError: `pretrained` does not fit this network.
        ConfigError: In `forward`: the picture is too small.
    """

    @staticmethod
    def extra_heads(**_: Any) -> list[Head]:
        return [Head("alpha_8x", "alpha", 1)]

    @classmethod
    def losses_for(cls, arguments: Mapping[str, Any]) -> dict[str, Any]:
        both = [{"type": "MRSD"}, {"type": "GradientLoss"}]
        main = both + [part | {"region": "unknown"} for part in both]
        mixed = {"type": "MixedLoss", "losses": main, "coef": [1, 1, 2, 2]}
        return {"types": [mixed, {"type": "MixedLoss", "losses": both, "coef": [1, 1]}], "coef": [1, 1]}

    def __init__(
        self,
        backbone: nn.Layer,
        pretrained: str | None = None,
        dpp_len_trans: int | Sequence[int] = 1,
        dpp_index: Sequence[int] = (1, 2, 3, 4),
        dpp_mid_channel: int = 256,
        dpp_output_channel: int = 512,
        dpp_bin_sizes: Sequence[int] = (2, 4, 6),
        dpp_mlp_ratios: float = 2,
        dpp_attn_ratio: float = 2,
        dpp_merge_type: Literal["concat", "add"] = "concat",
        mlff_merge_type: Literal["concat", "add"] = "concat",
        decoder_channels: Sequence[int] = (128, 96, 64, 32, 32),
        head_channel: int = 32,
    ):
        super().__init__(backbone, extra_heads=self.extra_heads())
        c2, c4, c8, c16, c32 = self.backbone_channels
        d32, d16, d8, d4, d2 = decoder_channels
        context = dpp_output_channel
        self.context_indices = tuple(dpp_index)
        self.context = DoublePyramid(
            [self.backbone_channels[index] for index in dpp_index],
            dpp_mid_channel,
            context,
            bins=dpp_bin_sizes,
            depths=[dpp_len_trans] * len(dpp_bin_sizes) if isinstance(dpp_len_trans, int) else dpp_len_trans,
            mlp_ratio=dpp_mlp_ratios,
            value_ratio=dpp_attn_ratio,
            merge=dpp_merge_type,
        )
        self.fuse32 = WeighedFusion([c32, context], [context] * 2, d32, mlff_merge_type)
        self.fuse16 = WeighedFusion([c16, d32, context], [d32] * 3, d16, mlff_merge_type)
        self.fuse8 = WeighedFusion([c8, d16, context], [d16] * 3, d8, mlff_merge_type)
        self.fuse4 = WeighedFusion([c4, d8, RGB], [d8, d8, RGB], d4)
        self.fuse2 = WeighedFusion([c2, d4, RGB], [d4, d4, RGB], d2)
        self.head8, self.head = MatteHead(d8, 32), MatteHead(d2 + RGB, head_channel, depth=2)
        self.load_pretrained(pretrained)

    def forward(self, x: paddle.Tensor) -> list[paddle.Tensor]:
        if any(0 < side < 64 for side in x.shape[2:]):
            raise ConfigError("PPMattingV2", f"takes pictures of 64x64 or more, not {x.shape[2]}x{x.shape[3]}")
        maps = self.backbone_maps(x)
        context = self.context([maps[index] for index in self.context_indices])
        y = self.fuse32([maps[4], context])
        y = self.fuse16([maps[3], y, context])
        y8 = self.fuse8([maps[2], y, context])
        half = F.avg_pool2d(x, 2, ceil_mode=True)
        y = self.fuse4([maps[1], y8, F.avg_pool2d(half, 2, ceil_mode=True)])
        y = self.fuse2([maps[0], y, half])
        matte = self.head(paddle.concat([upsample(y, x), x], axis=1))
        return [matte, self.head8(y8)] if self.training else [matte]
