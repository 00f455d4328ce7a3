"""GloRe: reasoning between a few nodes that the map is projected to (Chen et al., CVPR 2019)."""

from __future__ import annotations

from collections.abc import Sequence

import paddle
import paddle.nn.functional as F
from paddle import nn

from paddleseg.models.heads.deep_supervision import DeeplySupervised
from paddleseg.models.layers import matmul, spatial_size
from paddleseg.models.layers.basic import ConvBNReLU
from paddleseg.registry import MODELS


class GlobalReasoning(nn.Layer):
    """The map as the states of nodes, a graph convolution between them, and back, added to it (section 3.4, figure 3).

    Args:
        states: Numbers that each node holds.
        nodes: How many there are.

    Shape:
        x (N, channels, H, W); returns the same shape.
    """

    def __init__(self, channels: int, states: int, nodes: int):
        super().__init__()
        self.reduce = nn.Conv2D(channels, states, 1)
        self.project = nn.Conv2D(channels, nodes, 1)
        self.between_nodes = nn.Conv1D(nodes, nodes, 1)
        self.between_states = nn.Conv1D(states, states, 1, bias_attr=False)
        self.expand = nn.Conv2D(states, channels, 1, bias_attr=False)
        self.norm = nn.BatchNorm2D(channels, epsilon=1e-4)

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        shares = self.project(x).flatten(2)  # (N, nodes, places)
        held = matmul(self.reduce(x).flatten(2), shares, transpose_y=True)  # (N, states, nodes)
        exchanged = held + self.between_nodes(held.transpose([0, 2, 1])).transpose([0, 2, 1])
        found = matmul(F.relu(self.between_states(exchanged)), shares)
        return x + self.norm(self.expand(found.reshape([0, found.shape[1], *spatial_size(x)])))


@MODELS.register
class GloRe(DeeplySupervised):
    """A global reasoning unit on a dilated backbone (Chen et al., section 4.4).

    Args:
        backbone: Gives the feature maps; ResNet at 1/8 in the paper.
        backbone_indices: The auxiliary head's feature map and the one to use.
        gru_channels: Channels of the unit.
        gru_num_state: Numbers that each of its nodes holds.
        gru_num_node: How many nodes there are.
        enable_auxiliary_loss: Give logits of the earlier map as well in training.
        align_corners: How logits are brought up.
        pretrained: A weights file.

    Shape:
        x (N, C, H, W) float32. Returns logit maps (N, num_classes, H, W) in a list: one, or two in training.

    Raises:
        ValueError: `backbone_indices` names one map only.
        WeightsError: `pretrained` does not fit this network.
    """

    def __init__(
        self,
        num_classes: int,
        backbone: nn.Layer,
        backbone_indices: Sequence[int] = (2, 3),
        gru_channels: int = 512,
        gru_num_state: int = 128,
        gru_num_node: int = 64,
        enable_auxiliary_loss: bool = True,
        align_corners: bool = False,
        pretrained: str | None = None,
    ):
        super().__init__(num_classes, backbone, backbone_indices, enable_auxiliary_loss, align_corners)
        self.reduce = ConvBNReLU(self.backbone_channels[-1], gru_channels, 1)
        self.reason = GlobalReasoning(gru_channels, gru_num_state, gru_num_node)
        self.dropout = nn.Dropout(0.1)
        self.classify = nn.Conv2D(gru_channels, num_classes, 1)
        self.load_pretrained(pretrained)

    def logits(self, *maps: paddle.Tensor) -> paddle.Tensor:
        return self.classify(self.dropout(self.reason(self.reduce(maps[-1]))))
