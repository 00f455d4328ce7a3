"""EfficientFormerV2: convolutions first, attention in the last two stages (Li et al., ICCV 2023)."""

from __future__ import annotations

import numpy as np
import paddle
import paddle.nn.functional as F
from paddle import nn

from paddleseg.models.backbones.base import Backbone
from paddleseg.models.layers import matmul, spatial_size, upsample
from paddleseg.models.layers.basic import ConvBN, ConvBNAct
from paddleseg.models.layers.drop_path import DropPath
from paddleseg.models.weights import load_pretrained
from paddleseg.registry import BACKBONES

_HEADS, _VALUES = 8, 4  # of all attention: heads, and channels of values for each one of keys


class _FeedForward(nn.Layer):
    """1x1, depth-wise 3x3 and 1x1 convolutions (section 3.1)."""

    def __init__(self, channels: int, ratio: int):
        super().__init__()
        wide = ratio * channels
        self.fc1, self.fc2 = ConvBNAct(channels, wide, 1, act="gelu"), ConvBN(wide, channels, 1)
        self.local = nn.Conv2D(wide, wide, 3, padding=1, groups=wide)

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        return self.fc2(F.gelu(self.local(self.fc1(x))))


class _Distances(nn.Layer):
    """A number for each head and each distance between a place that asks and one that answers.

    They are learned for `size` x `size` places. At other sizes the whole table is resized, as PaddleSeg does.

    Args:
        step: Of the places that ask.

    Shape:
        (asking, answering), numbers of places; returns (1, heads, asking, answering).
    """

    def __init__(self, size: int, step: int):
        super().__init__()
        self.table = self.create_parameter([_HEADS, size * size], default_initializer=nn.initializer.Constant(0.0))
        rows = np.abs(np.arange(0, size, step)[:, None] - np.arange(size))  # (asking rows, answering rows)
        places = rows[:, None, :, None] * size + rows[None, :, None, :]
        self.asking = len(rows) ** 2
        self.register_buffer("places", paddle.to_tensor(places.reshape(-1)), persistable=False)

    def forward(self, asking: int, answering: int) -> paddle.Tensor:
        every = paddle.gather(self.table, self.places, axis=1).reshape([1, _HEADS, self.asking, -1])
        if isinstance(asking, int) and [asking, answering] == every.shape[2:]:  # while exporting they may be open
            return every
        return upsample(every, [asking, answering], mode="bicubic")


def _by_head(x: paddle.Tensor) -> paddle.Tensor:
    """(N, C, H, W) as (N, heads, C / heads, H W)."""
    return x.flatten(2).reshape([0, _HEADS, x.shape[1] // _HEADS, -1])


class _Attention(nn.Layer):
    """Attention between all places, with talking heads and local values (section 3.1, figure 2 e)."""

    keys = 32

    def __init__(self, channels: int, size: int, stride: int):
        super().__init__()
        wide = _HEADS * self.keys
        self.stride = ConvBN(channels, channels, 3, stride=stride, groups=channels) if stride > 1 else None
        self.q, self.k, self.v = (ConvBN(channels, width, 1) for width in (wide, wide, _VALUES * wide))
        self.local = ConvBN(_VALUES * wide, _VALUES * wide, 3, groups=_VALUES * wide)
        self.talk_before, self.talk_after = nn.Conv2D(_HEADS, _HEADS, 1), nn.Conv2D(_HEADS, _HEADS, 1)
        self.project = ConvBN(_VALUES * wide, channels, 1)
        self.distances = _Distances(-(-size // stride), 1)

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        y = x if self.stride is None else self.stride(x)
        h, w = spatial_size(y)
        v = self.v(y)
        products = self.keys**-0.5 * matmul(_by_head(self.q(y)), _by_head(self.k(y)), transpose_x=True)
        weights = F.softmax(self.talk_before(products + self.distances(h * w, h * w)), axis=-1)
        found = matmul(_by_head(v), self.talk_after(weights), transpose_y=True)
        found = found.reshape([0, v.shape[1], h, w]) + self.local(v)
        if self.stride is not None:
            found = upsample(found, x)
        return self.project(F.gelu(found))


class _AttentionDown(nn.Layer):
    """Attention whose queries are half as many in height and width (section 3.1, figure 2 f)."""

    keys = 16

    def __init__(self, in_channels: int, channels: int, size: int):
        super().__init__()
        wide = _HEADS * self.keys
        self.near = nn.Conv2D(in_channels, in_channels, 3, stride=2, padding=1, groups=in_channels)
        self.q, self.k, self.v = (ConvBN(in_channels, width, 1) for width in (wide, wide, _VALUES * wide))
        self.local = ConvBN(_VALUES * wide, _VALUES * wide, 3, stride=2, groups=_VALUES * wide)
        self.project = ConvBN(_VALUES * wide, channels, 1)
        self.distances = _Distances(size, 2)

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        h, w = spatial_size(x)
        v = self.v(x)
        local = self.local(v)
        rows, columns = spatial_size(local)
        q = self.q(self.near(x) + x[:, :, ::2, ::2])
        products = self.keys**-0.5 * matmul(_by_head(q), _by_head(self.k(x)), transpose_x=True)
        weights = F.softmax(products + self.distances(rows * columns, h * w), axis=-1)
        found = matmul(_by_head(v), weights, transpose_y=True).reshape([0, v.shape[1], rows, columns])
        return self.project(F.gelu(found + local))


class _Block(nn.Layer):
    """Attention, where there is one, and a feed-forward part, each scaled and added to its input."""

    def __init__(self, channels: int, ratio: int, attention: nn.Layer | None, drop_path: float):
        super().__init__()
        self.attention, self.feed = attention, _FeedForward(channels, ratio)
        first = nn.initializer.Constant(1e-5)
        self.scale = self.create_parameter([channels, 1, 1], default_initializer=first)
        if attention is not None:
            self.attention_scale = self.create_parameter([channels, 1, 1], default_initializer=first)
        self.drop_path = DropPath(drop_path)

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        if self.attention is not None:
            x = x + self.drop_path(self.attention_scale * self.attention(x))
        return x + self.drop_path(self.scale * self.feed(x))


class _Down(nn.Layer):
    """A strided convolution, with attention beside it before the last stage."""

    def __init__(self, in_channels: int, channels: int, attention: nn.Layer | None):
        super().__init__()
        self.project, self.attention = ConvBN(in_channels, channels, 3, stride=2), attention

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        y = self.project(x)
        return y if self.attention is None else y + self.attention(x)


class EfficientFormerV2(Backbone):
    """A stem to 1/4 and four stages (Li et al., section 3, figure 2).

    The class attributes say which member of the family it is.

    Args:
        in_channels: Channels of the image.
        resolution: Height and width of the pictures for which attention's distances are learned.
        pretrained: A weights file.

    Shape:
        x (N, in_channels, H, W). Returns four maps at 1/4, 1/8, 1/16 and 1/32, rounded up.

    Raises:
        WeightsError: `pretrained` does not fit this network.
    """

    widths: tuple[int, ...]
    depths: tuple[int, ...]
    narrow: tuple[tuple[int, int], ...]  # blocks [from, to) of the last two stages that widen by 3, not by 4
    attentive = 2  # blocks of the last two stages that have attention, the last ones
    path_rate = 0.0

    def __init__(self, in_channels: int = 3, resolution: int = 512, pretrained: str | None = None):
        super().__init__()
        widths = self.widths
        self.out_channels, self.strides = list(widths), [4, 8, 16, 32]
        half = widths[0] // 2
        self.stem = nn.Sequential(
            ConvBNAct(in_channels, half, 3, stride=2, act="gelu"), ConvBNAct(half, widths[0], 3, stride=2, act="gelu")
        )
        self.stages, self.downs = nn.LayerList(), nn.LayerList()
        place, last = 0, sum(self.depths) - 1
        for stage, (width, depth) in enumerate(zip(widths, self.depths, strict=True)):
            size = -(-resolution // (4 << stage))
            narrow = range(*self.narrow[stage - 2]) if stage >= 2 else range(0)
            blocks = []
            for number in range(depth):
                attends = stage >= 2 and number >= depth - self.attentive
                attention = _Attention(width, size, 2 if stage == 2 else 1) if attends else None
                rate = self.path_rate * place / last
                blocks.append(_Block(width, 3 if number in narrow else 4, attention, rate))
                place += 1
            self.stages.append(nn.Sequential(*blocks))
            if stage < 3:
                beside = _AttentionDown(width, widths[3], size) if stage == 2 else None
                self.downs.append(_Down(width, widths[stage + 1], beside))
        load_pretrained(self, pretrained)

    def forward(self, x: paddle.Tensor) -> list[paddle.Tensor]:
        x, maps = self.stem(x), []
        for number, stage in enumerate(self.stages):
            x = stage(x if number == 0 else self.downs[number - 1](x))
            maps.append(x)
        return maps


@BACKBONES.register
class EfficientFormerv2_s0(EfficientFormerV2):
    widths, depths, narrow = (32, 48, 96, 176), (2, 2, 6, 4), ((1, 4), (1, 3))


@BACKBONES.register
class Efficientformerv2_s0(EfficientFormerv2_s0):
    """As PaddleSeg's registry spells it; its files spell it like the others."""


@BACKBONES.register
class EfficientFormerv2_s1(EfficientFormerV2):
    widths, depths, narrow = (32, 48, 120, 224), (3, 3, 9, 6), ((2, 6), (2, 4))


@BACKBONES.register
class EfficientFormerv2_s2(EfficientFormerV2):
    widths, depths, narrow = (32, 64, 144, 288), (4, 4, 12, 8), ((2, 8), (2, 6))
    attentive, path_rate = 4, 0.02


@BACKBONES.register
class EfficientFormerv2_l(EfficientFormerV2):
    widths, depths, narrow = (40, 80, 192, 384), (5, 5, 15, 10), ((4, 11), (3, 7))
    attentive, path_rate = 6, 0.1
