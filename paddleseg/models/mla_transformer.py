"""A decoder that sums the maps of a backbone from coarse to fine and sees each sum by itself (SETR-MLA, CVPR 2021)."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import paddle
from paddle import nn

from paddleseg.models.base import SegModel
from paddleseg.models.contract import Head
from paddleseg.models.layers import spatial_size, upsample
from paddleseg.models.layers.basic import ConvBN, ConvBNReLU, double_conv
from paddleseg.registry import MODELS


class Raise(nn.Layer):
    """Convolutions to each of `widths`, with a doubling of the size between two.

    Shape:
        x (N, in_channels, H, W), fine (N, C, h, w); returns (N, widths[-1], h, w).
    """

    def __init__(self, in_channels: int, *widths: int):
        super().__init__()
        self.convs = nn.LayerList([ConvBNReLU(*pair, 3) for pair in itertools.pairwise([in_channels, *widths])])

    def forward(self, x: paddle.Tensor, fine: paddle.Tensor) -> paddle.Tensor:
        for number, conv in enumerate(self.convs):
            if number:
                x = upsample(x, [2 * size for size in spatial_size(x)], align_corners=True)
            x = conv(x)
        return upsample(x, fine, align_corners=True)


@MODELS.register
class MLATransformer(SegModel):
    """The multi-level decoder of SETR (Zheng et al., section 3.2) for backbones with maps at four sizes.

    PaddleSeg makes the maps before the classifier squares; `square` does so.

    Args:
        in_channels: Channels of the backbone's maps, each twice those of the one before; None asks the backbone.
        backbone: Gives four maps, finest first.
        mlahead_channels: Channels that each sum is seen in: those of the first map.
        aux_channels: Channels inside the auxiliary head.
        pretrained: A weights file.
        square: Make maps of the picture's shape squares before the classifier.

    Shape:
        x (N, C, H, W) float32. Returns logit maps (N, num_classes, H, W) in a list: one, or two in training.

    Raises:
        ValueError: Channels are not as said.
        WeightsError: `pretrained` does not fit this network.
    """

    @staticmethod
    def extra_heads(num_classes: int, **_: Any) -> list[Head]:
        return [Head("auxiliary", "logits", num_classes)]

    def __init__(
        self,
        num_classes: int,
        backbone: nn.Layer,
        in_channels: Sequence[int] | None = None,
        mlahead_channels: int = 128,
        aux_channels: int = 256,
        pretrained: str | None = None,
        square: bool = False,
    ):
        extra = self.extra_heads(num_classes)
        super().__init__(num_classes, backbone, (0, 1, 2, 3), extra_heads=extra, align_corners=True)
        wide, own = self.backbone_channels, mlahead_channels
        if wide != [own << level for level in range(4)] or list(in_channels or wide) != wide:
            raise ValueError(
                f"mlahead_channels is {own}, so the maps should have {own}, {2 * own}, {4 * own} and {8 * own} "
                f"channels, and in_channels say so; the backbone's have {wide}"
            )
        self.square = square
        self.raise_maps = nn.LayerList(
            [
                Raise(own, 2 * own),
                Raise(2 * own, 2 * own),
                Raise(4 * own, 4 * own, 2 * own),
                Raise(8 * own, 8 * own, 4 * own, 2 * own),
            ]
        )
        self.see = nn.LayerList([double_conv(2 * own, own) for _ in wide])
        self.classify = nn.Conv2D(4 * own, num_classes, 3, padding=1)
        self.auxiliary = nn.Sequential(ConvBN(wide[2], aux_channels, 3), nn.Conv2D(aux_channels, num_classes, 1))
        self.load_pretrained(pretrained)

    def forward(self, x: paddle.Tensor) -> list[paddle.Tensor]:
        maps = self.backbone_maps(x)
        raised = [layer(each, maps[0]) for layer, each in zip(self.raise_maps, maps, strict=True)]
        sums = list(itertools.accumulate(reversed(raised), lambda coarse, fine: fine + coarse))[::-1]
        h, w = spatial_size(maps[0])
        size = [4 * (w if self.square else h), 4 * w]
        seen = [upsample(see(each), size, align_corners=True) for see, each in zip(self.see, sums, strict=True)]
        logits = [self.classify(paddle.concat(seen, axis=1))]
        if self.training:
            logits.append(self.auxiliary(maps[2]))
        return self.at_size_of(x, *logits)
