"""GINet: a graph of what is seen asks a graph of what classes are called (Wu et al., ECCV 2020)."""

from __future__ import annotations

from collections.abc import Sequence

import paddle
from paddle import nn

from paddleseg.models.heads.deep_supervision import DeeplySupervised
from paddleseg.models.layers import attend, matmul, spatial_size
from paddleseg.models.layers.basic import ConvBNReLU
from paddleseg.models.layers.graph_nodes import GraphConv, NodeConv
from paddleseg.models.layers.jpu import JPU
from paddleseg.registry import MODELS

STATES, NODES, WORD_LENGTH = 256, 84, 300


class GraphInteraction(nn.Layer):
    """Regions of the map as nodes of a graph, told by the nodes of the classes' names (section 3.2, figure 3).

    Args:
        num_classes: Nodes of the graph of names.

    Shape:
        x (N, channels, H, W), words (1, STATES, num_classes); returns (N, channels, H, W).
    """

    def __init__(self, channels: int, num_classes: int):
        super().__init__()
        self.project = nn.Conv2D(channels, NODES, 1)
        self.reduce = nn.Conv2D(channels, STATES, 1)
        self.seen, self.named = GraphConv(STATES, NODES), GraphConv(STATES, num_classes)
        self.query = NodeConv(STATES, STATES // 2)
        self.key = NodeConv(STATES, STATES // 2, bias=False)  # the softmax takes a bias away again
        self.value = NodeConv(STATES, STATES)
        self.gamma = self.create_parameter([NODES], default_initializer=nn.initializer.Constant(0.0))
        self.extend = nn.Conv2D(STATES, channels, 1, bias_attr=False)
        self.norm = nn.BatchNorm2D(channels)

    def forward(self, x: paddle.Tensor, words: paddle.Tensor) -> paddle.Tensor:
        shares = self.project(x).flatten(2)  # (N, NODES, H * W)
        places = paddle.ones_like(shares[:1, :1]).sum()  # H * W, also where an export leaves them open
        nodes = self.seen(matmul(self.reduce(x).flatten(2), shares, transpose_y=True) / places)
        names = self.named(words)
        nodes = nodes + self.gamma * attend(self.query(nodes), self.key(names), self.value(names))
        y = matmul(nodes, shares).reshape([0, STATES, *spatial_size(x)])
        return x + self.norm(self.extend(y))


@MODELS.register
class GINet(DeeplySupervised):
    """Graph interaction on the map that joint pyramid upsampling gives (Wu et al., section 3, figure 2).

    The classes are known by word vectors that do not learn. The paper has GloVe's; a new network draws some by chance,
    and published weights bring theirs.

    Args:
        backbone: Gives the feature maps; ResNet in the paper.
        backbone_indices: Feature maps, finest first: joint upsampling takes the last three. The auxiliary head is on
            the last but one.
        enable_auxiliary_loss: Give logits of that map as well in training.
        align_corners: How logits are brought up.
        jpu: Upsample three maps jointly; without it the last one is used as it is.
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
        backbone_indices: Sequence[int] = (0, 1, 2, 3),
        enable_auxiliary_loss: bool = True,
        align_corners: bool = True,
        jpu: bool = True,
        pretrained: str | None = None,
    ):
        super().__init__(num_classes, backbone, backbone_indices, enable_auxiliary_loss, align_corners)
        self.jpu = JPU(self.backbone_channels[-3:]) if jpu else None
        channels = 4 * 512 if jpu else self.backbone_channels[-1]
        self.register_buffer("words", paddle.randn([num_classes, WORD_LENGTH]))
        self.embed = nn.Sequential(ConvBNReLU(WORD_LENGTH, 128, 1), ConvBNReLU(128, STATES, 1))
        self.reduce = ConvBNReLU(channels, channels // 4, 3)
        self.interaction = GraphInteraction(channels // 4, num_classes)
        self.dropout = nn.Dropout(0.1)
        self.classify = nn.Conv2D(channels // 4, num_classes, 1)
        self.load_pretrained(pretrained)

    def logits(self, *maps: paddle.Tensor) -> paddle.Tensor:
        x = maps[-1] if self.jpu is None else self.jpu(maps[-3:])
        words = self.embed(self.words.transpose([1, 0]).unsqueeze([0, 3])).squeeze(3)
        return self.classify(self.dropout(self.interaction(self.reduce(x), words)))
