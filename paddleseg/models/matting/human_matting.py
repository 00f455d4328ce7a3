"""PaddleSeg's human matting: a trimap and a matte of a small picture, refined at full size.

The first part is GFM's (Li et al., IJCV 2022), the refiner BackgroundMattingV2's (Lin et al., CVPR 2021).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import paddle
import paddle.nn.functional as F
from paddle import nn

from paddleseg.models.contract import Head
from paddleseg.models.layers import sigmoid, upsample
from paddleseg.models.layers.basic import ConvBNReLU
from paddleseg.models.layers.upsample import scaled
from paddleseg.models.matting.base import RGB, MattingModel
from paddleseg.models.matting.trimap_decoder import STAGES, TrimapDecoder, fused, last_stage, stage
from paddleseg.registry import MODELS

HIDDEN = 32  # channels that the refiner gets beside mattes


class ConvUnpadded(ConvBNReLU):
    """`ConvBNReLU` that leaves out the border."""

    def __init__(self, in_channels: int, out_channels: int, kernel_size: int):
        super().__init__(in_channels, out_channels, kernel_size)
        init = nn.initializer.KaimingNormal()
        self.conv = nn.Conv2D(in_channels, out_channels, kernel_size, weight_attr=init, bias_attr=False)


class FocusDecoder(nn.Layer):
    """A matte that holds where the trimap is unknown: stages with the backbone's maps beside them.

    Shape:
        maps at 1/2, 1/4, 1/8, 1/16 and 1/32, and what has the full size; returns (N, 2 + HIDDEN, H, W).
    """

    def __init__(self, channels: list[int]):
        super().__init__()
        deep, width = channels[-1], STAGES[0][0]
        self.bridge = nn.Sequential(
            *[ConvBNReLU(before, width, 3, dilation=2) for before in (deep, width, width)],
        )
        given = [width + deep, 256 + channels[3], 128 + channels[2], 64 + channels[1], 64 + channels[0]]
        plan = zip(given, STAGES, (2, 1, 1, 1, 1), strict=True)
        self.stages = nn.LayerList([stage(before, *inner, dilation) for before, inner, dilation in plan])
        self.last = last_stage(64, 2 + HIDDEN)

    def forward(self, maps: list[paddle.Tensor], image: paddle.Tensor) -> paddle.Tensor:
        x = self.bridge(maps[-1])
        for layers, skip, ref in zip(self.stages, maps[::-1], [*maps[-2::-1], image], strict=True):
            x = upsample(layers(paddle.concat([x, skip], axis=1)), ref)
        return self.last(x)


class Refiner(nn.Layer):
    """The small matte brought up with the picture beside it, first at half its size (Lin et al., section 3.2).

    Shape:
        image (N, 3, H, W), small (N, HIDDEN + 4, h, w); returns a matte (N, 1, H, W) that may leave [0, 1].
    """

    def __init__(self, kernel_size: int):
        super().__init__()
        self.margin = kernel_size // 2
        self.conv1 = ConvUnpadded(HIDDEN + 4 + RGB, 24, kernel_size)
        self.conv2, self.conv3 = ConvUnpadded(24, 16, kernel_size), ConvUnpadded(16 + RGB, 12, kernel_size)
        self.predict = nn.Conv2D(12, 1, kernel_size)

    def forward(self, image: paddle.Tensor, small: paddle.Tensor) -> paddle.Tensor:
        half = scaled(image, 0.5)
        x = paddle.concat([upsample(small, half), half], axis=1)
        x = self.conv2(self.conv1(F.pad(x, [3 * self.margin] * 4)))
        full = F.pad(image, [2 * self.margin] * 4)
        return self.predict(self.conv3(paddle.concat([upsample(x, full, mode="nearest"), full], axis=1)))


@MODELS.register
class HumanMatting(MattingModel):
    """A trimap and a matte of a small picture, joined; then the matte at full size.

    Args:
        backbone: Gives maps at 1/2, 1/4, 1/8, 1/16 and 1/32: `ResNet34_vd`.
        pretrained: A weights file.
        backbone_scale: How small the picture is, at most 0.5; 1 without the refiner.
        refine_kernel_size: Of the refiner's convolutions, 1 or 3.
        if_refine: Whether there is a refiner.

    Shape:
        x (N, 3, H, W) float32. Returns the matte (N, 1, H, W) in a list; in
        training then, of the small picture, the trimap's probabilities, the matte for where it is unknown, with a
        refiner both joined, and (the error expected of that, itself).

    Raises:
        ValueError: The backbone gives other maps, the scale is over 0.5, or another kernel size.
        WeightsError: `pretrained` does not fit this network.
    """

    @staticmethod
    def extra_heads(if_refine: bool = True, **_: Any) -> list[Head]:
        joined = [Head("fusion", "alpha", 1)] if if_refine else []
        return [Head("glance", "trimap", 3), Head("focus", "alpha", 1), *joined, Head("error", "pair", 1)]

    @classmethod
    def losses_for(cls, arguments: Mapping[str, Any]) -> dict[str, Any]:
        joined = {"type": "MRSD", "resize": "bilinear"}
        parts = [{"type": "TrimapLoss"}, joined | {"region": "unknown"}]
        error = {"type": "MattingErrorLoss"}
        if arguments.get("if_refine", True):
            return {"types": [{"type": "MatteL1Loss"}, *parts, joined, error], "coef": [1, 0.25, 0.25, 0.25, 1]}
        return {"types": [joined, *parts, error], "coef": [0.25, 0.25, 0.25, 1]}

    def __init__(
        self,
        backbone: nn.Layer,
        pretrained: str | None = None,
        backbone_scale: float = 0.25,
        refine_kernel_size: int = 3,
        if_refine: bool = True,
    ):
        super().__init__(backbone, extra_heads=self.extra_heads(if_refine))
        if if_refine and not 0 < backbone_scale <= 0.5:
            raise ValueError(f"backbone_scale is {backbone_scale}; it should be at most 0.5")
        if refine_kernel_size not in (1, 3):
            raise ValueError(f"refine_kernel_size is {refine_kernel_size}; it should be 1 or 3")
        self.scale = backbone_scale if if_refine else 1.0
        self.glance = TrimapDecoder(self.backbone_channels[-1])
        self.focus = FocusDecoder(self.backbone_channels)
        self.refiner = Refiner(refine_kernel_size) if if_refine else None
        self.load_pretrained(pretrained)

    def forward(self, x: paddle.Tensor) -> list[paddle.Tensor | tuple[paddle.Tensor, ...]]:
        small = x if self.scale == 1 else scaled(x, self.scale)
        maps = self.backbone_maps(small)
        trimap = F.softmax(self.glance(maps, small)[-1], axis=1)
        found = self.focus(maps, small)
        focus, error, hidden = sigmoid(found[:, :1]), paddle.clip(found[:, 1:2], 0, 1), F.relu(found[:, 2:])
        joined = fused(trimap, focus)
        if self.refiner is None:
            return [joined, trimap, focus, (error, joined)] if self.training else [joined]
        matte = paddle.clip(self.refiner(x, paddle.concat([hidden, joined, trimap], axis=1)), 0, 1)
        return [matte, trimap, focus, joined, (error, joined)] if self.training else [matte]
