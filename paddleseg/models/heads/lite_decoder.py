"""What PP-LiteSeg and MobileSeg share: context of the deepest map, fused upwards level by level."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import paddle
from paddle import nn

from paddleseg.models.base import SegModel
from paddleseg.models.contract import Head
from paddleseg.models.layers import PyramidPooling, ResizeMode, SeparableConv, upsample
from paddleseg.models.layers.basic import ConvBNReLU
from paddleseg.models.layers.fusion import AttentionFusion, ChannelAttention, SpatialAttention

# How the decoder is called in configs -> its 3x3 convolutions and what makes its attention for a number of channels.
_FUSIONS = {
    "UAFM": (ConvBNReLU, lambda channels: None),
    "UAFM_SpAtten": (ConvBNReLU, lambda channels: SpatialAttention()),
    "UAFM_ChAtten": (ConvBNReLU, ChannelAttention),
    "UAFMMobile": (SeparableConv, lambda channels: None),
    "UAFMMobile_SpAtten": (SeparableConv, lambda channels: SpatialAttention()),
}


class LiteSegmenter(SegModel):
    """A backbone with the lite decoder, which takes `decoder` as its arguments; the models name and explain them."""

    @staticmethod
    def extra_heads(num_classes: int, backbone_indices: Sequence[int], **_: Any) -> list[Head]:
        return [Head(f"level_{level}", "logits", num_classes) for level in range(1, len(backbone_indices))]

    def __init__(
        self, num_classes: int, backbone: nn.Layer, indices: Sequence[int], pretrained: str | None, **decoder: Any
    ):
        super().__init__(num_classes, backbone, indices, extra_heads=self.extra_heads(num_classes, indices))
        self.decoder = LiteDecoder(self.backbone_channels, num_classes, **decoder)
        self.load_pretrained(pretrained)

    def forward(self, x: paddle.Tensor) -> list[paddle.Tensor]:
        return self.at_size_of(x, *self.decoder(self.backbone_maps(x)))


class LiteDecoder(nn.Layer):
    """The flexible and lightweight decoder of PP-LiteSeg (Peng et al., arXiv 2204.02681, sections 3.1 to 3.3).

    Args:
        in_channels: Channels of the backbone's maps that are used, finest first.
        fusion: UAFM, UAFM_SpAtten, UAFM_ChAtten, or with separable convolutions UAFMMobile, UAFMMobile_SpAtten.
        context_bins: Grid sizes of the context module.
        context_channels: Channels of the context module.
        channels: Channels after the fusion of each level, finest first; one number stands for all.
        classifier_channels: Channels of each level's classifier in the same way.
        gather: Whether the finest map sees all others once more before its classifier.
        mode: How deep maps are brought up.

    Shape:
        maps: (N, in_channels[i], H[i], W[i]), finest first. Returns logits (N, num_classes, H[i], W[i]) in a list: of
        each level in training, of the finest one in evaluation.

    Raises:
        ValueError: Another fusion, or lists of different lengths.
    """

    def __init__(
        self,
        in_channels: Sequence[int],
        num_classes: int,
        *,
        fusion: str,
        context_bins: Sequence[int],
        context_channels: int,
        channels: Sequence[int],
        classifier_channels: Sequence[int],
        gather: bool = False,
        mode: ResizeMode = "bilinear",
    ):
        super().__init__()
        if fusion not in _FUSIONS:
            raise ValueError(f"arm_type is '{fusion}'; it should be one of {', '.join(_FUSIONS)}")
        conv, attention = _FUSIONS[fusion]
        channels = _one_each("arm_out_chs", channels, len(in_channels))
        classifier_channels = _one_each("seg_head_inter_chs", classifier_channels, len(in_channels))

        self.context = _Context(in_channels[-1], context_channels, context_bins, conv)
        self.fusions = nn.LayerList(
            [
                AttentionFusion(fine, deep, out, conv=conv, attention=attention(deep), mode=mode)
                for fine, deep, out in zip(in_channels, [*channels[1:], context_channels], channels, strict=True)
            ]
        )
        self.gather = _Gather(channels, conv, mode) if gather else None
        self.classifiers = nn.LayerList(
            [
                nn.Sequential(conv(width, inner, kernel_size=3), nn.Conv2D(inner, num_classes, 1, bias_attr=False))
                for width, inner in zip(channels, classifier_channels, strict=True)
            ]
        )

    def forward(self, maps: list[paddle.Tensor]) -> list[paddle.Tensor]:
        deep = self.context(maps[-1])
        fused: list[paddle.Tensor] = []
        for fusion, fine in zip(reversed(self.fusions), reversed(maps), strict=True):
            deep = fusion(fine, deep)
            fused.insert(0, deep)
        if self.gather is not None:
            fused[0] = self.gather(fused)
        levels = len(fused) if self.training else 1
        return [classify(x) for classify, x in zip(self.classifiers[:levels], fused[:levels], strict=True)]


class _Context(nn.Layer):
    """The simple pyramid pooling module (section 3.3): the sum of averages over coarse grids, then 3x3."""

    def __init__(self, in_channels: int, channels: int, bins: Sequence[int], conv: type[nn.Layer]):
        super().__init__()
        self.pyramid = PyramidPooling(in_channels, channels, bins)
        self.out = conv(channels, channels, kernel_size=3)

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        return self.out(paddle.add_n(self.pyramid(x)))


class _Gather(nn.Layer):
    """All levels at the size and with the channels of the finest, side by side, then 3x3."""

    def __init__(self, channels: Sequence[int], conv: type[nn.Layer], mode: ResizeMode):
        super().__init__()
        self.mode = mode
        finest = channels[0]
        self.reduce = nn.LayerList([conv(width, finest, kernel_size=3) for width in channels[1:]])
        self.out = conv(finest * len(channels), finest, kernel_size=3)

    def forward(self, maps: list[paddle.Tensor]) -> paddle.Tensor:
        finest = maps[0]
        coarse = [upsample(reduce(x), finest, mode=self.mode) for reduce, x in zip(self.reduce, maps[1:], strict=True)]
        return self.out(paddle.concat([finest, *coarse], axis=1))


def _one_each(name: str, values: Sequence[int], count: int) -> list[int]:
    values = list(values) * count if len(values) == 1 else list(values)
    if len(values) != count:
        raise ValueError(f"{name} holds {len(values)} numbers; it should hold one, or {count} as backbone_indices does")
    return values
