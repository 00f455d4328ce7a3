"""MODNet: portraits without a trimap, their parts learned side by side (Ke et al., AAAI 2022)."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import paddle
import paddle.nn.functional as F
from paddle import nn

from paddleseg.models.contract import Head
from paddleseg.models.layers import sigmoid, upsample
from paddleseg.models.matting.base import RGB, MattingModel
from paddleseg.registry import MODELS


class HalvesNorm(nn.Layer):
    """Batch norm of the first half of the channels, instance norm of the second."""

    def __init__(self, channels: int):
        super().__init__()
        self.half = channels // 2
        self.batch = nn.BatchNorm2D(self.half)
        self.instance = nn.InstanceNorm2D(channels - self.half)

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        return paddle.concat([self.batch(x[:, : self.half]), self.instance(x[:, self.half :])], axis=1)


class ConvNormReLU(nn.Layer):
    """A convolution with bias that keeps the size, `HalvesNorm`, ReLU."""

    def __init__(self, in_channels: int, out_channels: int, kernel_size: int, stride: int = 1):
        super().__init__()
        self.conv = _conv(in_channels, out_channels, kernel_size, stride)
        self.norm = HalvesNorm(out_channels)

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        return F.relu(self.norm(self.conv(x)))


def _conv(in_channels: int, out_channels: int, kernel_size: int, stride: int = 1) -> nn.Conv2D:
    init = nn.initializer.KaimingUniform()
    return nn.Conv2D(in_channels, out_channels, kernel_size, stride, kernel_size // 2, weight_attr=init)


def _convs(channels: list[int]) -> nn.Sequential:
    return nn.Sequential(*[ConvNormReLU(before, after, 3) for before, after in pairwise(channels)])


class SemanticBranch(nn.Layer):
    """Where the person is (section 3.2): channels of the deepest map weighed by their mean, then up to 1/8.

    Shape:
        the map at 1/32, those whose sizes are 1/16 and 1/8; returns (N, channels[2], H / 8, W / 8).
    """

    def __init__(self, channels: list[int]):
        super().__init__()
        *_, c8, c16, c32 = channels
        self.squeeze = nn.Conv2D(c32, c32 // 4, 1, bias_attr=False)
        self.excite = nn.Conv2D(c32 // 4, c32, 1, bias_attr=False)
        self.conv16, self.conv8 = ConvNormReLU(c32, c16, 5), ConvNormReLU(c16, c8, 5)
        self.predict = _conv(c8, 1, 3, stride=2)

    def forward(self, x32: paddle.Tensor, x16: paddle.Tensor, x8: paddle.Tensor) -> paddle.Tensor:
        weights = sigmoid(self.excite(F.relu(self.squeeze(F.adaptive_avg_pool2d(x32, 1)))))
        return self.conv8(upsample(self.conv16(upsample(weights * x32, x16)), x8))


class DetailBranch(nn.Layer):
    """What the edge looks like (section 3.3): the picture and fine maps, with the meaning of the semantic branch.

    Shape:
        image (N, 3, H, W), maps at 1/2, 1/4 and 1/8; returns (N, width, H / 2, W / 2).
    """

    def __init__(self, width: int, channels: list[int]):
        super().__init__()
        self.match2, self.match4 = ConvNormReLU(channels[0], width, 1), ConvNormReLU(channels[1], width, 1)
        self.down = ConvNormReLU(width + RGB, width, 3, stride=2)
        self.mix = ConvNormReLU(2 * width, 2 * width, 3)
        self.conv4 = _convs([2 * width + channels[2] + RGB, 2 * width, 2 * width, width])
        self.conv2 = _convs([2 * width, 2 * width, width, width, width])
        self.conv1, self.predict = ConvNormReLU(width + RGB, width, 3), _conv(width, 1, 1)

    def forward(
        self, image: paddle.Tensor, x2: paddle.Tensor, x4: paddle.Tensor, semantic: paddle.Tensor
    ) -> paddle.Tensor:
        fine = self.match2(x2)
        y = self.down(paddle.concat([upsample(image, x2), fine], axis=1))
        y = self.mix(paddle.concat([y, self.match4(x4)], axis=1))
        y = self.conv4(paddle.concat([y, upsample(semantic, x4), upsample(image, x4)], axis=1))
        return self.conv2(paddle.concat([upsample(y, x2), fine], axis=1))

    def matte(self, image: paddle.Tensor, detail: paddle.Tensor) -> paddle.Tensor:
        """The matte that the branch alone tells, which is right near the edge."""
        return sigmoid(self.predict(self.conv1(paddle.concat([upsample(detail, image), image], axis=1))))


class FusionBranch(nn.Layer):
    """Both together (section 3.4).

    Shape:
        image (N, 3, H, W), semantic at 1/8, detail at 1/2; returns the matte (N, 1, H, W).
    """

    def __init__(self, width: int, channels: list[int]):
        super().__init__()
        self.conv4 = ConvNormReLU(channels[2], width, 5)
        self.conv2 = ConvNormReLU(2 * width, width, 3)
        self.conv1, self.predict = ConvNormReLU(width + RGB, width // 2, 3), _conv(width // 2, 1, 1)

    def forward(
        self, image: paddle.Tensor, semantic: paddle.Tensor, detail: paddle.Tensor, x4: paddle.Tensor
    ) -> paddle.Tensor:
        y = upsample(self.conv4(upsample(semantic, x4)), detail)
        y = self.conv2(paddle.concat([y, detail], axis=1))
        return sigmoid(self.predict(self.conv1(paddle.concat([upsample(y, image), image], axis=1))))


@MODELS.register
class MODNet(MattingModel):
    """A matte from the picture alone, taught where people are, what edges look like, and both (Ke et al., section 3).

    Args:
        backbone: Gives maps at 1/2, 1/4, 1/8, 1/16 and 1/32: `MobileNetV2`, `ResNet50_vd` or `HRNet_W18`.
        hr_channels: Channels of the detail branch.
        pretrained: A weights file.

    Shape:
        x (N, 3, H, W) float32. Returns the matte (N, 1, H, W) in a list; in training with it the semantic matte at
        1/16, that of the detail branch, and (matte, semantic matte), which should agree.

    Raises:
        ValueError: The backbone gives other maps.
        WeightsError: `pretrained` does not fit this network.
    """

    @staticmethod
    def extra_heads(**_: Any) -> list[Head]:
        return [Head("semantic", "alpha", 1), Head("detail", "alpha", 1), Head("agreement", "pair", 1)]

    @classmethod
    def losses_for(cls, arguments: Mapping[str, Any]) -> dict[str, Any]:
        names = ("MattingFusionLoss", "MattingSemanticLoss", "MattingDetailLoss", "MattingConsistencyLoss")
        return {"types": [{"type": name} for name in names], "coef": [1, 1, 10, 1]}

    def __init__(self, backbone: nn.Layer, hr_channels: int = 32, pretrained: str | None = None):
        super().__init__(backbone, extra_heads=self.extra_heads())
        self.semantic = SemanticBranch(self.backbone_channels)
        self.detail = DetailBranch(hr_channels, self.backbone_channels)
        self.fusion = FusionBranch(hr_channels, self.backbone_channels)
        self.load_pretrained(pretrained)

    def forward(self, x: paddle.Tensor) -> list[paddle.Tensor | tuple[paddle.Tensor, ...]]:
        x2, x4, x8, x16, x32 = self.backbone_maps(x)
        semantic = self.semantic(x32, x16, x8)
        detail = self.detail(x, x2, x4, semantic)
        matte = self.fusion(x, semantic, detail, x4)
        if not self.training:
            return [matte]
        coarse = sigmoid(self.semantic.predict(semantic))
        return [matte, coarse, self.detail.matte(x, detail), (matte, coarse)]
