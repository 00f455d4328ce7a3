"""CCNet: each place looks along its row and its column, twice to see all (Huang et al., ICCV 2019)."""

from __future__ import annotations

from collections.abc import Sequence

import paddle
import paddle.nn.functional as F
from paddle import nn

from paddleseg.models.heads.deep_supervision import DeeplySupervised
from paddleseg.models.heads.fcn import FCNHead
from paddleseg.models.layers import matmul, spatial_size
from paddleseg.models.layers.basic import ConvBNAct
from paddleseg.registry import MODELS


class CrissCrossAttention(nn.Layer):
    """Each place takes what it needs from its column and its row (section 3.2, figure 3). It begins as the identity.

    Shape:
        x (N, channels, H, W); returns the same shape.
    """

    def __init__(self, channels: int):
        super().__init__()
        inner = channels // 8
        self.query = nn.Conv2D(channels, inner, 1)
        self.key = nn.Conv2D(channels, inner, 1, bias_attr=False)  # the softmax takes a bias away again
        self.value = nn.Conv2D(channels, channels, 1)
        self.gamma = self.create_parameter([1], default_initializer=nn.initializer.Constant(0.0))

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        n, (h, w) = paddle.shape(x)[0], spatial_size(x)
        query, key, value = self.query(x), self.key(x), self.value(x)
        # As (lines of all pictures, places, channels): a product for each line.
        in_column = matmul(_columns(query), _columns(key), transpose_y=True) - 1e9 * _diagonal(h, x.dtype)
        in_row = matmul(_rows(query), _rows(key), transpose_y=True)
        in_column = in_column.reshape([n, w, h, h]).transpose([0, 2, 1, 3])
        weights = F.softmax(paddle.concat([in_column, in_row.reshape([n, h, w, w])], axis=3), axis=3)  # (N, H, W, H+W)
        of_column = weights[:, :, :, :h].transpose([0, 2, 1, 3]).reshape([n * w, h, h])
        of_row = weights[:, :, :, h:].reshape([n * h, w, w])
        from_column = matmul(of_column, _columns(value)).reshape([n, w, h, -1]).transpose([0, 3, 2, 1])
        from_row = matmul(of_row, _rows(value)).reshape([n, h, w, -1]).transpose([0, 3, 1, 2])
        return x + self.gamma * (from_column + from_row)


def _columns(x: paddle.Tensor) -> paddle.Tensor:
    """(N, C, H, W) as (N W, H, C)."""
    return x.transpose([0, 3, 2, 1]).flatten(0, 1)


def _rows(x: paddle.Tensor) -> paddle.Tensor:
    """(N, C, H, W) as (N H, W, C)."""
    return x.transpose([0, 2, 3, 1]).flatten(0, 1)


def _diagonal(size: int | paddle.Tensor, dtype: paddle.dtype) -> paddle.Tensor:
    """1 where a place meets itself, which its row has already; `size` may be a value of the graph."""
    place = paddle.arange(size, dtype="int64")
    return (place.unsqueeze(0) == place.unsqueeze(1)).astype(dtype)


@MODELS.register
class CCNet(DeeplySupervised):
    """Recurrent criss-cross attention on a dilated backbone (Huang et al., section 3.1, figure 2).

    Args:
        backbone: Gives the feature maps; ResNet at 1/8 in the paper.
        backbone_indices: The auxiliary head's feature map and the one to use.
        enable_auxiliary_loss: Give logits of the earlier map as well in training.
        dropout_prob: Share of values dropped in both heads.
        recurrence: How often attention is applied; 2 in the paper, so that each place has heard of all.
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
        enable_auxiliary_loss: bool = True,
        dropout_prob: float = 0.0,
        recurrence: int = 1,
        align_corners: bool = False,
        pretrained: str | None = None,
    ):
        super().__init__(
            num_classes,
            backbone,
            backbone_indices,
            enable_auxiliary_loss,
            align_corners,
            auxiliary_channels=512,
            dropout=dropout_prob,
        )
        deep = self.backbone_channels[-1]
        channels = deep // 4
        self.recurrence = recurrence
        self.reduce = ConvBNAct(deep, channels, 3, act="leaky_relu")
        self.attention = CrissCrossAttention(channels)
        self.smooth = ConvBNAct(channels, channels, 3, act="leaky_relu")
        self.head = FCNHead(deep + channels, 512, num_classes, dropout=dropout_prob)
        self.load_pretrained(pretrained)

    def logits(self, *maps: paddle.Tensor) -> paddle.Tensor:
        x = self.reduce(maps[-1])
        for _ in range(self.recurrence):
            x = self.attention(x)
        return self.head(paddle.concat([maps[-1], self.smooth(x)], axis=1))
