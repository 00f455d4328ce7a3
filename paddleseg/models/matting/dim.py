"""Deep image matting: a matte from a picture and its trimap, then refined (Xu et al., CVPR 2017)."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import paddle
from paddle import nn

from paddleseg.models.contract import Head
from paddleseg.models.layers import sigmoid, upsample
from paddleseg.models.layers.basic import ConvBNReLU
from paddleseg.models.matting.base import RGB, MattingModel
from paddleseg.registry import MODELS

WIDTH = 64


class Decoder(nn.Layer):
    """Convolutions of 5x5, each of the map below brought up and added to the backbone's (section 4.1).

    Shape:
        six maps at 1, 1/2, 1/4, 1/8, 1/16 and 1/32; returns a matte of the first one's size.
    """

    def __init__(self, channels: list[int]):
        super().__init__()
        deep = channels[-1]
        self.first = nn.Conv2D(deep, deep, 1, bias_attr=False)
        given = channels[-2::-1]  # those at 1/16, 1/8, ..., 1
        plan = zip(given, [*given[1:], WIDTH], strict=True)
        self.convs = nn.LayerList([ConvBNReLU(before, after, 5) for before, after in plan])
        self.predict = nn.Conv2D(WIDTH, 1, 5, padding=2, bias_attr=False)

    def forward(self, maps: list[paddle.Tensor]) -> paddle.Tensor:
        x = self.first(maps[-1])
        for conv, skip in zip(self.convs, maps[-2::-1], strict=True):
            x = conv(upsample(x, skip) + skip)
        return sigmoid(self.predict(x))


@MODELS.register
class DIM(MattingModel):
    """A matte of a picture whose trimap is known (Xu et al., section 4).

    Args:
        backbone: Takes four channels, the picture's and the trimap, and gives maps at 1 to 1/32: `VGG16`.
        stage: What training teaches: 1 the decoder, without what refines; 2 what refines alone; 3 all.
        decoder_input_channels: Channels of the backbone's last map.
        pretrained: A weights file.

    Shape:
        image (N, 3, H, W) and trimap (N, 1, H, W) in [0, 1], float32, H and W at least 32. Returns the matte
        (N, 1, H, W) in a list; in stage 3 of training then that before refinement.

    Raises:
        ValueError: The backbone gives other maps, or there is no such stage.
        WeightsError: `pretrained` does not fit this network.
    """

    inputs = ("image", "trimap")
    strides = (1, 2, 4, 8, 16, 32)
    backbone_defaults = {"in_channels": 4}  # noqa: RUF012 - as in the base class

    @staticmethod
    def extra_heads(stage: int = 3, **_: Any) -> list[Head]:
        return [Head("raw", "alpha", 1)] if stage == 3 else []

    @classmethod
    def losses_for(cls, arguments: Mapping[str, Any]) -> dict[str, Any]:
        stage, matte = arguments.get("stage", 3), {"type": "MRSD", "region": "unknown"}
        # PaddleSeg sums over colours where we average, and they lie twice as far apart there.
        inner = [matte, {"type": "CompositionLoss", "region": "unknown"}]
        raw = {"type": "MixedLoss", "losses": inner, "coef": [0.5, 3]}
        return {1: {"types": [raw], "coef": [1]}, 2: {"types": [matte], "coef": [1]}}.get(
            stage, {"types": [matte, raw], "coef": [1, 1]}
        )

    def __init__(
        self, backbone: nn.Layer, stage: int = 3, decoder_input_channels: int = 512, pretrained: str | None = None
    ):
        super().__init__(backbone, extra_heads=self.extra_heads(stage))
        if stage not in (1, 2, 3):
            raise ValueError(f"stage is {stage}; it should be 1, 2 or 3")
        if decoder_input_channels != self.backbone_channels[-1]:
            given = f"the backbone's last map has {self.backbone_channels[-1]} channels"
            raise ValueError(f"decoder_input_channels is {decoder_input_channels}, but {given}")
        if self.backbone_channels[-2] != self.backbone_channels[-1]:
            raise ValueError("the backbone's last two maps should have as many channels: the decoder adds them")
        self.stage = stage
        self.decoder = Decoder(self.backbone_channels)
        for parameter in [*self.backbone.parameters(), *self.decoder.parameters()] if stage == 2 else []:
            parameter.stop_gradient = True
        # The last one's ReLU lets refinement add alone, as in PaddleSeg.
        widths = (RGB + 1, WIDTH, WIDTH, WIDTH, 1)
        convs = [ConvBNReLU(before, after, 3) for before, after in pairwise(widths)]
        self.refine = nn.Sequential(*convs) if stage > 1 else None
        self.load_pretrained(pretrained)

    def forward(self, image: paddle.Tensor, trimap: paddle.Tensor) -> list[paddle.Tensor]:
        raw = self.decoder(self.backbone_maps(paddle.concat([image, trimap], axis=1)))
        if self.refine is None:
            return [raw]
        matte = raw + self.refine(paddle.concat([image, raw], axis=1))
        if not self.training:
            return [paddle.clip(matte, 0, 1)]
        return [matte, raw] if self.stage == 3 else [matte]
