"""ESPNet: dilated convolutions side by side on few channels (Mehta et al., ECCV 2018)."""

from __future__ import annotations

import paddle
import paddle.nn.functional as F
from paddle import nn

from paddleseg.models.base import SegModel
from paddleseg.models.layers import upsample
from paddleseg.models.layers.basic import ConvBNAct, bn_prelu
from paddleseg.models.layers.unpooling import divisible
from paddleseg.registry import MODELS

_DILATIONS = (1, 2, 4, 8, 16)


class SpatialPyramid(nn.Layer):
    """The ESP module: reduce, five dilations, sums of neighbours so that no grid shows (section 3.1, figure 1).

    Args:
        stride: 2 halves the size by the convolution that reduces.
        residual: Add the input.

    Shape:
        x (N, in_channels, H, W); returns (N, channels, H / stride, W / stride).
    """

    def __init__(self, in_channels: int, channels: int, *, stride: int = 1, residual: bool = False):
        super().__init__()
        branch = channels // len(_DILATIONS)
        first = channels - branch * (len(_DILATIONS) - 1)
        size = 3 if stride > 1 else 1
        self.reduce = nn.Conv2D(in_channels, branch, size, stride=stride, padding=size // 2, bias_attr=False)
        self.dilated = nn.LayerList(
            [
                nn.Conv2D(branch, branch if rate > 1 else first, 3, padding=rate, dilation=rate, bias_attr=False)
                for rate in _DILATIONS
            ]
        )
        self.norm = bn_prelu(channels, channels)
        self.residual = residual

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        reduced = self.reduce(x)
        plain, summed, *rest = (conv(reduced) for conv in self.dilated)
        found = [plain, summed]
        for each in rest:
            summed = summed + each
            found.append(summed)
        y = paddle.concat(found, axis=1)
        return self.norm(x + y if self.residual else y)


def _level(in_channels: int, channels: int, depth: int) -> nn.LayerList:
    """A module that halves the size, and those after it."""
    rest = [SpatialPyramid(channels, channels, residual=True) for _ in range(depth)]
    return nn.LayerList([SpatialPyramid(in_channels, channels, stride=2), nn.Sequential(*rest)])


@MODELS.register
class ESPNetV1(SegModel):
    """ESPNet (Mehta et al., section 3.3, figure 4 d).

    Pictures whose sides are no multiples of 8 are resized to the next ones, and their logits back.

    Args:
        num_classes: Classes, background included.
        in_channels: Channels of the image.
        level2_depth: Modules at 1/4 after the one that halves the size.
        level3_depth: Those at 1/8.
        pretrained: A weights file.

    Shape:
        x (N, in_channels, H, W) float32. Returns one logit map (N, num_classes, H, W) in a list.

    Raises:
        WeightsError: `pretrained` does not fit this network.
    """

    def __init__(
        self,
        num_classes: int,
        in_channels: int = 3,
        level2_depth: int = 2,
        level3_depth: int = 3,
        pretrained: str | None = None,
    ):
        super().__init__(num_classes)
        # The decoder has a channel for each class, and five at least, for as many dilations.
        width = max(num_classes, len(_DILATIONS))
        fine, middle, deep = 16 + in_channels, 128 + in_channels, 256
        self.stem = ConvBNAct(in_channels, 16, 3, stride=2, act="prelu", padding="SAME")
        self.level2, self.level3 = _level(fine, 64, level2_depth), _level(middle, 128, level3_depth)
        self.norms = nn.LayerList([bn_prelu(channels, channels) for channels in (fine, middle, deep)])
        self.project = nn.LayerList([ConvBNAct(channels, width, 1, act="prelu") for channels in (fine, middle, deep)])
        self.double = nn.LayerList(
            [nn.Conv2DTranspose(width, out, 2, stride=2, bias_attr=False) for out in (width, width, num_classes)]
        )
        self.joined_norm = bn_prelu(2 * width, 2 * width)
        self.combine = SpatialPyramid(2 * width, width)
        self.doubled_norm = bn_prelu(width, width)
        self.fuse = ConvBNAct(width + width, width, 3, act="prelu")
        self.load_pretrained(pretrained)

    def forward(self, x: paddle.Tensor) -> list[paddle.Tensor]:
        picture = upsample(x, divisible(x, 8))
        half, quarter = (F.avg_pool2d(picture, factor, stride=factor) for factor in (2, 4))
        fine = self.norms[0](paddle.concat([self.stem(picture), half], axis=1))
        halved = self.level2[0](fine)
        middle = self.norms[1](paddle.concat([self.level2[1](halved), halved, quarter], axis=1))
        halved = self.level3[0](middle)
        deep = self.norms[2](paddle.concat([self.level3[1](halved), halved], axis=1))
        fine, middle, deep = (project(each) for project, each in zip(self.project, (fine, middle, deep), strict=True))
        y = self.combine(self.joined_norm(paddle.concat([self.double[0](deep), middle], axis=1)))
        y = self.fuse(paddle.concat([self.doubled_norm(self.double[1](y)), fine], axis=1))
        return self.at_size_of(x, self.double[2](y))
