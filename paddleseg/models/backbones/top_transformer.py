"""TopFormer's backbone: a pyramid of tokens, one transformer for all of them, and its meaning put back (CVPR 2022)."""

from __future__ import annotations

import paddle
import paddle.nn.functional as F
from paddle import nn

from paddleseg.models.backbones.base import Backbone
from paddleseg.models.layers import InvertedResidual, matmul, spatial_size, upsample
from paddleseg.models.layers.basic import ConvBN, ConvBNReLU
from paddleseg.models.layers.conv_transformer import ConvTransformer
from paddleseg.models.weights import load_pretrained
from paddleseg.registry import BACKBONES

# Of each block: kernel size, expansion, stride, and the level whose channels it has (Zhang et al., table 7).
_BLOCKS = (
    *((3, 4, 2, 0), (3, 3, 1, 0), (5, 3, 2, 1), (5, 3, 1, 1), (3, 3, 2, 2), (3, 3, 1, 2)),
    *((5, 6, 2, 3), (5, 6, 1, 3), (3, 6, 1, 3)),
)
_KEYS = 16  # channels of a head's queries and keys; its values have twice as many


class _Attention(nn.Layer):
    """Attention between all places, by 1x1 convolutions with batch norm (section 3.2, figure 3)."""

    def __init__(self, channels: int, heads: int):
        super().__init__()
        self.heads = heads
        self.q, self.k = ConvBN(channels, heads * _KEYS, 1), ConvBN(channels, heads * _KEYS, 1)
        self.v = ConvBN(channels, 2 * heads * _KEYS, 1)
        self.project = ConvBN(2 * heads * _KEYS, channels, 1)

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        q, k, v = (
            conv(x).reshape([0, self.heads, width, -1])
            for conv, width in ((self.q, _KEYS), (self.k, _KEYS), (self.v, 2 * _KEYS))
        )
        weights = F.softmax(matmul(q, k, transpose_x=True), axis=-1)
        found = matmul(v, weights, transpose_y=True)  # (N, heads, 2 _KEYS, places)
        return self.project(F.relu6(found.reshape([0, 2 * self.heads * _KEYS, *spatial_size(x)])))


class _Injection(nn.Layer):
    """A level's tokens weighed by what the transformer says of them, and that added (section 3.3, figure 4)."""

    def __init__(self, channels: int, out_channels: int):
        super().__init__()
        self.local = ConvBN(channels, out_channels, 1)
        self.meaning = ConvBN(channels, out_channels, 1)
        self.gate = ConvBN(channels, out_channels, 1)

    def forward(self, tokens: paddle.Tensor, meaning: paddle.Tensor) -> paddle.Tensor:
        gate = upsample(F.hardsigmoid(self.gate(meaning)), tokens)
        return self.local(tokens) * gate + upsample(self.meaning(meaning), tokens)


class TopTransformer(Backbone):
    """The token pyramid, the semantics extractor and the semantics injection (Zhang et al., section 3, figure 2).

    The class attributes say which member of the family it is.

    Args:
        in_channels: Channels of the image.
        lr_mult: How much faster than the rest of the network it learns.
        drop_path_rate: Share of samples that leave the last block out in training; rises from 0 over the blocks.
        pretrained: A weights file.

    Shape:
        x (N, in_channels, H, W), H and W from 64. Returns maps at 1/8, 1/16 and 1/32.

    Raises:
        WeightsError: `pretrained` does not fit this network.
    """

    widths = (32, 64, 128, 160)
    heads, injected, blocks = 8, 256, len(_BLOCKS)
    depth = 4

    def __init__(
        self,
        in_channels: int = 3,
        lr_mult: float = 1.0,
        drop_path_rate: float = 0.0,
        pretrained: str | None = None,
    ):
        super().__init__()
        self.out_channels, self.strides = [self.injected] * 3, [8, 16, 32]
        self.stem = ConvBNReLU(in_channels, 16, 3, stride=2)
        self.pyramid = nn.LayerList([InvertedResidual(16, 16, 16, act="relu")])
        channels, self.ends = 16, dict[int, int]()
        for number, (kernel_size, ratio, stride, level) in enumerate(_BLOCKS[: self.blocks], 1):
            out = self.widths[level]
            self.pyramid.append(
                InvertedResidual(channels, ratio * channels, out, kernel_size=kernel_size, stride=stride, act="relu")
            )
            channels, self.ends[level] = out, number
        joined = sum(self.widths)
        rates = [drop_path_rate * number / max(self.depth - 1, 1) for number in range(self.depth)]
        self.transformers = nn.LayerList(
            [ConvTransformer(_Attention(joined, self.heads), joined, 2, rate) for rate in rates]
        )
        self.injections = nn.LayerList([_Injection(width, self.injected) for width in self.widths[1:]])
        for parameter in self.parameters():
            parameter.optimize_attr["learning_rate"] = lr_mult
        load_pretrained(self, pretrained)

    def forward(self, x: paddle.Tensor) -> list[paddle.Tensor]:
        x, levels = self.stem(x), []
        for number, block in enumerate(self.pyramid):
            x = block(x)
            if number in self.ends.values():
                levels.append(x)
        # All at half the size of the last: 1/64.
        small = [_halved(level, len(levels) - number) for number, level in enumerate(levels)]
        meaning = paddle.concat([upsample(each, small[-1]) for each in small], axis=1)
        for transformer in self.transformers:
            meaning = transformer(meaning)
        parts = meaning.split(list(self.widths), axis=1)
        return [inject(level, part) for inject, level, part in zip(self.injections, levels[1:], parts[1:], strict=True)]


def _halved(x: paddle.Tensor, times: int) -> paddle.Tensor:
    return F.avg_pool2d(x, 2**times, stride=2**times)


@BACKBONES.register
class TopTransformer_Base(TopTransformer):
    pass


@BACKBONES.register
class TopTransformer_Small(TopTransformer):
    widths, heads, injected = (24, 48, 96, 128), 6, 192


@BACKBONES.register
class TopTransformer_Tiny(TopTransformer):
    widths, heads, injected, blocks = (16, 32, 64, 96), 4, 128, len(_BLOCKS) - 1
