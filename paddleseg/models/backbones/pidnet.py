"""PIDNet's three branches: detail, context and boundaries (Xu et al., CVPR 2023)."""

from __future__ import annotations

import paddle
import paddle.nn.functional as F
from paddle import nn

from paddleseg.models.backbones.base import Backbone
from paddleseg.models.layers import sigmoid, upsample
from paddleseg.models.layers.basic import BNReLUConv, ConvBN, ConvBNReLU
from paddleseg.models.layers.dappm import DAPPM, PAPPM
from paddleseg.models.layers.residual import BasicBlock, NarrowBottleneck, residual_stage
from paddleseg.models.weights import load_pretrained
from paddleseg.registry import BACKBONES


class _GuidedFusion(nn.Layer):
    """Detail takes context's place where the two agree (Pag, section 4.2, equation 3)."""

    def __init__(self, channels: int, compared: int):
        super().__init__()
        self.of_detail, self.of_context = ConvBN(channels, compared, 1), ConvBN(channels, compared, 1)

    def forward(self, detail: paddle.Tensor, context: paddle.Tensor) -> paddle.Tensor:
        products = self.of_detail(detail) * upsample(self.of_context(context), detail)
        share = sigmoid(products.sum(axis=1, keepdim=True))
        return share * upsample(context, detail) + (1 - share) * detail


class _BoundaryFusion(nn.Layer):
    """Detail on boundaries, context elsewhere (Bag, section 4.4, figure 6)."""

    def __init__(self, channels: int):
        super().__init__()
        self.conv = BNReLUConv(channels, channels, 3)

    def forward(self, detail: paddle.Tensor, context: paddle.Tensor, boundary: paddle.Tensor) -> paddle.Tensor:
        share = sigmoid(boundary)
        return self.conv(share * detail + (1 - share) * context)


class _LightBoundaryFusion(nn.Layer):
    """The same with 1x1 convolutions (Light-Bag, section 4.4)."""

    def __init__(self, channels: int):
        super().__init__()
        self.of_detail, self.of_context = ConvBN(channels, channels, 1), ConvBN(channels, channels, 1)

    def forward(self, detail: paddle.Tensor, context: paddle.Tensor, boundary: paddle.Tensor) -> paddle.Tensor:
        share = sigmoid(boundary)
        return self.of_detail((1 - share) * context + detail) + self.of_context(context + share * detail)


class ThreeBranches(Backbone):
    """The proportional branch P, the integral one I and the derivative one D, joined (Xu et al., figure 4).

    The class attributes say which member of the family it is.

    Args:
        in_channels: Channels of the image.
        pretrained: A weights file.

    Shape:
        x (N, in_channels, H, W). Returns three maps at 1/8, rounded up: the joined one, P's after its first
        stage and D's after its second.

    Raises:
        WeightsError: `pretrained` does not fit this network.
    """

    width, pooled = 32, 96  # channels of the stem, and of each scale of the pyramid
    stem_depth, depth = 2, 3  # blocks of a stage of the stem and of P, and of I

    def __init__(self, in_channels: int = 3, pretrained: str | None = None):
        super().__init__()
        c, light = self.width, self.stem_depth == 2
        self.out_channels, self.strides = [4 * c, 2 * c, 2 * c], [8, 8, 8]
        self.stem = nn.Sequential(
            ConvBNReLU(in_channels, c, 3, stride=2),
            ConvBNReLU(c, c, 3, stride=2),
            residual_stage(BasicBlock, c, c, self.stem_depth, last_relu=True),
            residual_stage(BasicBlock, c, 2 * c, self.stem_depth, stride=2, last_relu=True),
        )
        shortcut = ConvBN(8 * c, 16 * c, 1, stride=2)
        deepest = nn.Sequential(
            NarrowBottleneck(8 * c, 8 * c, stride=2, shortcut=shortcut, relu=False),
            NarrowBottleneck(16 * c, 8 * c, relu=False),
        )
        self.i_branch = nn.LayerList(
            [
                residual_stage(BasicBlock, 2 * c, 4 * c, self.depth, stride=2, last_relu=True),
                residual_stage(BasicBlock, 4 * c, 8 * c, self.depth, stride=2, last_relu=True),
                deepest,
            ]
        )
        self.p_branch = nn.LayerList(
            [
                residual_stage(BasicBlock, 2 * c, 2 * c, self.stem_depth),
                residual_stage(BasicBlock, 2 * c, 2 * c, self.stem_depth),
                residual_stage(NarrowBottleneck, 2 * c, 2 * c, 1),
            ]
        )
        narrow = c if light else 2 * c
        second = NarrowBottleneck if light else BasicBlock
        self.d_branch = nn.LayerList(
            [
                residual_stage(BasicBlock, 2 * c, narrow, 1),
                residual_stage(second, narrow, narrow, 1),
                residual_stage(NarrowBottleneck, 2 * c, 2 * c, 1),
            ]
        )
        self.compress = nn.LayerList([ConvBN(4 * c, 2 * c, 1), ConvBN(8 * c, 2 * c, 1)])
        self.guide = nn.LayerList([_GuidedFusion(2 * c, c) for _ in range(2)])
        self.differ = nn.LayerList([ConvBN(4 * c, narrow, 3), ConvBN(8 * c, 2 * c, 3)])
        pyramid = PAPPM if light else DAPPM
        self.context = pyramid(16 * c, self.pooled, 4 * c, count_padding=True)
        self.join: nn.Layer = _LightBoundaryFusion(4 * c) if light else _BoundaryFusion(4 * c)
        load_pretrained(self, pretrained)

    def forward(self, x: paddle.Tensor) -> list[paddle.Tensor]:
        context = self.stem(x)
        p, d = self.p_branch[0](context), self.d_branch[0](context)
        taught = []
        for level in range(2):
            if level:
                p, d = self.p_branch[1](F.relu(p)), self.d_branch[1](F.relu(d))
            context = self.i_branch[level](context)
            p = self.guide[level](p, self.compress[level](context))
            d = d + upsample(self.differ[level](context), d)
            taught.append((p, d))
        context = self.context(self.i_branch[2](context))
        p, d = self.p_branch[2](F.relu(p)), self.d_branch[2](F.relu(d))
        return [self.join(p, upsample(context, p), d), taught[0][0], taught[1][1]]


@BACKBONES.register
class PIDNet_Small(ThreeBranches):
    pass


@BACKBONES.register
class PIDNet_Medium(ThreeBranches):
    width = 64


@BACKBONES.register
class PIDNet_Large(ThreeBranches):
    width, pooled, stem_depth, depth = 64, 112, 3, 4
