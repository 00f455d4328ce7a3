"""UNet++: skip connections that are paths of convolutions themselves (Zhou et al., DLMIA 2018)."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import paddle
from paddle import nn

from paddleseg.models.base import SegModel
from paddleseg.models.layers import max_pool, upsample
from paddleseg.models.layers.basic import double_conv
from paddleseg.registry import MODELS


class _Node(nn.Layer):
    """The deeper node beside all earlier ones of this size, then two convolutions (section 3.1, equation 1)."""

    def __init__(self, deep_channels: int, channels: int, earlier: int, use_deconv: bool, align_corners: bool):
        super().__init__()
        self.align_corners = align_corners
        self.deconv = nn.Conv2DTranspose(deep_channels, channels, 2, stride=2) if use_deconv else nn.Identity()
        self.reduce = nn.Identity() if use_deconv else nn.Conv2D(deep_channels, channels, 1)
        self.convs = double_conv((earlier + 1) * channels, channels)

    def forward(self, deep: paddle.Tensor, earlier: list[paddle.Tensor]) -> paddle.Tensor:
        deep = self.reduce(upsample(self.deconv(deep), earlier[0], self.align_corners))
        return self.convs(paddle.concat([deep, *earlier], axis=1))


@MODELS.register
class UNetPlusPlus(SegModel):
    """UNet++ (Zhou et al., section 3, figure 1 a).

    Args:
        num_classes: Classes, background included.
        in_channels: Channels of the image.
        use_deconv: Bring maps up by transposed convolutions, and not by bilinear resizing.
        align_corners: How maps are brought up.
        pretrained: A weights file.
        is_ds: Give the mean of the logits of all four depths (deep supervision), and not those of the deepest.
        channels: Of each size, finest first.

    Shape:
        x (N, in_channels, H, W) float32, H and W from 16. Returns one logit map (N, num_classes, H, W) in a list.

    Raises:
        WeightsError: `pretrained` does not fit this network.
    """

    def __init__(
        self,
        num_classes: int,
        in_channels: int = 3,
        use_deconv: bool = False,
        align_corners: bool = False,
        pretrained: str | None = None,
        is_ds: bool = True,
        channels: Sequence[int] = (32, 64, 128, 256, 512),
    ):
        super().__init__(num_classes, align_corners=align_corners)
        self.is_ds = is_ds
        steps = zip((in_channels, *channels), channels, strict=False)
        self.down = nn.LayerList([double_conv(before, after) for before, after in steps])
        # paths[i][j]: the node of size i at depth j + 1.
        self.paths = nn.LayerList(
            [
                nn.LayerList(
                    [_Node(deep, width, depth, use_deconv, align_corners) for depth in range(1, len(channels) - size)]
                )
                for size, (width, deep) in enumerate(itertools.pairwise(channels))
            ]
        )
        # One for each depth in either mode, so that the same weights run in both.
        self.classify = nn.LayerList([nn.Conv2D(channels[0], num_classes, 1) for _ in channels[1:]])
        self.load_pretrained(pretrained)

    def forward(self, x: paddle.Tensor) -> list[paddle.Tensor]:
        nodes: list[list[paddle.Tensor]] = []
        for convs in self.down:
            nodes.append([convs(max_pool(nodes[-1][0], 2, stride=2, padding=0) if nodes else x)])
        for depth in range(len(self.classify)):
            for size in range(len(self.classify) - depth):
                nodes[size].append(self.paths[size][depth](nodes[size + 1][depth], nodes[size]))
        if not self.is_ds:
            return [self.classify[-1](nodes[0][-1])]
        logits = [classify(node) for classify, node in zip(self.classify, nodes[0][1:], strict=True)]
        return [paddle.add_n(logits) / len(logits)]
