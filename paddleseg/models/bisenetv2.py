"""BiSeNetV2: a wide shallow branch for detail, a thin deep one for meaning (Yu et al., IJCV 2021)."""

from __future__ import annotations

from typing import Any

import paddle
import paddle.nn.functional as F
from paddle import nn

from paddleseg.models.base import SegModel
from paddleseg.models.contract import Head
from paddleseg.models.heads.fcn import FCNHead
from paddleseg.models.layers import max_pool, sigmoid, upsample
from paddleseg.models.layers.basic import ConvBN, ConvBNReLU
from paddleseg.registry import MODELS


class _Stem(nn.Layer):
    """To 1/4 twice, by convolution and by pooling, then both together (section 4.2, figure 4)."""

    def __init__(self, in_channels: int, channels: int):
        super().__init__()
        self.conv = ConvBNReLU(in_channels, channels, 3, stride=2, padding="SAME")
        self.conv_branch = nn.Sequential(
            ConvBNReLU(channels, channels // 2, 1),
            ConvBNReLU(channels // 2, channels, 3, stride=2, padding="SAME"),
        )
        self.fuse = ConvBNReLU(2 * channels, channels, 3)

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        x = self.conv(x)
        return self.fuse(paddle.concat([self.conv_branch(x), max_pool(x, 3, stride=2, padding=1)], axis=1))


class _GatherExpand(nn.Layer):
    """A dense 3x3 gathers, a depth-wise one expands sixfold, a 1x1 projects (section 4.2, figure 5).

    With a stride, a second depth-wise convolution makes up for the size, and the shortcut is a separable convolution.
    """

    def __init__(self, in_channels: int, out_channels: int, stride: int = 1):
        super().__init__()
        wide = 6 * in_channels
        self.gather = ConvBNReLU(in_channels, in_channels, 3)
        self.expand = ConvBN(in_channels, wide, 3, stride, groups=in_channels, padding="SAME")
        self.depthwise = ConvBN(wide, wide, 3, groups=wide) if stride > 1 else nn.Identity()
        self.project = ConvBN(wide, out_channels, 1)
        self.shortcut = nn.Identity()
        if stride > 1:
            self.shortcut = nn.Sequential(
                ConvBN(in_channels, in_channels, 3, stride, groups=in_channels, padding="SAME"),
                ConvBN(in_channels, out_channels, 1),
            )

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        y = self.project(self.depthwise(self.expand(self.gather(x))))
        return F.relu(y + self.shortcut(x))


class _Context(nn.Layer):
    """The mean of the whole map, added to each of its places (section 4.2, figure 4)."""

    def __init__(self, channels: int):
        super().__init__()
        self.norm = nn.BatchNorm2D(channels)
        self.point = ConvBNReLU(channels, channels, 1)
        self.fuse = nn.Conv2D(channels, channels, 3, padding=1)

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        return self.fuse(x + self.point(self.norm(F.adaptive_avg_pool2d(x, 1))))


class _Semantic(nn.Layer):
    """The deep branch to 1/32; also gives the maps that auxiliary heads look at."""

    def __init__(self, in_channels: int, channels: tuple[int, int, int, int]):
        super().__init__()
        c1, c3, c4, c5 = channels
        self.stem = _Stem(in_channels, c1)
        self.stage3 = nn.Sequential(_GatherExpand(c1, c3, 2), _GatherExpand(c3, c3))
        self.stage4 = nn.Sequential(_GatherExpand(c3, c4, 2), _GatherExpand(c4, c4))
        self.stage5 = nn.Sequential(_GatherExpand(c4, c5, 2), *[_GatherExpand(c5, c5) for _ in range(3)])
        self.context = _Context(c5)

    def forward(self, x: paddle.Tensor) -> tuple[paddle.Tensor, list[paddle.Tensor]]:
        maps = []
        for stage in (self.stem, self.stage3, self.stage4, self.stage5):
            x = stage(x)
            maps.append(x)
        return self.context(x), maps


class _Aggregation(nn.Layer):
    """Each branch gates the other, at 1/8 and at 1/32 (section 4.3, figure 6)."""

    def __init__(self, channels: int, align_corners: bool):
        super().__init__()
        self.align_corners = align_corners
        self.detail_keep = self._separable(channels)
        self.detail_down = ConvBN(channels, channels, 3, stride=2, padding="SAME")
        self.semantic_keep = self._separable(channels)
        self.semantic_up = ConvBN(channels, channels, 3)
        self.fuse = ConvBN(channels, channels, 3)

    @staticmethod
    def _separable(channels: int) -> nn.Sequential:
        return nn.Sequential(ConvBN(channels, channels, 3, groups=channels), nn.Conv2D(channels, channels, 1))

    def forward(self, detail: paddle.Tensor, semantic: paddle.Tensor) -> paddle.Tensor:
        gate = sigmoid(upsample(self.semantic_up(semantic), detail, self.align_corners))
        fine = self.detail_keep(detail) * gate
        small = F.avg_pool2d(self.detail_down(detail), 3, stride=2, padding=1)
        coarse = small * sigmoid(self.semantic_keep(semantic))
        return self.fuse(fine + upsample(coarse, fine, self.align_corners))


@MODELS.register
class BiSeNetV2(SegModel):
    """The bilateral network of Yu et al. (arXiv 2004.02147, section 4, table 1).

    Four auxiliary heads learn from the semantic branch in training only (section 4.4).

    Args:
        num_classes: Classes, background included.
        lambd: Channels of the semantic branch's first two stages, as a share of the detail branch's.
        align_corners: How maps and logits are brought up.
        in_channels: Channels of the image.
        pretrained: A weights file.

    Shape:
        x (N, in_channels, H, W) float32. Returns logit maps (N, num_classes, H, W) in a list: one, or five in training.

    Raises:
        WeightsError: `pretrained` does not fit this network.
    """

    @staticmethod
    def extra_heads(num_classes: int, **_: Any) -> list[Head]:
        return [Head(f"auxiliary_{stage}", "logits", num_classes) for stage in range(4)]

    def __init__(
        self,
        num_classes: int,
        lambd: float = 0.25,
        align_corners: bool = False,
        in_channels: int = 3,
        pretrained: str | None = None,
    ):
        super().__init__(num_classes, extra_heads=self.extra_heads(num_classes), align_corners=align_corners)
        thin = (int(64 * lambd), int(128 * lambd), 64, 128)
        self.detail = _detail(in_channels)
        self.semantic = _Semantic(in_channels, thin)
        self.aggregation = _Aggregation(128, align_corners)
        self.head = FCNHead(128, 128, num_classes, dropout=0.1)
        self.auxiliary = nn.LayerList([FCNHead(width, width, num_classes, dropout=0.1) for width in thin])
        self.load_pretrained(pretrained)

    def forward(self, x: paddle.Tensor) -> list[paddle.Tensor]:
        semantic, maps = self.semantic(x)
        logits = [self.head(self.aggregation(self.detail(x), semantic))]
        if self.training:
            logits += [head(each) for head, each in zip(self.auxiliary, maps, strict=True)]
        return self.at_size_of(x, *logits)


def _detail(in_channels: int) -> nn.Sequential:
    """Eight dense convolutions to 1/8 (section 4.1)."""
    layers = []
    for channels, count in ((64, 2), (64, 3), (128, 3)):
        for stride in (2, *[1] * (count - 1)):
            layers.append(ConvBNReLU(in_channels, channels, 3, stride, padding="SAME"))
            in_channels = channels
    return nn.Sequential(*layers)
