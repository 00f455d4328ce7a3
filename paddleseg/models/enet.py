"""ENet: little at full size, much depth at 1/8, in bottlenecks (Paszke et al., arXiv 1606.02147)."""

from __future__ import annotations

import paddle
from paddle import nn

from paddleseg.models.base import SegModel
from paddleseg.models.layers import activation, max_pool, upsample
from paddleseg.models.layers.basic import ConvBN, ConvBNAct
from paddleseg.models.layers.unpooling import divisible, pool_with_places, unpool
from paddleseg.registry import MODELS

# What stands in the middle of the second and the third stage's bottlenecks (table 1): a 3x3 convolution of such a
# dilation, or 0 for a 5x5 one in two lines.
_MIDDLES = (1, 2, 0, 4, 1, 8, 0, 16)


class _Stem(nn.Layer):
    """A strided convolution beside the pooled picture (section 3, figure 2 a)."""

    def __init__(self, in_channels: int, channels: int, act: str):
        super().__init__()
        self.conv = nn.Conv2D(in_channels, channels - in_channels, 3, stride=2, padding=1, bias_attr=False)
        self.bn = nn.BatchNorm2D(channels)
        self.act = activation(act)

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        return self.act(self.bn(paddle.concat([self.conv(x), max_pool(x, 3, stride=2, padding=1)], axis=1)))


class _Unit(nn.Layer):
    """Convolution of an oblong kernel that keeps the size, or of 2x2 cells; batch norm and activation."""

    def __init__(self, in_channels: int, channels: int, kernel_size: tuple[int, int], act: str):
        super().__init__()
        cells = kernel_size == (2, 2)
        margin = 0 if cells else [side // 2 for side in kernel_size]
        stride = 2 if cells else 1
        self.conv = nn.Conv2D(in_channels, channels, kernel_size, stride=stride, padding=margin, bias_attr=False)
        self.bn = nn.BatchNorm2D(channels)
        self.act = activation(act)

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        return self.act(self.bn(self.conv(x)))


class _Bottleneck(nn.Layer):
    """1x1, a middle, 1x1, dropout, added to the input (section 3, figure 2 b).

    With `halving` the input is pooled and its missing channels are zeros; the places of what was pooled come along.
    """

    def __init__(
        self, in_channels: int, channels: int, dropout: float, act: str, middle: int = 1, halving: bool = False
    ):
        super().__init__()
        inner = in_channels // 4
        self.missing, self.halving = channels - in_channels, halving
        first = _Unit(in_channels, inner, (2, 2), act) if halving else ConvBNAct(in_channels, inner, 1, act=act)
        if middle:
            middles: list[nn.Layer] = [ConvBNAct(inner, inner, 3, dilation=middle, act=act)]
        else:
            middles = [_Unit(inner, inner, side, act) for side in ((5, 1), (1, 5))]
        self.convs = nn.Sequential(first, nn.Sequential(*middles), ConvBNAct(inner, channels, 1, act=act))
        self.dropout = nn.Dropout2D(dropout)
        self.act = activation(act)

    def forward(self, x: paddle.Tensor) -> tuple[paddle.Tensor, list[paddle.Tensor]]:
        y = self.dropout(self.convs(x))
        if not self.halving:
            return self.act(x + y), []
        x, places = pool_with_places(x)
        return self.act(paddle.concat([x, paddle.zeros_like(y[:, : self.missing])], axis=1) + y), places


class _Doubling(nn.Layer):
    """The bottleneck that undoes one that halved: an unpooled map beside a transposed convolution."""

    def __init__(self, in_channels: int, channels: int, dropout: float, act: str):
        super().__init__()
        inner = in_channels // 4
        self.main = ConvBN(in_channels, channels, 1)
        self.reduce = ConvBNAct(in_channels, inner, 1, act=act)
        self.double = nn.Conv2DTranspose(inner, inner, 2, stride=2, bias_attr=False)
        self.norm = nn.BatchNorm2D(inner)
        self.double_act = activation(act)
        self.expand = ConvBN(inner, channels, 1)
        self.dropout = nn.Dropout2D(dropout)
        self.act = activation(act)

    def forward(self, x: paddle.Tensor, places: list[paddle.Tensor]) -> paddle.Tensor:
        y = self.double_act(self.norm(self.double(self.reduce(x))))
        return self.act(unpool(self.main(x), places) + self.dropout(self.expand(y)))


@MODELS.register
class ENet(SegModel):
    """ENet (Paszke et al., section 3, table 1).

    Pictures whose sides are no multiples of 8 are resized to the next ones, and their logits back.

    Args:
        num_classes: Classes, background included.
        in_channels: Channels of the image.
        pretrained: A weights file.
        encoder_relu: ReLU in the encoder, and not the paper's PReLU.
        decoder_relu: ReLU in the decoder, as in the paper, and not PReLU.

    Shape:
        x (N, in_channels, H, W) float32. Returns one logit map (N, num_classes, H, W) in a list.

    Raises:
        WeightsError: `pretrained` does not fit this network.
    """

    def __init__(
        self,
        num_classes: int,
        in_channels: int = 3,
        pretrained: str | None = None,
        encoder_relu: bool = False,
        decoder_relu: bool = True,
    ):
        super().__init__(num_classes)
        down, up = ("relu" if plain else "prelu" for plain in (encoder_relu, decoder_relu))
        self.stem = _Stem(in_channels, 16, down)
        stages = (
            [_Bottleneck(16, 64, 0.01, down, halving=True), *[_Bottleneck(64, 64, 0.01, down) for _ in range(4)]],
            [_Bottleneck(64, 128, 0.1, down, halving=True)]
            + [_Bottleneck(128, 128, 0.1, down, middle) for middle in _MIDDLES * 2],
        )
        self.stages = nn.LayerList([nn.LayerList(stage) for stage in stages])
        self.doublings = nn.LayerList([_Doubling(128, 64, 0.1, up), _Doubling(64, 16, 0.1, up)])
        refined = ([_Bottleneck(64, 64, 0.1, up) for _ in range(2)], [_Bottleneck(16, 16, 0.1, up)])
        self.refine = nn.LayerList([nn.LayerList(stage) for stage in refined])
        self.classify = nn.Conv2DTranspose(16, num_classes, 3, stride=2, bias_attr=False)
        self.load_pretrained(pretrained)

    def forward(self, x: paddle.Tensor) -> list[paddle.Tensor]:
        y, pooled = self.stem(upsample(x, divisible(x, 8))), []
        for stage in self.stages:
            for block in stage:
                y, places = block(y)
                pooled += [places] if places else []
        for doubling, stage, places in zip(self.doublings, self.refine, reversed(pooled), strict=True):
            y = doubling(y, places)
            for block in stage:
                y, _ = block(y)
        # Of 2 n + 1 rows the first is padding, and so of columns: Paddle cannot tell an open size of `output_padding`.
        return self.at_size_of(x, self.classify(y)[:, :, 1:, 1:])
