"""Attention that keeps one direction whole while it folds the other."""

from __future__ import annotations

import paddle
import paddle.nn.functional as F
from paddle import nn

from paddleseg.models.layers.graph_ops import matmul, sigmoid
from paddleseg.models.layers.upsample import spatial_size


class PolarizedSelfAttentionModule(nn.Layer):
    """PaddleSeg's: a weight for each channel and one for each place, side by side (Liu et al., 2021).

    Args:
        inplanes: Channels of the map.
        planes: The same number; the projections have half of it.
        kernel_size: Taken for PaddleSeg's sake: projections are 1x1.
        stride: Of the projections; the map keeps its size with 1 only.

    Shape:
        x (N, C, H, W); returns the same.

    Example:
        >>> PolarizedSelfAttentionModule(8, 8)(paddle.ones([1, 8, 4, 4])).shape
        [1, 8, 4, 4]
    """

    def __init__(self, inplanes: int, planes: int, kernel_size: int = 1, stride: int = 1):
        super().__init__()
        half = planes // 2
        self.inplanes, self.inter_planes, self.planes = inplanes, half, planes
        self.kernel_size, self.stride, self.padding = kernel_size, stride, (kernel_size - 1) // 2
        self.conv_q_right = nn.Conv2D(inplanes, 1, 1, stride, bias_attr=False)
        self.conv_v_right = nn.Conv2D(inplanes, half, 1, stride, bias_attr=False)
        self.conv_up = nn.Conv2D(half, planes, 1, bias_attr=False)
        self.conv_q_left = nn.Conv2D(inplanes, half, 1, stride, bias_attr=False)
        self.conv_v_left = nn.Conv2D(inplanes, half, 1, stride, bias_attr=False)
        for conv in (self.conv_q_right, self.conv_v_right, self.conv_up, self.conv_q_left, self.conv_v_left):
            nn.initializer.KaimingNormal()(conv.weight)

    def spatial_pool(self, x: paddle.Tensor) -> paddle.Tensor:
        """The map with its channels weighed by what stands where the map is most alive."""
        where = F.softmax(self.conv_q_right(x).flatten(2), axis=2)  # (N, 1, HW)
        found = matmul(self.conv_v_right(x).flatten(2), where, transpose_y=True)
        return x * sigmoid(self.conv_up(found.unsqueeze(3)))

    def channel_pool(self, x: paddle.Tensor) -> paddle.Tensor:
        """The map with its places weighed by how much they are like its mean."""
        mean = self.conv_q_left(x).mean(axis=[2, 3]).unsqueeze(1)  # (N, 1, C/2)
        values = self.conv_v_left(x)
        likeness = F.softmax(matmul(mean, values.flatten(2)), axis=2)
        return x * sigmoid(likeness.reshape([0, 1, *spatial_size(values)]))

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        return self.channel_pool(x) + self.spatial_pool(x)
