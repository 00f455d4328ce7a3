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

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        windows = [
            F.avg_pool2d(x, size, stride, padding=size // 2, exclusive=not self.count_padding)
            for size, stride in ((5, 2), (9, 4), (17, 8))
        ]
        first, *wider = self.scales
        maps = [first(x)]
        for scale, process, means in zip(wider, self.process, [*windows, F.adaptive_avg_pool2d(x, 1)], strict=True):
            maps.append(process(upsample(scale(means), x) + maps[-1]))
        return self.compress(paddle.concat(maps, axis=1)) + self.shortcut(x)
