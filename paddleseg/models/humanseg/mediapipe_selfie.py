"""MediaPipe's Selfie Segmentation, as its published graph describes it."""

from __future__ import annotations

import paddle
import paddle.nn.functional as F
from paddle import nn

from paddleseg.models.base import SegModel
from paddleseg.models.layers import InvertedResidual, SqueezeExcite, sigmoid, spatial_size, upsample
from paddleseg.models.layers.basic import ConvBN, ConvBNAct, ConvBNReLU
from paddleseg.registry import MODELS


class ContextGate(nn.Layer):
    """A 1x1 convolution whose channels the mean of the whole map switches (Howard et al., ICCV 2019, section 5.2)."""

    def __init__(self, in_channels: int, out_channels: int):
        super().__init__()
        self.local = ConvBNReLU(in_channels, out_channels, 1)
        self.gate = nn.Conv2D(in_channels, out_channels, 1)

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        mean = F.adaptive_avg_pool2d(x, 1)
        return self.local(x) * sigmoid(self.gate(mean))


class GatedUp(nn.Layer):
    """A coarse map upsampled onto a skip connection, whose channels are weighed by the mean of both."""

    def __init__(self, in_channels: int, channels: int, align_corners: bool):
        super().__init__()
        self.narrow = ConvBN(in_channels, channels, 1)
        self.gate = SqueezeExcite(channels, channels, "sigmoid")
        self.mix = ConvBNReLU(channels, channels, 1)
        self.refine = ConvBNReLU(channels, channels, 3, groups=channels)
        self.align_corners = align_corners

    def forward(self, x: paddle.Tensor, skip: paddle.Tensor) -> paddle.Tensor:
        # The published graph upsamples first. Both are linear, so the result is the same, for a quarter of the work.
        x = upsample(self.narrow(x), skip, self.align_corners)
        y = self.mix(skip * self.gate.weights(skip + x) + x)
        return y + self.refine(y)


@MODELS.register
class MediaPipeSelfie(SegModel):
    """A MobileNetV3-like encoder to 1/16 and a decoder of gated skip connections back to the full size.

    The published files take 256x256 (general) and 144x256 (landscape); here any size goes. MediaPipe's model card
    "Selfie Segmentation" names the design. `tools/convert_weights.py --tflite` reads its weights.

    Args:
        num_classes: Classes, background included.
        in_channels: Channels of the image.
        pretrained: A weights file or a `zoo://` name.
        align_corners: How upsampling places the samples.

    Shape:
        x (N, in_channels, H, W) float32 in [0, 1]. Returns one logit map (N, num_classes, H, W) in a list.
    """

    def __init__(
        self, num_classes: int = 2, in_channels: int = 3, pretrained: str | None = None, align_corners: bool = False
    ):
        super().__init__(num_classes, align_corners=align_corners)
        self.stem = ConvBNAct(in_channels, 16, 3, 2, act="hardswish", padding="SAME")
        self.quarter = _block(16, 16, 16, act="relu", stride=2, squeezed=8, expand=True)
        self.eighth = nn.Sequential(_block(16, 72, 24, act="relu", stride=2), _block(24, 88, 24, act="relu"))
        self.sixteenth = nn.Sequential(
            _block(24, 96, 32, kernel_size=5, stride=2, squeezed=24),
            _block(32, 128, 32, kernel_size=5, squeezed=32),
            _block(32, 128, 32, kernel_size=5, squeezed=32),
            _block(32, 96, 32, kernel_size=5, squeezed=24),
            _block(32, 96, 32, kernel_size=5, squeezed=24),
        )
        self.context = ContextGate(32, 128)
        steps = ((128, 24), (24, 16), (16, 16))
        self.ups = nn.LayerList([GatedUp(*channels, align_corners) for channels in steps])
        self.classify = nn.Conv2DTranspose(16, num_classes, 2, stride=2)
        self.load_pretrained(pretrained)

    def features(self, x: paddle.Tensor) -> paddle.Tensor:
        """The decoder's last map (N, 16, H/2, W/2)."""
        half = self.stem(x)
        quarter = self.quarter(half)
        eighth = self.eighth(quarter)
        y = self.context(self.sixteenth(eighth))
        for up, skip in zip(self.ups, (eighth, quarter, half), strict=True):
            y = up(y, skip)
        return y

    def logits(self, features: paddle.Tensor, x: paddle.Tensor) -> paddle.Tensor:
        """What they say of the classes, (N, num_classes, H, W) of an image `x`."""
        h, w = spatial_size(x)
        return self.classify(features)[:, :, :h, :w]  # where a side is odd, twice its half is one more

    def forward(self, x: paddle.Tensor) -> list[paddle.Tensor]:
        return [self.logits(self.features(x), x)]


def _block(
    in_channels: int,
    expanded: int,
    out_channels: int,
    *,
    act: str = "hardswish",
    kernel_size: int = 3,
    stride: int = 1,
    squeezed: int | None = None,
    expand: bool | None = None,
) -> InvertedResidual:
    return InvertedResidual(
        in_channels,
        expanded,
        out_channels,
        kernel_size=kernel_size,
        stride=stride,
        squeezed=squeezed,
        gate="sigmoid",
        act=act,
        expand=expand,
        padding="SAME",
    )
