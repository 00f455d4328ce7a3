"""The first three stages of a ResNet, as PaddleSeg's STFPM takes them."""

from __future__ import annotations

from typing import Literal

from paddleseg.models.backbones.resnet import ResNet, ResNet18, ResNet34, ResNet50, ResNet101
from paddleseg.registry import BACKBONES

_FAMILY = {"resnet18": ResNet18, "resnet34": ResNet34, "resnet50": ResNet50, "resnet101": ResNet101}


@BACKBONES.register
class ResNet_MS3(ResNet):
    """Maps at 1/4, 1/8 and 1/16 of a ResNet in the form of `paddle.vision.models` (He et al., CVPR 2016).

    Args:
        pretrained: A weights file, such as one of `paddle.vision.models`.
        arch: Which ResNet.
        in_channels: Channels of the image.

    Shape:
        x (N, in_channels, H, W). Returns three maps (N, out_channels[i], H / strides[i], W / strides[i]), rounded up.

    Raises:
        WeightsError: `pretrained` does not fit this network.
    """

    def __init__(
        self,
        pretrained: str | None = None,
        arch: Literal["resnet18", "resnet34", "resnet50", "resnet101"] = "resnet18",
        in_channels: int = 3,
    ):
        self.block, self.depths = _FAMILY[arch].block, _FAMILY[arch].depths
        super().__init__(output_stride=32, in_channels=in_channels, pretrained=pretrained, depth=3)
