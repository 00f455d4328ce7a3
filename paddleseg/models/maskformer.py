"""MaskFormer: a set of masks, and one class for each (Cheng et al., NeurIPS 2021)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import paddle
import paddle.nn.functional as F
from paddle import nn

from paddleseg.models.base import SegModel
from paddleseg.models.contract import Head
from paddleseg.models.heads.query_decoder import QueryDecoder
from paddleseg.models.layers import matmul, sigmoid, spatial_size, upsample
from paddleseg.models.layers.graph_ops import logarithm
from paddleseg.registry import MODELS

_GROUPS = 32
_LEAST = 1e-12


def _conv(in_channels: int, channels: int, kernel_size: int, *, relu: bool) -> nn.Sequential:
    conv = nn.Conv2D(in_channels, channels, kernel_size, padding=kernel_size // 2, bias_attr=False)
    parts = [("conv", conv), ("norm", nn.GroupNorm(_GROUPS, channels))]
    return nn.Sequential(*parts, *([("relu", nn.ReLU())] if relu else []))


class _PixelDecoder(nn.Layer):
    """A feature pyramid down to one map, whose vectors masks are made of (section 3.3, pixel-level module)."""

    def __init__(self, in_channels: Sequence[int], channels: int):
        super().__init__()
        *fine, deep = in_channels
        self.lateral = nn.LayerList([_conv(each, channels, 1, relu=False) for each in fine])
        self.smooth = nn.LayerList([_conv(each, channels, 3, relu=True) for each in [*[channels] * len(fine), deep]])
        self.out = nn.Conv2D(channels, channels, 3, padding=1)

    def forward(self, maps: Sequence[paddle.Tensor]) -> paddle.Tensor:
        joined = self.smooth[-1](maps[-1])
        for level in reversed(range(len(maps) - 1)):
            detail = self.lateral[level](maps[level])
            joined = self.smooth[level](detail + upsample(joined, detail, mode="nearest"))
        return self.out(joined)


@MODELS.register
class MaskFormer(SegModel):
    """MaskFormer for segmentation (Cheng et al., section 3, figure 2).

    Args:
        backbone: Gives the feature maps, finest first; Swin in the paper. All are used.
        sem_seg_postprocess_before_inference: PaddleSeg's, without effect: masks are brought up before they are weighed.
        pretrained: A weights file.
        channels: Of the pyramid, the queries and the masks' vectors; a multiple of 32.
        num_queries: Masks.
        dec_layers: Layers of the queries' decoder.
        nheads: Its heads of attention.
        dim_feedforward: Channels between a layer's linear parts.
        dropout: Share of values dropped there.

    Shape:
        x (N, C, H, W) float32. In training one output: for each layer of the decoder, the last one first, a pair of the
        queries' class logits (N, num_queries, num_classes + 1), "none" last, and mask logits (N, num_queries, h, w). In
        evaluation one map (N, num_classes, H, W): the logarithm of the classes' scores, so that its softmax is each
        one's share.

    Raises:
        WeightsError: `pretrained` does not fit this network.
    """

    @staticmethod
    def main_head(num_classes: int, **_: Any) -> Head:
        return Head("main", "queries", num_classes)

    def __init__(
        self,
        num_classes: int,
        backbone: nn.Layer,
        sem_seg_postprocess_before_inference: bool = False,
        pretrained: str | None = None,
        channels: int = 256,
        num_queries: int = 100,
        dec_layers: int = 6,
        nheads: int = 8,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
    ):
        super().__init__(num_classes, backbone)
        self.pixels = _PixelDecoder(self.backbone_channels, channels)
        self.decoder = QueryDecoder(
            self.backbone_channels[-1], channels, num_queries, dec_layers, nheads, dim_feedforward, dropout
        )
        self.classify = nn.Linear(channels, num_classes + 1)
        self.mask = nn.Sequential(
            nn.Linear(channels, channels),
            nn.ReLU(),
            nn.Linear(channels, channels),
            nn.ReLU(),
            nn.Linear(channels, channels),
        )
        self.load_pretrained(pretrained)

    def forward(self, x: paddle.Tensor) -> list[Any]:
        maps = self.backbone_maps(x)
        pixels = self.pixels(maps)
        found = [(self.classify(each), self._masks(each, pixels)) for each in reversed(self.decoder(maps[-1]))]
        if self.training:
            return [found]
        ((classes, masks),) = found
        (masks,) = self.at_size_of(x, masks)
        shares = F.softmax(classes, axis=-1)[:, :, :-1]
        scores = matmul(shares, sigmoid(masks).flatten(2), transpose_x=True)
        return [logarithm(scores.clip(min=_LEAST)).reshape([0, classes.shape[2] - 1, *spatial_size(x)])]

    def _masks(self, queries: paddle.Tensor, pixels: paddle.Tensor) -> paddle.Tensor:
        masks = matmul(self.mask(queries), pixels.flatten(2))
        return masks.reshape([0, queries.shape[1], *spatial_size(pixels)])
