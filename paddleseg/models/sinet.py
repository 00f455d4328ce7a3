"""SINet: an 87 thousand parameter portrait network (Park et al., WACV 2020)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import paddle
import paddle.nn.functional as F
from paddle import nn

from paddleseg.models.base import SegModel
from paddleseg.models.layers import channel_shuffle, upsample
from paddleseg.models.layers.basic import ConvBN
from paddleseg.registry import MODELS

# For each module its two branches: kernel size, and by how much the map is made smaller (section 3.1, table 1).
_PUBLISHED_MODULES = (
    ((3, 1), (5, 1)),
    ((3, 1), (3, 1)),
    ((3, 1), (5, 1)),
    ((3, 1), (3, 1)),
    ((5, 1), (3, 2)),
    ((5, 2), (3, 4)),
    ((3, 1), (3, 1)),
    ((5, 1), (5, 1)),
    ((3, 2), (3, 4)),
    ((3, 1), (5, 2)),
)


class _ConvBNPReLU(ConvBN):
    """`ConvBN`, then a PReLU with a slope for each channel."""

    def __init__(self, in_channels: int, out_channels: int, kernel_size: int, stride: int = 1):
        super().__init__(in_channels, out_channels, kernel_size, stride)
        self.act = nn.PReLU(out_channels)

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        return self.act(super().forward(x))


class _BNPReLU(nn.Layer):
    """Batch norm, then a PReLU with a slope for each channel."""

    def __init__(self, channels: int):
        super().__init__()
        self.bn = nn.BatchNorm2D(channels)
        self.act = nn.PReLU(channels)

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        return self.act(self.bn(x))


class _Down(nn.Layer):
    """Depth-wise with stride 2, channels weighed by the mean of the whole map, point-wise (section 3.1, DS conv + SE).

    Args:
        squeezed: Channels between the two linear layers that find the weights; None for one linear layer.
    """

    def __init__(self, in_channels: int, out_channels: int, squeezed: int | None = None):
        super().__init__()
        self.depthwise = nn.Conv2D(
            in_channels, in_channels, 3, stride=2, padding=1, groups=in_channels, bias_attr=False
        )
        widths = (in_channels, in_channels) if squeezed is None else (in_channels, squeezed, in_channels)
        layers: list[nn.Layer] = []
        for source, target in pairwise(widths):
            layers += [nn.Linear(source, target), nn.PReLU(target)]
        self.weigh = nn.Sequential(*layers)
        self.pointwise = _ConvBNPReLU(in_channels, out_channels, 1)

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        x = self.depthwise(x)
        weights = self.weigh(F.adaptive_avg_pool2d(x, 1).flatten(1))
        return self.pointwise(x * weights.unsqueeze([2, 3]))


class _S2Block(nn.Layer):
    """A separable convolution on a map made smaller by averages, and brought back (section 3.1, figure 4)."""

    def __init__(self, channels: int, kernel_size: int, reduction: int):
        super().__init__()
        self.reduction = reduction
        self.depthwise = ConvBN(channels, channels, kernel_size, groups=channels)
        self.act = nn.PReLU(channels)
        self.pointwise = nn.Conv2D(channels, channels, 1, bias_attr=False)
        self.bn = nn.BatchNorm2D(channels)

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        y = F.avg_pool2d(x, self.reduction, self.reduction) if self.reduction > 1 else x
        y = self.pointwise(self.act(self.depthwise(y)))
        return self.bn(upsample(y, x, align_corners=True) if self.reduction > 1 else y)


class _S2Module(nn.Layer):
    """Two `_S2Block`s of different sight on shuffled channels, beside a shortcut (section 3.1, spatial squeeze)."""

    def __init__(self, in_channels: int, out_channels: int, blocks: Sequence[Sequence[int]]):
        super().__init__()
        half = out_channels // 2
        self.shortcut = in_channels == out_channels
        self.gather = nn.Conv2D(in_channels, half, 1, groups=2, bias_attr=False)
        self.branches = nn.LayerList([_S2Block(half, kernel_size, reduction) for kernel_size, reduction in blocks])
        self.norm = _BNPReLU(out_channels)

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        gathered = channel_shuffle(self.gather(x), 2)
        y = paddle.concat([branch(gathered) for branch in self.branches], axis=1)
        return self.norm(x + y if self.shortcut else y)


@MODELS.register
class SINet(SegModel):
    """A portrait network with spatial squeeze modules and an information blocking decoder (Park et al., section 3).

    The decoder lets detail in only where the coarse map is unsure (section 3.2).

    Args:
        num_classes: Classes, background included.
        config: For each spatial squeeze module its two branches, each a kernel size and a reduction of the map.
        stage2_blocks: How many of them work at 1/4.
        stage3_blocks: How many work at 1/8.
        in_channels: Channels of the image.
        pretrained: A weights file.

    Shape:
        x (N, in_channels, H, W) float32, H and W from 32. Returns one logit map (N, num_classes, H, W) in a list.

    Raises:
        ValueError: `config` has not as many modules as both stages together, or one of them has not two branches.
        WeightsError: `pretrained` does not fit this network.
    """

    def __init__(
        self,
        num_classes: int = 2,
        config: Sequence[Sequence[Sequence[int]]] = _PUBLISHED_MODULES,
        stage2_blocks: int = 2,
        stage3_blocks: int = 8,
        in_channels: int = 3,
        pretrained: str | None = None,
    ):
        super().__init__(num_classes)
        if len(config) != stage2_blocks + stage3_blocks or any(len(module) != 2 for module in config):
            raise ValueError(f"config should name {stage2_blocks} + {stage3_blocks} modules of two branches each")
        self.stem = _ConvBNPReLU(in_channels, 12, 3, stride=2)
        self.down2 = _Down(12, 16)
        self.stage2 = _stage(16, 48, config[:stage2_blocks])
        self.norm2 = _BNPReLU(16 + 48)
        self.down3 = _Down(64, 48, squeezed=32)
        self.stage3 = _stage(48, 96, config[stage2_blocks:])
        self.norm3 = _BNPReLU(48 + 96)
        self.coarse = nn.Conv2D(144, num_classes, 1, bias_attr=False)
        self.coarse_bn = nn.BatchNorm2D(num_classes)
        self.fine = _ConvBNPReLU(48, num_classes, 1)
        self.fine_bn = nn.BatchNorm2D(num_classes)
        self.classify = nn.Conv2D(num_classes, num_classes, 3, padding=1, bias_attr=False)
        self.load_pretrained(pretrained)

    def forward(self, x: paddle.Tensor) -> list[paddle.Tensor]:
        half = self.stem(x)
        quarter = self.down2(half)
        fine = self.stage2(quarter)
        eighth = self.down3(self.norm2(paddle.concat([quarter, fine], axis=1)))
        coarse = self.coarse(self.norm3(paddle.concat([eighth, self.stage3(eighth)], axis=1)))

        coarse = self.coarse_bn(upsample(coarse, fine, align_corners=True))
        unsure = 1 - paddle.max(F.softmax(coarse, axis=1), axis=1, keepdim=True)  # `amax` has no converter to ONNX
        both = self.fine_bn(upsample(self.fine(fine) * unsure + coarse, half, align_corners=True))
        return [self.classify(upsample(both, x, align_corners=True))]


def _stage(in_channels: int, out_channels: int, modules: Sequence[Sequence[Sequence[int]]]) -> nn.Sequential:
    widths = [in_channels, *[out_channels] * (len(modules) - 1)]
    return nn.Sequential(
        *[_S2Module(width, out_channels, blocks) for width, blocks in zip(widths, modules, strict=True)]
    )
