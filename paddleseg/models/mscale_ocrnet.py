"""OCRNet at several sizes of the picture, which share the say in each place (Tao et al., arXiv 2005.10821)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import paddle
from paddle import nn

from paddleseg.models.contract import Head
from paddleseg.models.layers import sigmoid, upsample
from paddleseg.models.layers.basic import ConvBNReLU
from paddleseg.models.layers.upsample import scaled
from paddleseg.models.ocrnet import OCRNet
from paddleseg.registry import MODELS


class ScaleAttention(nn.Layer):
    """How much a size of the picture has to say in each place (section 3.1).

    Shape:
        x (N, in_channels, H, W); returns (N, 1, H, W) in [0, 1].
    """

    def __init__(self, in_channels: int, channels: int):
        super().__init__()
        self.convs = nn.Sequential(ConvBNReLU(in_channels, channels, 3), ConvBNReLU(channels, channels, 3))
        self.weigh = nn.Conv2D(channels, 1, 1, bias_attr=False)

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        return sigmoid(self.weigh(self.convs(x)))


@MODELS.register
class MscaleOCRNet(OCRNet):
    """Hierarchical multi-scale attention over OCRNet (Tao et al., section 3, figure 2).

    It learns from the picture and from half of it, and answers from as many sizes as are asked for.

    Args:
        backbone: Gives the feature maps; HRNet in the paper.
        backbone_indices: The one feature map to use.
        mscale: Sizes, as factors of the picture's, that evaluation looks at; without any those of training, 0.5 and 1.
        pretrained: A weights file.
        ocr_mid_channels: Channels of pixels and object regions.
        ocr_key_channels: Channels in which they are compared.

    Shape:
        x (N, C, H, W) float32. Returns the logits (N, num_classes, H, W) in a list; in training after them the coarse
        ones, those of half the picture alone and those of the whole picture alone.

    Raises:
        WeightsError: `pretrained` does not fit this network.
    """

    @staticmethod
    def extra_heads(num_classes: int, **_: Any) -> list[Head]:
        return [Head(name, "logits", num_classes) for name in ("coarse", "half", "whole")]

    def __init__(
        self,
        num_classes: int,
        backbone: nn.Layer,
        backbone_indices: Sequence[int] = (0,),
        mscale: Sequence[float] | None = (0.5, 1.0, 2.0),
        pretrained: str | None = None,
        ocr_mid_channels: int = 512,
        ocr_key_channels: int = 256,
    ):
        super().__init__(num_classes, backbone, backbone_indices, ocr_mid_channels, ocr_key_channels)
        self.factors = sorted(mscale or (0.5, 1.0), reverse=True)
        self.dropout = nn.Dropout2D(0.05)
        self.scale_attention = ScaleAttention(ocr_mid_channels, 256)
        self.load_pretrained(pretrained)

    def forward(self, x: paddle.Tensor) -> list[paddle.Tensor]:
        if not self.training:
            return self.at_size_of(x, self._over_sizes(x)[0])
        half, whole = self._look(scaled(x, 0.5)), self._look(x)
        main, coarse = _below(whole, half)
        return [main, coarse, *self.at_size_of(x, half[0]), whole[0]]

    def _look(self, x: paddle.Tensor) -> list[paddle.Tensor]:
        """Logits, coarse logits and the say of one size of the picture, all at that size."""
        described, coarse = self.in_context(x)
        return self.at_size_of(x, self.classify(described), coarse, self.scale_attention(described))

    def _over_sizes(self, x: paddle.Tensor) -> list[paddle.Tensor]:
        """Logits and coarse logits of all sizes, largest first, each with its say over those before."""
        joined: list[paddle.Tensor] = []
        for factor in self.factors:
            seen = self._look(x if factor == 1 else scaled(x, factor))
            if not joined:
                joined = seen[:2]
            elif factor >= 1:
                joined = _above(joined, seen)
            else:
                joined = _below(joined, seen)
        return joined


def _above(joined: Sequence[paddle.Tensor], seen: Sequence[paddle.Tensor]) -> list[paddle.Tensor]:
    """What larger sizes gave and what this one sees, at this one's size."""
    *maps, say = seen
    return [
        say * own + (1 - say) * upsample(larger, own) for larger, own in zip(joined[: len(maps)], maps, strict=True)
    ]


def _below(joined: Sequence[paddle.Tensor], seen: Sequence[paddle.Tensor]) -> list[paddle.Tensor]:
    """What larger sizes gave and what this one sees, at the size of the former."""
    *maps, say = seen
    rest = 1 - upsample(say, joined[0])
    return [upsample(say * own, larger) + rest * larger for larger, own in zip(joined[: len(maps)], maps, strict=True)]
