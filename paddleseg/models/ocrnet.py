"""OCRNet: pixels see the objects they belong to (Yuan et al., ECCV 2020)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import paddle
import paddle.nn.functional as F
from paddle import nn

from paddleseg.models.base import SegModel
from paddleseg.models.contract import Head
from paddleseg.models.heads.fcn import FCNHead
from paddleseg.models.layers import attend, matmul, spatial_size
from paddleseg.models.layers.basic import ConvBNReLU
from paddleseg.registry import MODELS


class ObjectAttention(nn.Layer):
    """What a pixel's objects look like, weighed by how much each resembles the pixel (section 3.2, equations 4 and 5).

    Args:
        channels: Channels of pixels, objects and the result.
        key_channels: Channels in which they are compared.

    Shape:
        pixels (N, channels, H, W), objects (N, channels, K, 1); returns (N, channels, H, W).
    """

    def __init__(self, channels: int, key_channels: int):
        super().__init__()
        self.scale = key_channels**-0.5
        self.query = nn.Sequential(ConvBNReLU(channels, key_channels, 1), ConvBNReLU(key_channels, key_channels, 1))
        self.key = nn.Sequential(ConvBNReLU(channels, key_channels, 1), ConvBNReLU(key_channels, key_channels, 1))
        self.value = ConvBNReLU(channels, key_channels, 1)
        self.back = ConvBNReLU(key_channels, channels, 1)

    def forward(self, pixels: paddle.Tensor, objects: paddle.Tensor) -> paddle.Tensor:
        query, key, value = (x.flatten(2) for x in (self.query(pixels), self.key(objects), self.value(objects)))
        context = attend(query, key, value, self.scale)
        return self.back(context.reshape([0, context.shape[1], *spatial_size(pixels)]))


@MODELS.register
class OCRNet(SegModel):
    """Object-contextual representations on one feature map (Yuan et al., section 3, figure 3).

    Coarse logits say where each class may be; the pixels there, averaged, describe the class's object region, and
    every pixel takes what it needs from these descriptions.

    Args:
        backbone: Gives the feature maps; HRNet in the paper.
        backbone_indices: The one feature map to use.
        ocr_mid_channels: Channels of pixels and object regions.
        ocr_key_channels: Channels in which they are compared.
        align_corners: How logits are brought up to the image's size.
        pretrained: A weights file.

    Shape:
        x (N, C, H, W) float32. Returns the logits (N, num_classes, H, W) and, in training, the coarse ones after them.

    Raises:
        WeightsError: `pretrained` does not fit this network.
    """

    @staticmethod
    def extra_heads(num_classes: int, **_: Any) -> list[Head]:
        return [Head("coarse", "logits", num_classes)]

    def __init__(
        self,
        num_classes: int,
        backbone: nn.Layer,
        backbone_indices: Sequence[int],
        ocr_mid_channels: int = 512,
        ocr_key_channels: int = 256,
        align_corners: bool = False,
        pretrained: str | None = None,
    ):
        super().__init__(
            num_classes,
            backbone,
            backbone_indices[:1],
            extra_heads=self.extra_heads(num_classes),
            align_corners=align_corners,
        )
        (in_channels,) = self.backbone_channels
        self.regions = FCNHead(in_channels, in_channels, num_classes, kernel_size=1)
        self.pixels = ConvBNReLU(in_channels, ocr_mid_channels, 3)
        self.attention = ObjectAttention(ocr_mid_channels, ocr_key_channels)
        self.fuse = ConvBNReLU(2 * ocr_mid_channels, ocr_mid_channels, 1)
        self.dropout = nn.Dropout2D(0.1)
        self.classify = nn.Conv2D(ocr_mid_channels, num_classes, 1)
        self.load_pretrained(pretrained)

    def forward(self, x: paddle.Tensor) -> list[paddle.Tensor]:
        described, coarse = self.in_context(x)
        logits = self.classify(described)
        return self.at_size_of(x, logits, coarse) if self.training else self.at_size_of(x, logits)

    def in_context(self, x: paddle.Tensor) -> tuple[paddle.Tensor, paddle.Tensor]:
        """Pixels with what their objects look like, and the coarse logits, at the size of the backbone's map."""
        (features,) = self.backbone_maps(x)
        coarse = self.regions(features)
        pixels = self.pixels(features)
        places = F.softmax(coarse.flatten(2), axis=2)  # of each class, over all pixels
        objects = matmul(pixels.flatten(2), places, transpose_y=True).unsqueeze(-1)
        context = self.attention(pixels, objects)
        return self.dropout(self.fuse(paddle.concat([context, pixels], axis=1))), coarse
