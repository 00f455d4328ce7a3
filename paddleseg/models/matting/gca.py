"""GCA: a matte from a picture and its trimap, with guided contextual attention (Li and Lu, AAAI 2020)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import paddle
import paddle.nn.functional as F
from paddle import nn

from paddleseg.models.layers import upsample
from paddleseg.models.layers.guided_attention import GuidedAttention
from paddleseg.models.layers.spectral import SpectralBlock, SpectralConvBN
from paddleseg.models.layers.unpooling import divisible
from paddleseg.models.matting.base import MattingModel
from paddleseg.registry import MODELS

_SLOPE = 0.2
_DEPTHS = (2, 3, 3, 2)


class Decoder(nn.Layer):
    """Four stages that each double the size and add the skip of it, the last doubling, and the matte.

    Args:
        channels: Of the maps at 1, 1/2, 1/4, 1/8, 1/16 and 1/32.
        guidance_channels: Of the guidance; None without attention.

    Shape:
        these six maps, then guidance and unknown at 1/8 where there is attention. Returns the matte (N, 1, H, W).
    """

    def __init__(self, channels: Sequence[int], guidance_channels: int | None):
        super().__init__()
        widths = list(channels[::-1])
        plan = zip(widths[:4], widths[1:5], _DEPTHS, strict=True)
        self.stages = nn.LayerList([_stage(*each) for each in plan])
        self.attention = GuidedAttention(channels[3], guidance_channels) if guidance_channels else None
        self.last = SpectralConvBN(channels[1], channels[0], up=True)
        self.predict = nn.Conv2D(channels[0], 1, 3, padding=1)

    def forward(self, maps: list[paddle.Tensor]) -> paddle.Tensor:
        full, half, quarter, eighth, sixteenth, x, *guided = maps
        x = self.stages[0](x) + sixteenth
        x = self.stages[1](x) + eighth
        if self.attention is not None:
            guidance, unknown = guided
            x = self.attention(guidance, x, unknown)
        x = self.stages[2](x) + quarter
        x = self.stages[3](x) + half
        x = F.leaky_relu(self.last(x), _SLOPE) + full
        return (paddle.tanh(self.predict(x)) + 1) / 2


def _stage(in_channels: int, channels: int, depth: int) -> nn.Sequential:
    up = SpectralConvBN(in_channels, in_channels, up=True)
    first = SpectralBlock(in_channels, channels, up, nn.Upsample(scale_factor=2, mode="nearest"), _SLOPE)
    rest = [
        SpectralBlock(channels, channels, SpectralConvBN(channels, channels), None, _SLOPE) for _ in range(1, depth)
    ]
    return nn.Sequential(first, *rest)


@MODELS.register
class GCABaseline(MattingModel):
    """The paper's network without attention.

    Pictures whose sides are no multiples of 32 are resized to the next ones, and their mattes back.

    Args:
        backbone: `ResShortCut_D`.
        pretrained: A weights file.

    Shape:
        image (N, 3, H, W) and trimap (N, 1, H, W) in [0, 1], float32. Returns the matte (N, 1, H, W) in a list.

    Raises:
        ValueError: The backbone gives other maps.
        WeightsError: `pretrained` does not fit this network.
    """

    inputs = ("image", "trimap")
    strides: ClassVar[tuple[int, ...]] = (1, 2, 4, 8, 16, 32)
    backbone_defaults = {}  # noqa: RUF012 - as in the base class

    @classmethod
    def losses_for(cls, arguments: Mapping[str, Any]) -> dict[str, Any]:
        return {"types": [{"type": "MatteL1Loss"}], "coef": [1]}

    def __init__(self, backbone: nn.Layer, pretrained: str | None = None):
        super().__init__(backbone)
        self.parts = 3 if getattr(backbone, "input_channels", 4) == 6 else 1
        guidance = self.backbone_channels[6] if len(self.strides) > 6 else None
        self.decoder = Decoder(self.backbone_channels[:6], guidance)
        self.load_pretrained(pretrained)

    def forward(self, image: paddle.Tensor, trimap: paddle.Tensor) -> list[paddle.Tensor]:
        size = divisible(image, 32)
        if self.parts == 3:
            trimap = paddle.concat([trimap == 0, (trimap > 0) & (trimap < 1), trimap == 1], axis=1).astype(image.dtype)
        x = paddle.concat([upsample(image, size), upsample(trimap, size, mode="nearest")], axis=1)
        return [upsample(self.decoder(self.backbone_maps(x)), image)]


@MODELS.register
class GCA(GCABaseline):
    """A matte of a picture whose trimap is known, with attention in the encoder and in the decoder.

    The attention compares all places at 1/16 of the size with each other: 512x512 pixels are 1,024 places.

    Args:
        backbone: `ResGuidedCxtAtten`.
        pretrained: A weights file.

    Shape:
        image (N, 3, H, W) and trimap (N, 1, H, W) in [0, 1], float32. Returns the matte (N, 1, H, W) in a list.

    Raises:
        ValueError: The backbone gives other maps.
        WeightsError: `pretrained` does not fit this network.
    """

    strides: ClassVar[tuple[int, ...]] = (1, 2, 4, 8, 16, 32, 8, 8)
