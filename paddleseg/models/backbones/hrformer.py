"""HRFormer: HRNet's parallel branches with attention within windows (Yuan et al., NeurIPS 2021)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
import paddle
import paddle.nn.functional as F
from paddle import nn

from paddleseg.models.backbones.hrnet import HRNet, ParallelModule
from paddleseg.models.layers import matmul, spatial_size
from paddleseg.models.layers.basic import ConvBN, ConvBNAct, ConvBNReLU
from paddleseg.models.layers.drop_path import DropPath
from paddleseg.models.layers.windows import RelativeBias, padded_to_blocks, relative_places
from paddleseg.models.weights import load_pretrained
from paddleseg.registry import BACKBONES


class _WindowAttention(nn.Layer):
    """Attention between the places of each window, which knows how they lie to each other (section 3, equation 1).

    Shape:
        x (N, channels, H, W); returns the same shape.
    """

    def __init__(self, channels: int, heads: int, window: int):
        super().__init__()
        self.heads, self.window = heads, window
        self.q, self.k, self.v, self.out = (nn.Linear(channels, channels) for _ in range(4))
        self.bias = RelativeBias(relative_places(window, window), heads)

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        h, w = spatial_size(x)
        side, channels, width = self.window, x.shape[1], x.shape[1] // self.heads
        padded, (down, across), (above, left) = padded_to_blocks(x, side, side)
        cut = padded.reshape([0, channels, down, side, across, side]).transpose([0, 2, 4, 3, 5, 1])
        tokens = cut.reshape([-1, side * side, channels])
        q, k, v = (
            layer(tokens).reshape([-1, side * side, self.heads, width]).transpose([0, 2, 1, 3])
            for layer in (self.q, self.k, self.v)
        )
        weights = F.softmax(width**-0.5 * matmul(q, k, transpose_y=True) + self.bias(), axis=-1)
        found = self.out(matmul(weights, v).transpose([0, 2, 1, 3]).reshape([-1, side * side, channels]))
        found = found.reshape([-1, down, across, side, side, channels]).transpose([0, 5, 1, 3, 2, 4])
        return found.reshape([-1, channels, down * side, across * side])[:, :, above : above + h, left : left + w]


class _Block(nn.Layer):
    """Attention within windows, then convolutions that let the windows know of each other (section 3, figure 1 b)."""

    def __init__(self, channels: int, heads: int, window: int):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(channels, epsilon=1e-6), nn.LayerNorm(channels, epsilon=1e-6)
        self.attention = _WindowAttention(channels, heads, window)
        self.fc1 = ConvBNAct(channels, 4 * channels, 1, act="gelu")
        self.depthwise = ConvBNAct(4 * channels, 4 * channels, 3, groups=4 * channels, act="gelu")
        self.fc2 = ConvBNAct(4 * channels, channels, 1, act="gelu")
        self.drop_path = DropPath(0.0)

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        x = x + self.drop_path(self.attention(_normed(self.norm1, x)))
        return x + self.drop_path(self.fc2(self.depthwise(self.fc1(_normed(self.norm2, x)))))


def _normed(norm: nn.LayerNorm, x: paddle.Tensor) -> paddle.Tensor:
    """A layer norm of the channels at each place of a map (N, C, H, W)."""
    return norm(x.transpose([0, 2, 3, 1])).transpose([0, 3, 1, 2])


def _path(channels: Sequence[int], source: int, target: int) -> nn.Layer:
    """From one branch to another: a 1x1 convolution upwards, a depth-wise and a 1x1 one for each halving downwards."""
    before, after = channels[source], channels[target]
    if source > target:
        return ConvBN(before, after, 1)
    steps = [
        nn.Sequential(
            ConvBN(before, before, 3, stride=2, groups=before),
            ConvBN(before, after, 1) if last else ConvBNReLU(before, before, 1),
        )
        for last in [False] * (target - source - 1) + [True]
    ]
    return nn.Sequential(*steps)


class HRFormer(HRNet):
    """HRNet whose second to fourth stages are transformers (Yuan et al., table 1).

    The class attributes say which member of the family it is.

    Args:
        drop_path_rate: Share of samples that leave the last blocks out in training; rises from 0 over the blocks.
        in_channels: Channels of the image.
        pretrained: A weights file.

    Shape:
        x (N, in_channels, H, W). Returns one map (N, out_channels[0], H / 4, W / 4), rounded up, in a list.

    Raises:
        WeightsError: `pretrained` does not fit this network.
    """

    width, first_stage, modules, blocks = 32, (2, 64), (1, 4, 2), 2
    heads = 1  # of the first branch; each further one has twice as many
    windows = (7, 7, 7)  # height and width of those of stages 2, 3, 4

    def __init__(self, drop_path_rate: float = 0.2, in_channels: int = 3, pretrained: str | None = None):
        super().__init__(in_channels, align_corners=True, padding_same=False)
        modules = [*self.stage2, *self.stage3, *self.stage4]
        rates = np.linspace(0, drop_path_rate, len(modules) * self.blocks).reshape(-1, self.blocks)
        for module, of_blocks in zip(modules, rates.tolist(), strict=True):
            for branch in module.branches:
                for block, rate in zip(branch, of_blocks, strict=True):
                    block.drop_path.rate = rate
        load_pretrained(self, pretrained)

    def make_module(self, channels: Sequence[int]) -> nn.Layer:
        window = self.windows[len(channels) - 2]
        branches = [
            nn.Sequential(*[_Block(each, self.heads << number, window) for _ in range(self.blocks)])
            for number, each in enumerate(channels)
        ]
        return ParallelModule(branches, partial(_path, channels), mode="nearest")


@BACKBONES.register
class HRFormer_small(HRFormer):
    pass


@BACKBONES.register
class HRFormer_base(HRFormer):
    width, heads = 78, 2


@BACKBONES.register
class HRFormer_base_win_13(HRFormer_base):
    windows = (13, 7, 7)


@BACKBONES.register
class HRFormer_base_win_15(HRFormer_base):
    windows = (15, 15, 15)
