"""The deep aggregation pyramid pooling module of DDRNet (Hong et al., arXiv 2101.06085)."""

from __future__ import annotations

import paddle
import paddle.nn.functional as F
from paddle import nn

from paddleseg.models.layers.basic import BNReLUConv
from paddleseg.models.layers.upsample import upsample


class DAPPM(nn.Layer):
    """Averages over ever larger windows, each added to what the smaller ones gave before its 3x3 (section 3.3).

    Args:
        channels: Channels of each scale.
        count_padding: Whether the zeros around a map count in the averages at its edge.

    Shape:
        x (N, in_channels, H, W); returns (N, out_channels, H, W).
    """

    def __init__(self, in_channels: int, channels: int, out_channels: int, *, count_padding: bool):
        super().__init__()
        self.count_padding = count_padding
        self.scales = nn.LayerList([BNReLUConv(in_channels, channels, 1) for _ in range(5)])
        self.process = nn.LayerList([BNReLUConv(channels, channels, 3) for _ in range(4)])
        self.compress = BNReLUConv(5 * channels, out_channels, 1)
        self.shortcut = BNReLUConv(in_channels, out_channels, 1)

    def means(self, x: paddle.Tensor) -> list[paddle.Tensor]:
        """The map itself and its averages, each through its 1x1 convolution, at the size of the map."""
        windows = [
            F.avg_pool2d(x, size, stride, padding=size // 2, exclusive=not self.count_padding)
            for size, stride in ((5, 2), (9, 4), (17, 8))
        ]
        first, *wider = self.scales
        pooled = [*windows, F.adaptive_avg_pool2d(x, 1)]
        return [first(x), *(upsample(scale(each), x) for scale, each in zip(wider, pooled, strict=True))]

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        first, *wider = self.means(x)
        maps = [first]
        for process, each in zip(self.process, wider, strict=True):
            maps.append(process(each + maps[-1]))
        return self.compress(paddle.concat(maps, axis=1)) + self.shortcut(x)


class PAPPM(DAPPM):
    """The same with all 3x3 convolutions side by side, as one in groups (PIDNet, Xu et al., CVPR 2023, section 4.3)."""

    def __init__(self, in_channels: int, channels: int, out_channels: int, *, count_padding: bool):
        super().__init__(in_channels, channels, out_channels, count_padding=count_padding)
        self.process = BNReLUConv(4 * channels, 4 * channels, 3, groups=4)

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        first, *wider = self.means(x)
        processed = self.process(paddle.concat([each + first for each in wider], axis=1))
        return self.compress(paddle.concat([first, processed], axis=1)) + self.shortcut(x)
