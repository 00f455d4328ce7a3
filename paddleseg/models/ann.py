"""ANN: non-local attention to averages over regions instead of to every pixel (Zhu et al., ICCV 2019)."""

from __future__ import annotations

from collections.abc import Sequence

import paddle
from paddle import nn

from paddleseg.models.heads.deep_supervision import DeeplySupervised
from paddleseg.models.layers import attend, spatial_size
from paddleseg.models.layers.basic import ConvBN, ConvBNReLU
from paddleseg.models.layers.pooling import grid_average
from paddleseg.registry import MODELS


class PyramidAttention(nn.Layer):
    """Each pixel takes what it needs from the averages over grids of several sizes (section 3.2, equations 6 to 9).

    Args:
        channels: Channels of the map that asks, and of the result.
        source_channels: Channels of the map that is asked; None where a map asks itself, whose keys are its queries.
        inner: Channels of queries, keys and values.
        bins: Grid sizes.

    Shape:
        x (N, channels, H, W), source (N, source_channels, H', W'); returns (N, channels, H, W).
    """

    def __init__(self, channels: int, source_channels: int | None, inner: int, bins: Sequence[int]):
        super().__init__()
        self.bins, self.scale = tuple(bins), inner**-0.5
        self.key = ConvBNReLU(source_channels or channels, inner, 1)
        self.query = ConvBNReLU(channels, inner, 1) if source_channels else None
        self.value = nn.Conv2D(source_channels or channels, inner, 1)
        self.back = nn.Conv2D(inner, channels, 1)

    def forward(self, x: paddle.Tensor, source: paddle.Tensor) -> paddle.Tensor:
        query = self.key(x) if self.query is None else self.query(x)
        key, value = (self._averages(each) for each in (self.key(source), self.value(source)))
        context = attend(query.flatten(2), key, value, self.scale)
        return self.back(context.reshape([0, context.shape[1], *spatial_size(x)]))

    def _averages(self, x: paddle.Tensor) -> paddle.Tensor:
        """(N, C, places of all grids)."""
        return paddle.concat([grid_average(x, cells).flatten(2) for cells in self.bins], axis=2)


@MODELS.register
class ANN(DeeplySupervised):
    """Asymmetric fusion of two maps, then asymmetric attention within the result (Zhu et al., section 3.3, figure 4).

    Args:
        backbone: Gives the feature maps; ResNet at 1/8 in the paper.
        backbone_indices: The map with detail, which the auxiliary head is on as well, and the one with meaning.
        key_value_channels: Channels in which pixels and averages are compared.
        inter_channels: Channels of the second attention.
        psp_size: Grid sizes of the averages.
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
        key_value_channels: int = 256,
        inter_channels: int = 512,
        psp_size: Sequence[int] = (1, 3, 6, 8),
        enable_auxiliary_loss: bool = True,
        align_corners: bool = False,
        pretrained: str | None = None,
    ):
        super().__init__(
            num_classes,
            backbone,
            backbone_indices,
            enable_auxiliary_loss,
            align_corners,
            auxiliary_share=0.5,
            dropout=0.05,
        )
        shallow, deep = self.backbone_channels[-2:]
        self.across = PyramidAttention(deep, shallow, key_value_channels, psp_size)
        self.fuse = ConvBN(2 * deep, deep, 1)
        self.reduce = ConvBNReLU(deep, inter_channels, 3)
        self.within = PyramidAttention(inter_channels, None, key_value_channels, psp_size)
        self.mix = ConvBNReLU(2 * inter_channels, inter_channels, 1)
        self.dropout = nn.Dropout(0.05)
        self.classify = nn.Conv2D(inter_channels, num_classes, 1)
        self.load_pretrained(pretrained)

    def logits(self, *maps: paddle.Tensor) -> paddle.Tensor:
        shallow, deep = maps[-2:]
        fused = self.dropout(self.fuse(paddle.concat([self.across(deep, shallow), deep], axis=1)))
        x = self.reduce(fused)
        return self.classify(self.dropout(self.mix(paddle.concat([self.within(x, x), x], axis=1))))
