"""Graphs whose few nodes are gathered from a feature map."""

from __future__ import annotations

import paddle
import paddle.nn.functional as F
from paddle import nn

from paddleseg.models.layers.graph_ops import matmul


class NodeConv(nn.Conv1D):
    """A convolution of size 1 as a product, since Paddle Inference makes wrong graphs of `Conv1D` between transposes.

    Shape:
        x (N, in_channels, L); returns (N, out_channels, L).
    """

    def __init__(self, in_channels: int, out_channels: int, bias: bool = True):
        super().__init__(in_channels, out_channels, 1, bias_attr=None if bias else False)

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        y = matmul(self.weight.squeeze(2), x)
        return y if self.bias is None else y + self.bias.unsqueeze(1)


class GraphConv(nn.Layer):
    """Nodes exchange what they hold, then each changes it (Chen et al., CVPR 2019, section 3.2, equation 4).

    Args:
        channels: Channels of a node.
        nodes: How many there are.

    Shape:
        x (N, channels, nodes); returns the same shape.
    """

    def __init__(self, channels: int, nodes: int):
        super().__init__()
        self.between = NodeConv(nodes, nodes)
        self.within = NodeConv(channels, channels, bias=False)

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        exchanged = self.between(x.transpose([0, 2, 1])).transpose([0, 2, 1])
        return self.within(F.relu(exchanged + x))
