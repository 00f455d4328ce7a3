"""DecoupledSegNet: the bodies of objects and their edges, each with a supervision of its own (Li et al., ECCV 2020)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import paddle
from paddle import nn

from paddleseg.models.base import SegModel
from paddleseg.models.contract import Head
from paddleseg.models.heads.fcn import FCNHead
from paddleseg.models.layers import upsample
from paddleseg.models.layers.aspp import ASPP
from paddleseg.models.layers.basic import ConvBNReLU
from paddleseg.models.layers.flow import along_flow
from paddleseg.registry import MODELS


class BodyAndEdge(nn.Layer):
    """A map's body, which a flow draws together towards the middle of objects, and what is left, its edges (3.2).

    Shape:
        x (N, channels, H, W); returns two maps of the same shape.
    """

    def __init__(self, channels: int, align_corners: bool):
        super().__init__()
        self.align_corners = align_corners
        self.down = nn.Sequential(
            *[ConvBNReLU(channels, channels, 3, stride=2, groups=channels, padding="SAME") for _ in range(2)]
        )
        self.flow = nn.Conv2D(2 * channels, 2, 3, padding=1, bias_attr=False)

    def forward(self, x: paddle.Tensor) -> tuple[paddle.Tensor, paddle.Tensor]:
        coarse = upsample(self.down(x), x, self.align_corners)
        body = along_flow(x, self.flow(paddle.concat([x, coarse], axis=1)))
        return body, x - body


@MODELS.register
class DecoupledSegNet(SegModel):
    """DeepLab V3 whose context is taken apart into bodies and edges and put together again (section 3, figure 2).

    Args:
        backbone: Gives the feature maps.
        backbone_indices: The feature map with detail, and the one with meaning.
        aspp_ratios: Dilations of the context module's convolutions; 1 stands for a 1x1 convolution.
        aspp_out_channels: Channels of each of them and of the module's result.
        align_corners: How maps are brought up.
        pretrained: A weights file.

    Shape:
        x (N, C, H, W) float32. Returns maps in a list: the logits (N, num_classes, H, W), and in training the bodies'
        logits, the edges' (N, 1, H, W), and the pair of logits and edges' for an OhemEdgeAttentionLoss.

    Raises:
        ValueError: `backbone_indices` does not name two maps of the backbone.
        WeightsError: `pretrained` does not fit this network.
    """

    @staticmethod
    def extra_heads(num_classes: int, **_: Any) -> list[Head]:
        body, edge = Head("body", "logits", num_classes), Head("edge", "boundary", 1)
        return [body, edge, Head("main_and_edge", "pair", num_classes)]

    def __init__(
        self,
        num_classes: int,
        backbone: nn.Layer,
        backbone_indices: Sequence[int] = (0, 3),
        aspp_ratios: Sequence[int] = (1, 6, 12, 18),
        aspp_out_channels: int = 256,
        align_corners: bool = False,
        pretrained: str | None = None,
    ):
        extra = self.extra_heads(num_classes)
        super().__init__(num_classes, backbone, backbone_indices, extra_heads=extra, align_corners=align_corners)
        if len(self.backbone_channels) != 2:
            raise ValueError(f"backbone_indices should name two maps, not {len(self.backbone_channels)}")
        shallow, deep = self.backbone_channels
        width = aspp_out_channels
        self.aspp = ASPP(deep, width, aspp_ratios, align_corners=align_corners)
        self.decouple = BodyAndEdge(width, align_corners)
        self.detail = nn.Conv2D(shallow, 48, 1, bias_attr=False)
        self.sharpen = nn.Conv2D(width + 48, width, 1, bias_attr=False)
        self.body_head = FCNHead(width, width, num_classes, bias=False)
        self.edge_head = FCNHead(width, 48, 1, bias=False)
        self.fuse = ConvBNReLU(2 * width, width, 3)
        self.head = FCNHead(width, width, num_classes, bias=False)
        self.load_pretrained(pretrained)

    def forward(self, x: paddle.Tensor) -> list[Any]:
        shallow, deep = self.backbone_maps(x)
        context, detail = self.aspp(deep), self.detail(shallow)
        body, edge = self.decouple(context)
        edge = self.sharpen(paddle.concat([upsample(edge, detail, self.align_corners), detail], axis=1))
        whole = edge + upsample(body, detail, self.align_corners)
        context = upsample(context, detail, self.align_corners)
        logits = [self.head(self.fuse(paddle.concat([context, whole], axis=1)))]
        if not self.training:
            return self.at_size_of(x, *logits)
        main, bodies, edges = self.at_size_of(x, *logits, self.body_head(body), self.edge_head(edge))
        return [main, bodies, edges, (main, edges)]
