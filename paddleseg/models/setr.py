"""SETR: a vision transformer as the encoder, and three decoders (Zheng et al., CVPR 2021)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import paddle
from paddle import nn

from paddleseg.models.base import SegModel
from paddleseg.models.contract import Head
from paddleseg.models.heads.fcn import FCNHead
from paddleseg.models.layers import spatial_size, upsample
from paddleseg.models.layers.basic import ConvBNReLU
from paddleseg.registry import MODELS

_WIDTH = 256


class _Norm(nn.LayerNorm):
    """Layer norm over the channels of a map."""

    def __init__(self, channels: int):
        super().__init__(channels, epsilon=1e-6)

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        return super().forward(x.transpose([0, 2, 3, 1])).transpose([0, 3, 1, 2])


def _enlarged(x: paddle.Tensor, factor: int, align_corners: bool = False) -> paddle.Tensor:
    return upsample(x, [factor * size for size in spatial_size(x)], align_corners)


class _Plain(nn.Layer):
    """Convolutions of the last map, and one head for each auxiliary map (section 3.3, naive and PUP).

    Args:
        sizes: Of the convolutions' kernels; between two the map's size doubles.
        count: Auxiliary heads.
        factor: How much larger an auxiliary head's logits become.
    """

    def __init__(self, channels: int, num_classes: int, sizes: Sequence[int], count: int, factor: int):
        super().__init__()
        self.factor = factor
        self.norm = _Norm(channels)
        widths = [channels, *[_WIDTH] * (len(sizes) - 1)]
        self.convs = nn.LayerList([ConvBNReLU(width, _WIDTH, size) for width, size in zip(widths, sizes, strict=True)])
        self.classify = nn.Conv2D(_WIDTH, num_classes, 1)
        self.auxiliary_norms = nn.LayerList([_Norm(channels) for _ in range(count)])
        self.auxiliary = nn.LayerList(
            [FCNHead(channels, _WIDTH, num_classes, kernel_size=sizes[0]) for _ in range(count)]
        )

    def forward(self, maps: Sequence[paddle.Tensor]) -> list[paddle.Tensor]:
        y = self.norm(maps[-1])
        for number, conv in enumerate(self.convs):
            y = conv(_enlarged(y, 2) if number else y)
        logits = [self.classify(y)]
        if self.training:
            heads = zip(self.auxiliary, self.auxiliary_norms, maps, strict=False)
            logits += [_enlarged(head(norm(each)), self.factor) for head, norm, each in heads]
        return logits


class _MultiLevel(nn.Layer):
    """Four maps, each with the sum of those after it, brought up side by side (section 3.3, MLA)."""

    def __init__(self, channels: int, num_classes: int, width: int, head_width: int):
        super().__init__()
        self.norms = nn.LayerList([_Norm(channels) for _ in range(4)])
        self.reduce = nn.LayerList([ConvBNReLU(channels, width, 1) for _ in range(4)])
        self.smooth = nn.LayerList([ConvBNReLU(width, width, 3) for _ in range(4)])
        self.refine = nn.LayerList(
            [nn.Sequential(ConvBNReLU(width, head_width, 3), ConvBNReLU(head_width, head_width, 3)) for _ in range(4)]
        )
        self.auxiliary = nn.LayerList([nn.Conv2D(width, num_classes, 1) for _ in range(4)])
        self.classify = nn.Conv2D(4 * head_width, num_classes, 3, padding=1)

    def forward(self, maps: Sequence[paddle.Tensor]) -> list[paddle.Tensor]:
        reduced = [reduce(norm(each)) for reduce, norm, each in zip(self.reduce, self.norms, maps, strict=True)]
        for level in (2, 1, 0):
            reduced[level] = reduced[level + 1] + reduced[level]
        smooth = [conv(each) for conv, each in zip(self.smooth, reduced, strict=True)]
        refined = [_enlarged(convs(each), 4, True) for convs, each in zip(self.refine, smooth, strict=True)]
        logits = [self.classify(paddle.concat(refined, axis=1))]
        if self.training:
            logits += [conv(each) for conv, each in zip(self.auxiliary, smooth, strict=True)]
        return logits


@MODELS.register
class SegmentationTransformer(SegModel):
    """SETR (Zheng et al., section 3, figure 1).

    PaddleSeg makes one layer of all auxiliary heads, of all norms and of MLA's last convolutions; here each has weights
    of its own, as in the paper, and a PaddleSeg file fills them alike.

    Args:
        backbone: Gives a feature map for each block; ViT-Large in the paper.
        backbone_indices: The feature maps to use, the main one last; four for "mla".
        head: The decoder: "naive", "pup" (progressive upsampling) or "mla" (multi-level aggregation).
        align_corners: How logits are brought up.
        pretrained: A weights file.
        lr_multiple: How much faster the decoder learns.
        mla_channels: Channels of each level of "mla".
        mlahead_channels: Those of its last convolutions.

    Shape:
        x (N, C, H, W) float32. Returns logit maps (N, num_classes, H, W) in a list: one, in training also those of the
        earlier maps, with "pup" and "mla" of all maps.

    Raises:
        ValueError: Another decoder, or not four maps for "mla".
        WeightsError: `pretrained` does not fit this network.
    """

    @staticmethod
    def extra_heads(
        num_classes: int, backbone_indices: Sequence[int] = (9, 14, 19, 23), head: str = "naive", **_: Any
    ) -> list[Head]:
        count = len(backbone_indices) - (head.lower() == "naive")
        return [Head(f"map_{number}", "logits", num_classes) for number in range(count)]

    def __init__(
        self,
        num_classes: int,
        backbone: nn.Layer,
        backbone_indices: Sequence[int] = (9, 14, 19, 23),
        head: Literal["naive", "pup", "mla"] = "naive",
        align_corners: bool = False,
        pretrained: str | None = None,
        lr_multiple: float = 10,
        mla_channels: int = 256,
        mlahead_channels: int = 128,
    ):
        extra = self.extra_heads(num_classes, backbone_indices, head)
        super().__init__(num_classes, backbone, backbone_indices, extra_heads=extra, align_corners=align_corners)
        channels = self.backbone_channels[-1]
        if head.lower() == "mla":
            if len(backbone_indices) != 4:
                raise ValueError("the head mla needs four maps in backbone_indices")
            self.decoder: nn.Layer = _MultiLevel(channels, num_classes, mla_channels, mlahead_channels)
        elif head.lower() == "naive":
            self.decoder = _Plain(channels, num_classes, (1,), len(extra), 1)
        elif head.lower() == "pup":
            self.decoder = _Plain(channels, num_classes, (3,) * 4, len(extra), 4)
        else:
            raise ValueError(f"head is {head!r}; it should be naive, pup or mla")
        for parameter in self.decoder.parameters():
            parameter.optimize_attr["learning_rate"] = lr_multiple
        self.load_pretrained(pretrained)

    def forward(self, x: paddle.Tensor) -> list[paddle.Tensor]:
        return self.at_size_of(x, *self.decoder(self.backbone_maps(x)))
