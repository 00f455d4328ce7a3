"""PP-Matting: a trimap and fine detail at the picture's own size, joined (Chen et al., arXiv 2204.09433)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import paddle
import paddle.nn.functional as F
from paddle import nn

from paddleseg.models.contract import Head
from paddleseg.models.layers import sigmoid, upsample
from paddleseg.models.layers.basic import ConvBN
from paddleseg.models.layers.residual import BasicBlock
from paddleseg.models.matting.base import MattingModel
from paddleseg.models.matting.trimap_decoder import CHANNELS, TrimapDecoder, fused
from paddleseg.registry import MODELS

GUIDES = (0, 2, 4)  # stages of the trimap decoder that guide the detail branch


class Gate(nn.Layer):
    """A convolution of a map weighed by how much its places matter, as the map and a guide tell (section 3.4).

    Shape:
        x (N, channels, H, W), guide (N, 1, H, W); returns (N, channels, H, W).
    """

    def __init__(self, channels: int):
        super().__init__()
        self.norm = nn.BatchNorm2D(channels + 1)
        self.mix, self.weigh = nn.Conv2D(channels + 1, channels + 1, 1), nn.Conv2D(channels + 1, 1, 1)
        self.weigh_norm = nn.BatchNorm2D(1)
        self.conv = nn.Conv2D(channels, channels, 1, bias_attr=False)

    def forward(self, x: paddle.Tensor, guide: paddle.Tensor) -> paddle.Tensor:
        y = F.relu(self.mix(self.norm(paddle.concat([x, guide], axis=1))))
        return self.conv(x * (sigmoid(self.weigh_norm(self.weigh(y))) + 1))


class DetailBranch(nn.Layer):
    """Residual blocks at the picture's size, guided by the trimap decoder (section 3.4).

    Shape:
        x (N, in_channels, H, W), maps of the trimap decoder; returns logits (N, 1, H, W).
    """

    WIDTHS = (64, 32, 16, 8)

    def __init__(self, in_channels: int):
        super().__init__()
        first, *others = self.WIDTHS[:-1]
        shortcut = ConvBN(in_channels, first, 1)
        blocks = [BasicBlock(in_channels, first, shortcut=shortcut), *(BasicBlock(width, width) for width in others)]
        self.blocks = nn.LayerList(blocks)
        self.narrow = nn.LayerList([nn.Conv2D(before, after, 1) for before, after in pairwise(self.WIDTHS)])
        self.guides = nn.LayerList([nn.Conv2D(CHANNELS[index], 1, 1) for index in GUIDES])
        self.gates = nn.LayerList([Gate(width) for width in self.WIDTHS[1:]])
        self.predict = nn.Conv2D(self.WIDTHS[-1], 1, 1, bias_attr=False)

    def forward(self, x: paddle.Tensor, stages: Sequence[paddle.Tensor]) -> paddle.Tensor:
        layers = zip(self.blocks, self.narrow, self.guides, self.gates, GUIDES, strict=True)
        for block, narrow, guide, gate, index in layers:
            x = narrow(block(x))
            x = gate(x, upsample(guide(stages[index]), x))
        return self.predict(x)


@MODELS.register
class PPMatting(MattingModel):
    """A trimap from a decoder and a matte from a branch at full size, which holds where the trimap is unknown.

    (Chen et al., section 3.)

    Args:
        backbone: Gives maps at 1/2, 1/4, 1/8, 1/16 and 1/32: `HRNet_W18` or `HRNet_W48`.
        pretrained: A weights file.

    Shape:
        x (N, 3, H, W) float32. Returns the matte (N, 1, H, W) in a list; in training then the trimap's probabilities
        (N, 3, H, W) and the detail branch's matte.

    Raises:
        ValueError: The backbone gives other maps.
        WeightsError: `pretrained` does not fit this network.
    """

    @staticmethod
    def extra_heads(**_: Any) -> list[Head]:
        return [Head("semantic", "trimap", 3), Head("detail", "alpha", 1)]

    @classmethod
    def losses_for(cls, arguments: Mapping[str, Any]) -> dict[str, Any]:
        # PaddleSeg composes of colours from -1 to 1, which lie twice as far apart as ours.
        names = ("MRSD", "CompositionLoss", "GradientLoss")
        fusion = {"type": "MixedLoss", "losses": [{"type": name} for name in names], "coef": [1, 2, 1]}
        inner = [{"type": name, "region": "unknown"} for name in ("MRSD", "GradientLoss")]
        detail = {"type": "MixedLoss", "losses": inner, "coef": [1, 1]}
        return {"types": [fusion, {"type": "TrimapLoss"}, detail], "coef": [0.25, 0.25, 0.25]}

    def __init__(self, backbone: nn.Layer, pretrained: str | None = None):
        super().__init__(backbone, extra_heads=self.extra_heads())
        self.trimap = TrimapDecoder(self.backbone_channels[-1])
        self.detail = DetailBranch(sum(self.backbone_channels[:2]))
        self.load_pretrained(pretrained)

    def forward(self, x: paddle.Tensor) -> list[paddle.Tensor]:
        maps = self.backbone_maps(x)
        *stages, logits = self.trimap(maps, x)
        trimap = F.softmax(logits, axis=1)
        fine = paddle.concat([upsample(each, x) for each in maps[:2]], axis=1)
        detail = sigmoid(self.detail(fine, stages))
        matte = fused(trimap, detail)
        return [matte, trimap, detail] if self.training else [matte]
