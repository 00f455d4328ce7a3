"""RTFormer: two resolutions, and attention whose cost grows with the number of places alone (Wang et al., 2022)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import paddle
import paddle.nn.functional as F
from paddle import nn

from paddleseg.models.base import SegModel
from paddleseg.models.contract import Head
from paddleseg.models.heads.fcn import pre_activated_head
from paddleseg.models.layers import attend, spatial_size, upsample
from paddleseg.models.layers.basic import BNReLUConv, ConvBNReLU
from paddleseg.models.layers.dappm import DAPPM
from paddleseg.models.layers.drop_path import DropPath
from paddleseg.models.layers.pooling import grid_max
from paddleseg.models.layers.residual import BasicBlock, residual_stage
from paddleseg.registry import MODELS


class ExternalAttention(nn.Layer):
    """Attention to keys and values that are learned, the same for every picture (section 3.1, GPU-friendly attention).

    Weights are normalised over places, then over the keys of each of `num_heads` groups. Where the number of channels
    changes, the size is halved.

    Shape:
        x (N, in_channels, H, W); returns (N, out_channels, H / stride, W / stride).

    Raises:
        ValueError: `num_heads` does not divide the channels.
    """

    def __init__(self, in_channels: int, out_channels: int, num_heads: int):
        super().__init__()
        if out_channels % num_heads:
            raise ValueError(f"num_heads is {num_heads}, which does not divide {out_channels} channels")
        self.num_heads, small = num_heads, nn.initializer.Normal(std=0.001)
        stride = 1 if in_channels == out_channels else 2
        self.norm = nn.BatchNorm2D(in_channels)
        self.key = nn.Conv2D(in_channels, out_channels, 1, stride=stride, weight_attr=small, bias_attr=False)
        self.value = nn.Conv2D(out_channels, out_channels, 1, weight_attr=small, bias_attr=False)

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        scores = self.key(self.norm(x))
        places = F.softmax(scores.flatten(2), axis=2)
        groups = places.reshape([0, self.num_heads, scores.shape[1] // self.num_heads, -1])
        weights = groups / (groups.sum(axis=2, keepdim=True) + 1e-6)
        return self.value(weights.reshape([0, scores.shape[1], *spatial_size(scores)]))


class CrossAttention(nn.Layer):
    """The fine map's attention to `size` by `size` places of the deep one (section 3.2, cross-resolution attention).

    Shape:
        fine (N, channels, H, W), deep (N, deep_channels, H', W'); returns (N, channels, H, W).
    """

    def __init__(self, channels: int, deep_channels: int, size: int):
        super().__init__()
        self.size = size
        self.norm, self.norm_deep = nn.BatchNorm2D(channels), nn.BatchNorm2D(deep_channels)
        small = nn.initializer.TruncatedNormal(std=0.02)
        self.key_value = nn.Conv2D(deep_channels, 2 * channels, 1, weight_attr=small, bias_attr=False)

    def forward(self, fine: paddle.Tensor, deep: paddle.Tensor) -> paddle.Tensor:
        pooled = self.key_value(grid_max(self.norm_deep(deep), self.size)).flatten(2)
        channels = fine.shape[1]
        query = self.norm(fine).flatten(2)
        found = attend(query, pooled[:, :channels], pooled[:, channels:], scale=1 / self.size)
        return found.reshape([0, channels, *spatial_size(fine)])


def _mlp(channels: int, dropout: float) -> nn.Sequential:
    return nn.Sequential(
        nn.BatchNorm2D(channels, epsilon=1e-6),
        nn.Conv2D(channels, channels, 3, padding=1),
        nn.GELU(),
        nn.Dropout(dropout),
        nn.Conv2D(channels, channels, 3, padding=1),
        nn.Dropout(dropout),
    )


class RTFormerBlock(nn.Layer):
    """Attention in the deep map, then from the fine one to it (section 3.2, figure 3).

    Args:
        fine: Channels of the fine map.
        in_channels, deep: Channels of the deep map before and after; where they differ its size is halved.
        injection: Whether the fine map is added to the deep one at the end.

    Shape:
        fine (N, fine, H, W), deep (N, in_channels, H', W'); returns both.
    """

    def __init__(
        self,
        fine: int,
        in_channels: int,
        deep: int,
        *,
        num_heads: int,
        dropout: float,
        drop_path: float,
        injection: bool,
        cross_size: int,
    ):
        super().__init__()
        self.shortcut = (
            nn.Sequential(nn.BatchNorm2D(in_channels), nn.Conv2D(in_channels, deep, 1, stride=2, bias_attr=False))
            if in_channels != deep
            else nn.Identity()
        )
        self.attend_deep = ExternalAttention(in_channels, deep, num_heads)
        self.mlp_deep = _mlp(deep, dropout)
        self.to_fine = BNReLUConv(deep, fine, 1)
        self.attend_fine = CrossAttention(fine, deep, cross_size)
        self.mlp_fine = _mlp(fine, dropout)
        self.to_deep = (
            nn.Sequential(BNReLUConv(fine, deep // 2, 3, stride=2), BNReLUConv(deep // 2, deep, 3, stride=2))
            if injection
            else None
        )
        self.drop = DropPath(drop_path)

    # Resized to sizes and not to maps: what attention gives has no shape that ONNX could take an open size from.
    def forward(self, fine: paddle.Tensor, deep: paddle.Tensor) -> tuple[paddle.Tensor, paddle.Tensor]:
        deep = self.shortcut(deep) + self.drop(self.attend_deep(deep))
        deep = deep + self.drop(self.mlp_deep(deep))
        fine = fine + upsample(self.to_fine(deep), spatial_size(fine))
        fine = fine + self.drop(self.attend_fine(fine, deep))
        fine = fine + self.drop(self.mlp_fine(fine))
        if self.to_deep is not None:
            deep = deep + upsample(self.to_deep(fine), spatial_size(deep))
        return fine, deep


@MODELS.register
class RTFormer(SegModel):
    """RTFormer-Base (Wang et al., section 3.3, figure 2); with 32 `base_channels` and 64 `head_channels` it is Slim.

    Args:
        layer_nums: Blocks of the first three stages; the fourth number is without effect, as in PaddleSeg.
        base_channels: Channels of the first stage.
        spp_channels: Channels of each scale of the pyramid.
        num_heads: Groups of keys of the attention in the deep map.
        head_channels: Channels inside the auxiliary head; the main one has twice as many.
        drop_rate: Dropout inside the blocks.
        drop_path_rate: Share of samples without a block's branch.
        use_aux_head: Give logits of the fine path's first stage as well in training.
        use_injection: Whether the fine map goes back into the deep one, for each of the two blocks.
        lr_mult: Factor of the learning rate of pyramid and heads.
        cross_size: Places of the deep map along a side that the fine one attends to.
        in_channels: Channels of the image.
        pretrained: A weights file.

    Shape:
        x (N, in_channels, H, W) float32. Returns logit maps (N, num_classes, H, W) in a list: one, or two in training.

    Raises:
        ValueError: `num_heads` does not divide the deep map's channels.
        WeightsError: `pretrained` does not fit this network.
    """

    @staticmethod
    def extra_heads(num_classes: int, use_aux_head: bool = True, **_: Any) -> list[Head]:
        return [Head("auxiliary", "logits", num_classes)] if use_aux_head else []

    def __init__(
        self,
        num_classes: int,
        layer_nums: Sequence[int] = (2, 2, 2, 2),
        base_channels: int = 64,
        spp_channels: int = 128,
        num_heads: int = 8,
        head_channels: int = 128,
        drop_rate: float = 0.0,
        drop_path_rate: float = 0.2,
        use_aux_head: bool = True,
        use_injection: Sequence[bool] = (True, True),
        lr_mult: float = 10.0,
        cross_size: int = 12,
        in_channels: int = 3,
        pretrained: str | None = None,
    ):
        super().__init__(num_classes, extra_heads=self.extra_heads(num_classes, use_aux_head))
        width, fine, deep = base_channels, base_channels * 2, base_channels * 8
        self.stem = nn.Sequential(ConvBNReLU(in_channels, width, 3, stride=2), ConvBNReLU(width, width, 3, stride=2))
        self.layer1 = residual_stage(BasicBlock, width, width, layer_nums[0])
        self.layer2 = residual_stage(BasicBlock, width, fine, layer_nums[1], stride=2)
        self.deep3 = residual_stage(BasicBlock, fine, width * 4, layer_nums[2], stride=2)
        self.fine3 = residual_stage(BasicBlock, fine, fine, 1, last_relu=True)
        self.to_fine3 = BNReLUConv(width * 4, fine, 1)
        self.blocks = nn.LayerList(
            [
                RTFormerBlock(
                    fine,
                    before,
                    deep,
                    num_heads=num_heads,
                    dropout=drop_rate,
                    drop_path=drop_path_rate,
                    injection=injection,
                    cross_size=cross_size,
                )
                for before, injection in zip((width * 4, deep), use_injection, strict=True)
            ]
        )
        self.context = DAPPM(deep, spp_channels, fine, count_padding=True)
        self.head = pre_activated_head(width * 4, 2 * head_channels, num_classes)
        self.auxiliary = pre_activated_head(fine, head_channels, num_classes) if use_aux_head else None
        for part in (self.context, self.head, self.auxiliary):
            for parameter in part.parameters() if part is not None else ():
                parameter.optimize_attr["learning_rate"] = lr_mult
        self.load_pretrained(pretrained)

    def forward(self, x: paddle.Tensor) -> list[paddle.Tensor]:
        shared = self.layer2(F.relu(self.layer1(self.stem(x))))
        deep = self.deep3(F.relu(shared))
        fine3 = fine = self.fine3(F.relu(shared + upsample(self.to_fine3(deep), spatial_size(shared))))
        for block in self.blocks:
            fine, deep = block(F.relu(fine), F.relu(deep))
        logits = [self.head(paddle.concat([fine, upsample(self.context(deep), spatial_size(fine))], axis=1))]
        if self.training and self.auxiliary is not None:
            logits.append(self.auxiliary(fine3))
        return self.at_size_of(x, *logits)
