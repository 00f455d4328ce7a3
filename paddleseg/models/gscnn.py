"""Gated-SCNN: a stream of its own for shapes, which takes from the classes' stream what it needs (ICCV 2019)."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any, ClassVar

import paddle
from paddle import nn

from paddleseg.models.base import SegModel
from paddleseg.models.contract import Head
from paddleseg.models.layers import SeparableConv, sigmoid, upsample
from paddleseg.models.layers.aspp import ASPP
from paddleseg.models.layers.basic import ConvBN, ConvBNReLU
from paddleseg.models.layers.canny import canny
from paddleseg.models.layers.residual import BasicBlock
from paddleseg.registry import MODELS

_WIDTHS = (64, 32, 16, 8)  # of the shape stream, from the backbone's stem on


class GatedConv(nn.Layer):
    """Shapes weighed where the classes' map speaks for them, and a 1x1 convolution (section 3.1, equations 1 and 2).

    Shape:
        shapes (N, channels, H, W), classes (N, 1, H, W); returns (N, channels, H, W).
    """

    def __init__(self, channels: int):
        super().__init__()
        self.norm = nn.BatchNorm2D(channels + 1)
        self.mix = nn.Conv2D(channels + 1, channels + 1, 1)
        self.gate = ConvBN(channels + 1, 1, 1)
        self.conv = nn.Conv2D(channels, channels, 1, bias_attr=False)

    def forward(self, shapes: paddle.Tensor, classes: paddle.Tensor) -> paddle.Tensor:
        both = self.norm(paddle.concat([shapes, classes], axis=1))
        gate = sigmoid(self.gate(nn.functional.relu(self.mix(both))))
        return self.conv(shapes * (gate + 1))


@MODELS.register
class GSCNN(SegModel):
    """DeepLab V3+ with a shape stream at the picture's size beside it (Takikawa et al., section 3, figure 2).

    Canny's edges of the picture help the shapes; they take it as `Normalize` makes it by default, from -1 to 1.

    Args:
        backbone: Gives the feature maps and, with `pyramid: True`, its stem's: a ResNet.
        backbone_indices: The stages that give detail, two that tell shapes, and the one that tells shapes and meaning.
        aspp_ratios: Dilations of the context module's convolutions; 1 stands for a 1x1 convolution.
        aspp_out_channels: Channels of each of them and of the module's result.
        align_corners: How maps are brought up.
        pretrained: A weights file.

    Shape:
        x (N, C, H, W) float32. Returns maps in a list: the logits (N, num_classes, H, W), and in training the pair of
        them and the edges' logits for an EdgeAttentionLoss, the edges' (N, 1, H, W), and the logits once more for a
        DualTaskLoss.

    Raises:
        ValueError: The backbone gives no map of its stem, or `backbone_indices` does not name four stages.
        WeightsError: `pretrained` does not fit this network.
    """

    backbone_defaults: ClassVar[dict[str, Any]] = {"pyramid": True}

    @staticmethod
    def extra_heads(num_classes: int, **_: Any) -> list[Head]:
        pair, edge = Head("main_and_edge", "pair", num_classes), Head("edge", "boundary", 1)
        return [pair, edge, Head("main_again", "logits", num_classes)]

    def __init__(
        self,
        num_classes: int,
        backbone: nn.Layer,
        backbone_indices: Sequence[int] = (0, 1, 2, 3),
        aspp_ratios: Sequence[int] = (1, 6, 12, 18),
        aspp_out_channels: int = 256,
        align_corners: bool = False,
        pretrained: str | None = None,
    ):
        if not getattr(backbone, "pyramid", False):
            raise ValueError(f"{type(backbone).__name__} gives no map of its stem; use a ResNet with `pyramid: True`")
        if len(backbone_indices) != 4:
            raise ValueError(f"backbone_indices should name four stages, not {len(backbone_indices)}")
        indices = [0, *(index + 1 if index >= 0 else index for index in backbone_indices)]  # the stem is map 0
        extra = self.extra_heads(num_classes)
        super().__init__(num_classes, backbone, indices, extra_heads=extra, align_corners=align_corners)
        _, shallow, *sides = self.backbone_channels
        steps = list(itertools.pairwise(_WIDTHS))
        self.sides = nn.LayerList([nn.Conv2D(channels, 1, 1) for channels in sides])
        self.residuals = nn.LayerList([BasicBlock(before, before) for before, _ in steps])
        self.narrow = nn.LayerList([nn.Conv2D(before, after, 1) for before, after in steps])
        self.gates = nn.LayerList([GatedConv(after) for _, after in steps])
        self.edge = nn.Conv2D(_WIDTHS[-1], 1, 1, bias_attr=False)
        self.join = nn.Conv2D(2, 1, 1, bias_attr=False)
        self.aspp = ASPP(sides[-1], aspp_out_channels, aspp_ratios, align_corners=align_corners, beside=1)
        self.detail = ConvBNReLU(shallow, 48, 1)
        self.fuse = nn.Sequential(SeparableConv(aspp_out_channels + 48, 256), SeparableConv(256, 256))
        self.classify = nn.Conv2D(256, num_classes, 1)
        self.load_pretrained(pretrained)

    def forward(self, x: paddle.Tensor) -> list[Any]:
        stem, shallow, *deep = self.backbone_maps(x)
        edge = self.shapes(x, stem, deep)
        contours = canny((255 * (x.detach() * 0.5 + 0.5).clip(0, 1)).astype("int32").astype(x.dtype), 10, 100)
        shape = sigmoid(self.join(paddle.concat([sigmoid(edge), contours], axis=1)))
        context, detail = self.aspp(deep[-1], shape), self.detail(shallow)
        both = [upsample(context, detail, self.align_corners), detail]
        (main,) = self.at_size_of(x, self.classify(self.fuse(paddle.concat(both, axis=1))))
        return [main, (main, edge), edge, main] if self.training else [main]

    def shapes(self, x: paddle.Tensor, stem: paddle.Tensor, deep: Sequence[paddle.Tensor]) -> paddle.Tensor:
        """The edges' logits, at the size of the picture `x`."""
        (shapes,) = self.at_size_of(x, stem)
        told = self.at_size_of(x, *(side(each) for side, each in zip(self.sides, deep, strict=True)))
        for residual, narrow, gate, classes in zip(self.residuals, self.narrow, self.gates, told, strict=True):
            shapes = gate(narrow(residual(shapes)), classes)
        return self.edge(shapes)
