"""The encoders of GCA: a ResNet of spectral convolutions with skips from the picture on (Li and Lu, AAAI 2020)."""

from __future__ import annotations

from collections.abc import Sequence

import paddle
import paddle.nn.functional as F
from paddle import nn

from paddleseg.models.backbones.base import Backbone
from paddleseg.models.layers.guided_attention import GuidedAttention
from paddleseg.models.layers.spectral import SpectralBlock, SpectralConvBN, conv_relu_bn
from paddleseg.models.weights import load_pretrained
from paddleseg.registry import BACKBONES

_RGB = 3
_GUIDANCE = 128


@BACKBONES.register
class ResShortCut_D(Backbone):
    """The encoder without attention: what the paper calls its baseline.

    Args:
        input_channels: The picture's three, then the trimap in [0, 1], or its background, unknown and foreground.
        layers: Units of each of the four stages.
        late_downsample: Whether the second convolution halves the size first, not the first one.
        pretrained: A weights file.

    Shape:
        x (N, input_channels, H, W), H and W multiples of 32. Returns maps at 1, 1/2, 1/4, 1/8 and 1/16 after two
        convolutions each, then the last one's at 1/32.

    Raises:
        ValueError: `input_channels` is neither 4 nor 6, or `layers` has not four numbers.
        WeightsError: `pretrained` does not fit this network.
    """

    def __init__(
        self,
        input_channels: int = 4,
        layers: Sequence[int] = (3, 4, 4, 2),
        late_downsample: bool = False,
        pretrained: str | None = None,
    ):
        super().__init__()
        if input_channels not in (4, 6):
            raise ValueError(f"input_channels is {input_channels}; it should be 4 or 6")
        if len(layers) != 4 or min(layers) < 1:
            raise ValueError(f"layers is {list(layers)}; it should have four numbers from 1 on")
        self.input_channels = input_channels
        middle = 64 if late_downsample else 32
        strides = (1, 2, 1, 2) if late_downsample else (2, 1, 2, 1)
        widths = (input_channels, 32, middle, 64)
        self.stem = nn.LayerList([SpectralConvBN(widths[i], widths[i + 1], stride=strides[i]) for i in range(3)])
        given = zip((64, 64, 128, 256), (64, 128, 256, 512), layers, (strides[3], 2, 2, 2), strict=True)
        self.stages = nn.LayerList([_stage(*each) for each in given])
        skips = ((input_channels, 32), (middle, middle), (64, 64), (128, 128), (256, 256))
        self.shortcut = nn.LayerList(
            [nn.Sequential(*conv_relu_bn(before, after), *conv_relu_bn(after, after)) for before, after in skips]
        )
        self.out_channels, self.strides = [32, middle, 64, 128, 256, 512], [1, 2, 4, 8, 16, 32]
        self.make_guidance()
        load_pretrained(self, pretrained)

    def make_guidance(self) -> None:
        """Layers that a derived encoder has besides."""

    def attended(self, x: paddle.Tensor, eighth: paddle.Tensor) -> tuple[paddle.Tensor, list[paddle.Tensor]]:
        """The map at 1/8, and what is given besides."""
        return eighth, []

    def forward(self, x: paddle.Tensor) -> list[paddle.Tensor]:
        half = F.relu(self.stem[1](F.relu(self.stem[0](x))))
        quarter = self.stages[0](F.relu(self.stem[2](half)))
        eighth, others = self.attended(x, self.stages[1](quarter))
        sixteenth = self.stages[2](eighth)
        kept = zip(self.shortcut, (x, half, quarter, eighth, sixteenth), strict=True)
        return [*(skip(each) for skip, each in kept), self.stages[3](sixteenth), *others]


@BACKBONES.register
class ResGuidedCxtAtten(ResShortCut_D):
    """The encoder with guided contextual attention at 1/8.

    Args:
        input_channels, layers, late_downsample, pretrained: As `ResShortCut_D`'s.
        attends: What the attention takes for unknown of a trimap in one channel: "unknown" as the paper has it, or
            "foreground", which PaddleSeg's code finds there; weights that it trained want that.

    Shape:
        as `ResShortCut_D`, then the guidance (N, 128, H/8, W/8), and (N, 1, H/8, W/8) with 1 where it is unknown.

    Raises:
        ValueError: As `ResShortCut_D`, or `attends` is something else.
        WeightsError: `pretrained` does not fit this network.
    """

    def __init__(
        self,
        input_channels: int = 4,
        layers: Sequence[int] = (3, 4, 4, 2),
        late_downsample: bool = False,
        pretrained: str | None = None,
        attends: str = "unknown",
    ):
        super().__init__(input_channels, layers, late_downsample, pretrained)
        if attends not in ("unknown", "foreground"):
            raise ValueError(f"attends is {attends!r}; it should be 'unknown' or 'foreground'")
        self.attends = attends

    def make_guidance(self) -> None:
        widths = ((_RGB, 16), (16, 32), (32, _GUIDANCE))
        self.guidance_head = nn.Sequential(
            *(layer for before, after in widths for layer in conv_relu_bn(before, after, halve=True))
        )
        self.attention = GuidedAttention(self.out_channels[3], _GUIDANCE)
        self.out_channels, self.strides = [*self.out_channels, _GUIDANCE, 1], [*self.strides, 8, 8]

    def attended(self, x: paddle.Tensor, eighth: paddle.Tensor) -> tuple[paddle.Tensor, list[paddle.Tensor]]:
        guidance = self.guidance_head(x[:, :_RGB])
        unknown = self._unknown(x[:, _RGB:])[:, :, ::8, ::8]
        return self.attention(guidance, eighth, unknown), [guidance, unknown]

    def _unknown(self, trimap: paddle.Tensor) -> paddle.Tensor:
        if trimap.shape[1] == 3:
            return trimap[:, 1:2]
        found = trimap == 1 if self.attends == "foreground" else (trimap > 0) & (trimap < 1)
        return found.astype(trimap.dtype)


def _stage(in_channels: int, channels: int, depth: int, stride: int) -> nn.Sequential:
    resize = nn.AvgPool2D(2, stride) if stride > 1 else None
    first = SpectralBlock(in_channels, channels, SpectralConvBN(in_channels, channels, stride=stride), resize)
    rest = [SpectralBlock(channels, channels, SpectralConvBN(channels, channels), None) for _ in range(1, depth)]
    return nn.Sequential(first, *rest)
