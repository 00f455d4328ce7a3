"""SeaFormer's backbone: inverted residuals, then attention along rows and along columns (Wan et al., ICLR 2023)."""

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

_PLACES = 16  # of which each position embedding knows a value


class _AxialAttention(nn.Layer):
    """Attention between the means of rows and between those of columns, weighed by detail (section 3.2)."""

    def __init__(self, channels: int, keys: int, heads: int):
        super().__init__()
        self.heads, self.keys = heads, keys
        wide = 2 * keys * heads
        self.q, self.k, self.v = (ConvBN(channels, width, 1) for width in (wide // 2, wide // 2, wide))
        self.detail, self.detail_out = ConvBN(2 * wide, 2 * wide, 3, groups=2 * wide), ConvBN(2 * wide, channels, 1)
        self.row, self.column, self.out = ConvBN(wide, wide, 1), ConvBN(wide, wide, 1), ConvBN(wide, channels, 1)
        for name in ("row_q", "row_k", "column_q", "column_k"):
            normal = nn.initializer.Normal(0.0, 1.0)
            embedding = self.create_parameter([1, wide // 2, _PLACES], default_initializer=normal)
            self.add_parameter(f"pos_emb_{name}", embedding)

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        q, k, v = self.q(x), self.k(x), self.v(x)
        detail = self.detail_out(F.relu6(self.detail(paddle.concat([q, k, v], axis=1))))
        h, w = spatial_size(x)
        of_rows, of_columns = ([each.mean(axis=axis) for each in (q, k, v)] for axis in (3, 2))
        rows = self._attended(of_rows, self.pos_emb_row_q, self.pos_emb_row_k, h)
        columns = self._attended(of_columns, self.pos_emb_column_q, self.pos_emb_column_k, w)
        rows, columns = self.row(F.relu6(rows.unsqueeze(3))), self.column(F.relu6(columns.unsqueeze(2)))
        return F.hardsigmoid(self.out(F.relu6(v + rows + columns))) * detail

    def _attended(
        self, means: list[paddle.Tensor], places_q: paddle.Tensor, places_k: paddle.Tensor, length: int
    ) -> paddle.Tensor:
        """What queries take of values, (N, C, length); `means` are queries, keys and values."""
        q, k, v = means
        placed = [x + _resized(places, length) for x, places in ((q, places_q), (k, places_k))]
        q, k, v = (x.reshape([0, self.heads, x.shape[1] // self.heads, length]) for x in (*placed, v))
        weights = F.softmax(self.keys**-0.5 * matmul(q, k, transpose_x=True), axis=-1)
        return matmul(v, weights, transpose_y=True).flatten(1, 2)


def _resized(places: paddle.Tensor, length: int) -> paddle.Tensor:
    """Embeddings (1, C, n) at another length."""
    return upsample(places.unsqueeze(2), [1, length], to_one_pixel=True).squeeze(2)


class SeaFormer(Backbone):
    """Stages of inverted residuals, the last ones each followed by axial transformers (Wan et al., table 6).

    The class attributes say which member of the family it is.

    Args:
        in_channels: Channels of the image.
        drop_path_rate: Share of samples that leave a stage's last block out in training; rises from 0 over its blocks.
        pretrained: A weights file.

    Shape:
        x (N, in_channels, H, W), H and W from 64. Returns the map at 1/8 and that of each transformer, down to 1/64.

    Raises:
        WeightsError: `pretrained` does not fit this network.
    """

    # Of each stage's blocks: kernel size, expansion, channels, stride.
    stages: tuple[tuple[tuple[int, int, int, int], ...], ...]
    depths: tuple[int, ...]  # blocks of each transformer
    keys: tuple[int, ...] = (16, 24)
    ratios: tuple[int, ...] = (2, 4)
    heads = 8

    def __init__(self, in_channels: int = 3, drop_path_rate: float = 0.1, pretrained: str | None = None):
        super().__init__()
        channels, stride = self.stages[0][0][2], 2
        self.stem = ConvBNReLU(in_channels, channels, 3, stride=2)
        self.convs, self.transformers = nn.LayerList(), nn.LayerList()
        self.out_channels, self.strides = [], []
        self.plain = len(self.stages) - len(self.depths)
        for number, blocks in enumerate(self.stages):
            layers = []
            for kernel_size, ratio, width, step in blocks:
                layers.append(
                    InvertedResidual(
                        *(channels, ratio * channels, width), kernel_size=kernel_size, stride=step, act="relu"
                    )
                )
                channels, stride = width, stride * step
            self.convs.append(nn.Sequential(*layers))
            if number >= self.plain:
                depth, keys, ratio = (each[number - self.plain] for each in (self.depths, self.keys, self.ratios))
                rates = [drop_path_rate * place / max(depth - 1, 1) for place in range(depth)]
                layers = [
                    ConvTransformer(_AxialAttention(channels, keys, self.heads), channels, ratio, rate)
                    for rate in rates
                ]
                self.transformers.append(nn.Sequential(*layers))
            if number == 1 or number >= self.plain:
                self.out_channels.append(channels)
                self.strides.append(stride)
        load_pretrained(self, pretrained)

    def forward(self, x: paddle.Tensor) -> list[paddle.Tensor]:
        x, maps = self.stem(x), []
        for number, convs in enumerate(self.convs):
            x = convs(x)
            if number >= self.plain:
                x = self.transformers[number - self.plain](x)
            if number == 1 or number >= self.plain:
                maps.append(x)
        return maps


@BACKBONES.register
class SeaFormer_tiny(SeaFormer):
    stages = (
        ((3, 1, 16, 1), (3, 4, 16, 2), (3, 3, 16, 1)),
        ((5, 3, 32, 2), (5, 3, 32, 1)),
        ((3, 3, 64, 2), (3, 3, 64, 1)),
        ((5, 3, 128, 2),),
        ((3, 6, 160, 2),),
    )
    depths, heads = (2, 2), 4


@BACKBONES.register
class SeaFormer_small(SeaFormer):
    stages = (
        ((3, 1, 16, 1), (3, 4, 24, 2), (3, 3, 24, 1)),
        ((5, 3, 48, 2), (5, 3, 48, 1)),
        ((3, 3, 96, 2), (3, 3, 96, 1)),
        ((5, 4, 160, 2),),
        ((3, 6, 192, 2),),
    )
    depths, heads = (3, 3), 6


@BACKBONES.register
class SeaFormer_base(SeaFormer):
    stages = (
        ((3, 1, 16, 1), (3, 4, 32, 2), (3, 3, 32, 1)),
        ((5, 3, 64, 2), (5, 3, 64, 1)),
        ((3, 3, 128, 2), (3, 3, 128, 1)),
        ((5, 4, 192, 2),),
        ((3, 6, 256, 2),),
    )
    depths = (4, 4)


@BACKBONES.register
class SeaFormer_large(SeaFormer):
    stages = (
        ((3, 3, 32, 1), (3, 4, 64, 2), (3, 4, 64, 1)),
        ((5, 4, 128, 2), (5, 4, 128, 1)),
        ((3, 4, 192, 2), (3, 4, 192, 1)),
        ((5, 4, 256, 2),),
        ((3, 6, 320, 2),),
    )
    depths, keys, ratios = (3, 3, 3), (16, 20, 24), (2, 4, 6)
