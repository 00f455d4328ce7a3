"""PP-HumanSeg V1 Lite: ConnectNet, the ultra-light portrait network of the PP-HumanSeg paper (section 5, figure 5)."""

from __future__ import annotations

import paddle

from paddleseg.models.base import SegModel
from paddleseg.models.layers import SeparableConv, max_pool, upsample
from paddleseg.models.layers.basic import ConvBNReLU
from paddleseg.models.layers.shuffle import shuffle_stage
from paddleseg.registry import MODELS


@MODELS.register
class PPHumanSegLite(SegModel):
    """ConnectNet (Chu et al., WACV-W 2022, section 5): 131,766 parameters, an encoder at 1/16, a decoder at 1/2.

    The encoder is made of inverted bottlenecks with channel shuffle; one skip connection brings texture from 1/2 to
    the decoder, which is depth-wise separable. As in the published network the classifier ends in batch norm and
    ReLU, so logits are not negative.

    Args:
        num_classes: Classes, background included.
        in_channels: Channels of the image.
        pretrained: A weights file, or `zoo://pp_humanseg_v1_lite` for the official weights that ship with the package.
        align_corners: How the two upsamplings place the samples.

    Shape:
        x (N, in_channels, H, W) float32, any H and W from 32. Returns one logit map (N, num_classes, H, W) in a list.

    Raises:
        WeightsError: `pretrained` does not fit this network.
    """

    def __init__(
        self, num_classes: int = 2, in_channels: int = 3, pretrained: str | None = None, align_corners: bool = False
    ):
        super().__init__(num_classes, align_corners=align_corners)
        self.stem = ConvBNReLU(in_channels, 36, 3, stride=2)
        self.skip = ConvBNReLU(36, 18, 1)
        self.stage1 = shuffle_stage(36, 72, 4)
        self.stage2 = shuffle_stage(72, 144, 8)
        self.bottleneck = SeparableConv(144, 64)
        self.fuse = SeparableConv(18 + 64, 64)
        self.classifier = SeparableConv(64, num_classes)
        self.load_pretrained(pretrained)

    def forward(self, x: paddle.Tensor) -> list[paddle.Tensor]:
        stem = self.stem(x)
        skip = self.skip(stem)
        deep = self.bottleneck(self.stage2(self.stage1(max_pool(stem, 3, stride=2, padding=1))))
        deep = upsample(deep, skip, align_corners=self.align_corners)
        return self.at_size_of(x, self.classifier(self.fuse(paddle.concat([skip, deep], axis=1))))
