"""A portrait network and a light refiner: alphas at video rate."""

from __future__ import annotations

import paddle
import paddle.nn.functional as F
from paddle import nn

from paddleseg.models.contract import Head
from paddleseg.models.humanseg.mediapipe_selfie import MediaPipeSelfie
from paddleseg.models.layers import sigmoid, upsample
from paddleseg.models.layers.basic import ConvBN, SeparableConv
from paddleseg.models.weights import load_pretrained
from paddleseg.registry import MODELS

_BEYOND = 0.02
"""How far an alpha may go beyond 0 and 1 before it is cut: a sigmoid never reaches them."""


@MODELS.register
class PortraitMatting(nn.Layer):
    """`MediaPipeSelfie` at half the image's size says who is a person, a refiner at the whole size how hair ends.

    The refiner takes the score and the last features of the portrait network, looks around at a quarter of the image's
    size, then at half and at whole size with ever fewer channels, and adds to the score. The portrait network's batch
    norm keeps its statistics, so that crops and small batches do not shift them.

    Args:
        channels: Of the refiner at half size; at whole size half of them, at a quarter four thirds.
        freeze_base: Whether the portrait network stays as it is: then the network finds the people that it finds, and a
            few hundred mattes are enough. Else give it a lower rate: `optimizer.custom_cfg`, name `base.`.
        base_pretrained: Its weights, a file or a `zoo://` name.
        pretrained: Weights of the whole, likewise.

    Shape:
        x (N, 3, H, W) float32, normalised to -1..1. Returns one alpha (N, 1, H, W) in a list.

    Raises:
        WeightsError: The weights do not fit.
    """

    heads = (Head("main", "alpha", 1),)

    def __init__(
        self,
        channels: int = 24,
        freeze_base: bool = True,
        base_pretrained: str | None = None,
        pretrained: str | None = None,
    ):
        super().__init__()
        self.base = MediaPipeSelfie(pretrained=base_pretrained)
        if freeze_base:
            for parameter in self.base.parameters():
                parameter.stop_gradient = True
        fine, wide = channels // 2, 4 * channels // 3
        self.known = ConvBN(17, wide, 1)
        self.around = nn.LayerList([SeparableConv(wide, wide, dilation=dilation) for dilation in (1, 2, 4, 1)])
        self.look = ConvBN(4, channels, 3)
        self.join = ConvBN(wide, channels, 1)
        self.think = nn.LayerList([SeparableConv(channels, channels) for _ in range(2)])
        self.narrow = ConvBN(channels, fine, 1)
        self.detail = ConvBN(3, fine, 3)
        self.mix = SeparableConv(fine, fine)
        # Nothing at first: training begins with what the portrait network says.
        self.change = nn.Conv2D(fine, 1, 3, padding=1, weight_attr=nn.initializer.Constant(0.0))
        load_pretrained(self, pretrained)

    def train(self) -> None:
        super().train()
        self.base.eval()

    def forward(self, x: paddle.Tensor) -> list[paddle.Tensor]:
        small = F.avg_pool2d(x, 2, ceil_mode=True)
        features = self.base.features(small)
        logits = self.base.logits(features, small)
        score = logits[:, 1:] - logits[:, :1]
        level = score / 8  # about as large as the image's values
        quarter = F.relu(self.known(paddle.concat([features, F.avg_pool2d(level, 2, ceil_mode=True)], axis=1)))
        for block in self.around:
            quarter = quarter + block(quarter)
        half = F.relu(self.look(paddle.concat([small, level], axis=1)) + upsample(self.join(quarter), small))
        for block in self.think:
            half = half + block(half)
        whole = F.relu(self.detail(x) + upsample(self.narrow(half), x))
        change = self.change(whole + self.mix(whole))
        alpha = sigmoid(upsample(score, x) + change) * (1 + 2 * _BEYOND) - _BEYOND
        return [alpha if self.training else paddle.clip(alpha, 0, 1)]
