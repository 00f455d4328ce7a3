"""The block of transformers made of convolutions with batch norm."""

from __future__ import annotations

import paddle
import paddle.nn.functional as F
from paddle import nn

from paddleseg.models.layers.basic import ConvBN
from paddleseg.models.layers.drop_path import DropPath


class ConvTransformer(nn.Layer):
    """Attention, then 1x1, depth-wise and 1x1 convolutions, each part added to its input (TopFormer, CVPR 2022, 3.2).

    Args:
        attention: Keeps the shape of its map.
        ratio: Channels of the depth-wise convolution, for each of `channels`.
        drop_path: Share of samples that leave a part out in training.

    Shape:
        x (N, channels, H, W); returns the same shape.
    """

    def __init__(self, attention: nn.Layer, channels: int, ratio: int, drop_path: float):
        super().__init__()
        wide = ratio * channels
        self.attention = attention
        self.fc1, self.fc2 = ConvBN(channels, wide, 1), ConvBN(wide, channels, 1)
        self.depthwise = nn.Conv2D(wide, wide, 3, padding=1, groups=wide)
        self.drop_path = DropPath(drop_path)

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        x = x + self.drop_path(self.attention(x))
        return x + self.drop_path(self.fc2(F.relu6(self.depthwise(self.fc1(x)))))
