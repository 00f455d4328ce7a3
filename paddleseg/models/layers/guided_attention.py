"""Guided contextual attention: what looks alike gets alike mattes (Li and Lu, AAAI 2020, section 3.2)."""

from __future__ import annotations

import paddle
import paddle.nn.functional as F
from paddle import nn

from paddleseg.models.layers.basic import ConvBN
from paddleseg.models.layers.graph_ops import matmul
from paddleseg.models.layers.upsample import spatial_size

_FAR = 1e4


class GuidedAttention(nn.Layer):
    """Each place takes features of the places whose patches of 3x3 in the guidance are like its own.

    Args:
        channels: Of the features.
        guidance_channels: Of the guidance.

    Shape:
        guidance (N, guidance_channels, H, W), x (N, channels, H, W) and unknown (N, 1, H, W), 1 where the matte is to
        be found, else 0; H and W even, 4 or more. Returns what has x's shape.
    """

    def __init__(self, channels: int, guidance_channels: int):
        super().__init__()
        self.guide = nn.Conv2D(guidance_channels, guidance_channels // 2, 1, weight_attr=nn.initializer.XavierUniform())
        self.out = ConvBN(channels, channels, 1)
        nn.initializer.Constant(1e-3)(self.out.bn.weight)

    def forward(self, guidance: paddle.Tensor, x: paddle.Tensor, unknown: paddle.Tensor) -> paddle.Tensor:
        image, unknown = self.guide(guidance)[:, :, ::2, ::2], unknown[:, :, ::2, ::2]
        h, w = spatial_size(image)
        scores = _scores(image, unknown, h * w)
        cells = _patches(x, 4, 2)
        found = matmul(cells, scores).reshape([0, cells.shape[1], h, w])
        y = F.conv2d_transpose(found, _one_hot(x.shape[1], 4), stride=2, padding=1, groups=x.shape[1]) / 4
        return self.out(y) + x


def _scores(image: paddle.Tensor, unknown: paddle.Tensor, places: int | paddle.Tensor) -> paddle.Tensor:
    """How much each place (axis 1) gives to each (axis 2)."""
    patches = _patches(image, 3, 1)
    length = paddle.clip(paddle.sqrt((patches * patches).sum(axis=1, keepdim=True)), min=1e-4)
    alike = matmul(patches / length, patches, transpose_x=True)
    share = unknown.mean(axis=[2, 3]).unsqueeze(2)
    rare = paddle.sqrt(share / paddle.clip(1 - share, min=1e-6))
    common = paddle.sqrt((1 - share) / paddle.clip(share, min=1e-6))
    near = F.avg_pool2d(_mirrored(unknown), 3, stride=1, exclusive=False)
    near = near.reshape([0, places, 1])
    is_near = (near > 0).astype(alike.dtype)
    scale = paddle.clip(rare, 0.1, 10) * is_near + paddle.clip(common, 0.1, 10) * (1 - is_near)
    index = paddle.arange(places)
    itself = (index.unsqueeze(0) == index.unsqueeze(1)).astype(alike.dtype)
    return F.softmax(alike * scale - _FAR * itself * near, axis=1)


def _mirrored(x: paddle.Tensor) -> paddle.Tensor:
    return F.pad(x, [1, 1, 1, 1], mode="reflect")


def _patches(x: paddle.Tensor, side: int, stride: int) -> paddle.Tensor:
    """Windows around each place, (N, C side², places)."""
    channels = x.shape[1]
    found = F.conv2d(_mirrored(x), _one_hot(channels, side), stride=stride, groups=channels)
    return found.flatten(2)


def _one_hot(channels: int, side: int) -> paddle.Tensor:
    """Kernels that each pick one pixel of a window, in turn for each channel: (channels side², 1, side, side)."""
    return paddle.tile(paddle.eye(side * side), [channels, 1]).reshape([channels * side * side, 1, side, side])
