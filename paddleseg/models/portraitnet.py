"""PortraitNet: portraits on phones, with a boundary head for training (Zhang et al., Computers & Graphics 2019)."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import paddle
import paddle.nn.functional as F
from paddle import nn

from paddleseg.models.base import SegModel
from paddleseg.models.contract import Head
from paddleseg.models.layers import upsample
from paddleseg.models.layers.basic import ConvBN, ConvBNReLU
from paddleseg.registry import MODELS

_STRIDES = [4, 8, 16, 32]


class _DBlock(nn.Layer):
    """Two separable convolutions beside a shortcut (section 3.1, figure 3)."""

    def __init__(self, in_channels: int, out_channels: int):
        super().__init__()
        self.branch = nn.Sequential(
            ConvBNReLU(in_channels, in_channels, 3, groups=in_channels),
            ConvBNReLU(in_channels, out_channels, 1),
            ConvBNReLU(out_channels, out_channels, 3, groups=out_channels),
            ConvBN(out_channels, out_channels, 1),
        )
        self.shortcut = ConvBN(in_channels, out_channels, 1) if in_channels != out_channels else nn.Identity()

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        return F.relu(self.branch(x) + self.shortcut(x))


@MODELS.register
class PortraitNet(SegModel):
    """A U-shaped network whose decoder ends at the image's size (Zhang et al., section 3).

    On the way up the maps of the backbone are added. The boundary head (section 3.2) costs nothing at inference: its
    logits follow the main ones in training only, for a loss with `edge_label: True`.

    Args:
        num_classes: Classes, background included.
        backbone: Gives maps at 1/4, 1/8, 1/16 and 1/32.
        min_channel: `channel_ratio` leaves the decoder as many channels, where it had them.
        channel_ratio: Scales the channels at 1/2 and 1/1, which are 16 and 8; below, they are the backbone's.
        add_edge: Give boundary logits as well in training.
        pretrained: A weights file.

    Shape:
        x (N, C, H, W) float32. Returns logit maps (N, num_classes, H, W) in a list: one, or with `add_edge` two in
        training.

    Raises:
        ValueError: The backbone's maps are of other sizes.
        WeightsError: `pretrained` does not fit this network.
    """

    @staticmethod
    def extra_heads(num_classes: int, add_edge: bool, **_: Any) -> list[Head]:
        return [Head("edge", "boundary", num_classes)] if add_edge else []

    def __init__(
        self,
        num_classes: int,
        backbone: nn.Layer,
        min_channel: int = 16,
        channel_ratio: float = 1.0,
        add_edge: bool = False,
        pretrained: str | None = None,
    ):
        boundary = self.extra_heads(num_classes, add_edge)
        super().__init__(num_classes, backbone, extra_heads=boundary)
        strides = getattr(backbone, "strides", _STRIDES)  # PaddleSeg's backbones do not say
        if list(strides) != _STRIDES:
            raise ValueError(f"PortraitNet needs maps at 1/4, 1/8, 1/16 and 1/32; the backbone's are {strides}")
        last = [max(int(width * channel_ratio), min(width, min_channel)) for width in (16, 8)]
        widths = [*self.backbone_channels[::-1], *last]
        self.blocks = nn.LayerList([_DBlock(*channels) for channels in pairwise(widths)])
        self.deconv = nn.LayerList(
            [nn.Conv2DTranspose(width, width, 4, stride=2, padding=1, bias_attr=False) for width in widths[1:]]
        )
        self.classify = nn.Conv2D(last[-1], num_classes, 3, padding=1, bias_attr=False)
        self.edge = nn.Conv2D(last[-1], num_classes, 3, padding=1, bias_attr=False) if boundary else None
        self.load_pretrained(pretrained)

    def forward(self, x: paddle.Tensor) -> list[paddle.Tensor]:
        *skips, y = self.backbone_maps(x)
        for block, deconv in zip(self.blocks, self.deconv, strict=True):
            y = deconv(block(y))
            if skips:
                skip = skips.pop()
                y = skip + upsample(y, skip)  # the same size, unless the skip connection's was rounded up
        y = upsample(y, x)
        classifiers = [self.classify] if self.edge is None or not self.training else [self.classify, self.edge]
        return [classifier(y) for classifier in classifiers]
