"""DMNet: convolutions of several sizes whose filters the picture itself gives (He et al., ICCV 2019)."""

from __future__ import annotations

from collections.abc import Sequence

import paddle
import paddle.nn.functional as F
from paddle import nn

from paddleseg.models.heads.deep_supervision import DeeplySupervised
from paddleseg.models.heads.fcn import FCNHead
from paddleseg.models.layers import spatial_size
from paddleseg.models.layers.basic import ConvBNReLU
from paddleseg.models.layers.pooling import grid_average
from paddleseg.registry import MODELS


class DynamicConv(nn.Layer):
    """A depth-wise convolution by a filter of each picture's own, made from its averages (section 3.2, figure 3).

    Args:
        size: Of the filter.
        fuse: Whether a 1x1 convolution follows.

    Shape:
        x (N, in_channels, H, W); returns (N, channels, H, W).
    """

    def __init__(self, in_channels: int, channels: int, size: int, fuse: bool):
        super().__init__()
        self.size = size
        self.filters = nn.Conv2D(in_channels, channels, 1)
        self.reduce = ConvBNReLU(in_channels, channels, 1)
        self.norm = nn.BatchNorm2D(channels)
        self.fuse = ConvBNReLU(channels, channels, 1) if fuse else nn.Identity()

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        filters = self.filters(grid_average(x, self.size))
        return self.fuse(F.relu(self.norm(filtered(self.reduce(x), filters))))


def filtered(x: paddle.Tensor, filters: paddle.Tensor) -> paddle.Tensor:
    """Each channel of `x` by its filter, at the same size.

    Shape:
        x (N, C, H, W), filters (N, C, size, size); returns (N, C, H, W).
    """
    size = filters.shape[-1]
    before, after = size // 2, (size - 1) // 2
    padded = F.pad(x, [before, after, before, after])
    if paddle.in_dynamic_mode():
        groups = x.shape[0] * x.shape[1]
        kernels = filters.reshape([groups, 1, size, size])
        return F.conv2d(padded.flatten(0, 1).unsqueeze(0), kernels, groups=groups).reshape(x.shape)
    # Formats of graphs want a number of groups that no batch changes: the sum of moved maps is the same.
    h, w = spatial_size(x)
    moved = [
        padded[:, :, row : row + h, column : column + w] * filters[:, :, row : row + 1, column : column + 1]
        for row in range(size)
        for column in range(size)
    ]
    return paddle.add_n(moved)


@MODELS.register
class DMNet(DeeplySupervised):
    """Dynamic multi-scale filters beside the map of a dilated backbone (He et al., section 3.1, figure 2).

    Args:
        backbone: Gives four feature maps; ResNet at 1/8 in the paper.
        mid_channels: Channels of each filter's map, and of the heads.
        filter_sizes: One filter for each.
        fusion: Let a 1x1 convolution follow each filter.
        pretrained: A weights file.

    Shape:
        x (N, C, H, W) float32. Returns logit maps (N, num_classes, H, W) in a list: one, or two in training.

    Raises:
        WeightsError: `pretrained` does not fit this network.
    """

    def __init__(
        self,
        num_classes: int,
        backbone: nn.Layer,
        mid_channels: int = 512,
        filter_sizes: Sequence[int] = (1, 3, 5, 7),
        fusion: bool = False,
        pretrained: str | None = None,
    ):
        super().__init__(num_classes, backbone, (2, -1), True, True, auxiliary_channels=mid_channels, dropout=0)
        deep = self.backbone_channels[-1]
        self.contexts = nn.LayerList([DynamicConv(deep, mid_channels, size, fusion) for size in filter_sizes])
        self.head = FCNHead(deep + len(filter_sizes) * mid_channels, mid_channels, num_classes)
        self.load_pretrained(pretrained)

    def logits(self, *maps: paddle.Tensor) -> paddle.Tensor:
        deep = maps[-1]
        return self.head(paddle.concat([deep, *(context(deep) for context in self.contexts)], axis=1))
