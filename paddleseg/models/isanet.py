"""ISANet: attention to all pixels in two sparse steps, far ones first (Huang et al., arXiv 1907.12273)."""

from __future__ import annotations

from collections.abc import Sequence

import paddle
from paddle import nn

from paddleseg.models.heads.deep_supervision import DeeplySupervised
from paddleseg.models.heads.fcn import FCNHead
from paddleseg.models.layers import attend, spatial_size
from paddleseg.models.layers.basic import ConvBNReLU
from paddleseg.models.layers.windows import padded_to_blocks
from paddleseg.registry import MODELS


class SelfAttention(nn.Layer):
    """Attention within a map (section 3.1).

    Args:
        inner: Channels of queries and keys.

    Shape:
        x (N, channels, H, W); returns the same shape.
    """

    def __init__(self, channels: int, inner: int):
        super().__init__()
        self.scale = inner**-0.5
        self.query = nn.Sequential(ConvBNReLU(channels, inner, 1), ConvBNReLU(inner, inner, 1))
        self.key = nn.Sequential(ConvBNReLU(channels, inner, 1), ConvBNReLU(inner, inner, 1))
        self.value = nn.Conv2D(channels, channels, 1)
        self.out = ConvBNReLU(channels, channels, 1)

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        query, key, value = (conv(x).flatten(2) for conv in (self.query, self.key, self.value))
        return self.out(attend(query, key, value, self.scale).reshape([0, x.shape[1], *spatial_size(x)]))


class InterlacedAttention(nn.Layer):
    """Attention among pixels that are far apart, then among neighbours (section 3.2, figure 2).

    The map is cut into blocks of `rows` by `columns` pixels. First the pixels at the same place of each block attend to
    each other, then those of one block.

    Shape:
        x (N, channels, H, W); returns the same shape.
    """

    def __init__(self, channels: int, inner: int, rows: int, columns: int):
        super().__init__()
        self.rows, self.columns = rows, columns
        self.far = SelfAttention(channels, inner)
        self.near = SelfAttention(channels, inner)

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        channels, rows, columns = x.shape[1], self.rows, self.columns
        h, w = spatial_size(x)
        padded, (down, across), (above, left) = padded_to_blocks(x, rows, columns)
        # (N, C, down, rows, across, columns): pixels by block and place
        places = padded.reshape([0, channels, down, rows, across, columns]).transpose([0, 3, 5, 1, 2, 4])
        y = self.far(places.reshape([-1, channels, down, across]))
        blocks = y.reshape([-1, rows, columns, channels, down, across]).transpose([0, 4, 5, 3, 1, 2])
        y = self.near(blocks.reshape([-1, channels, rows, columns]))
        y = y.reshape([-1, down, across, channels, rows, columns]).transpose([0, 3, 1, 4, 2, 5])
        return y.reshape([0, channels, down * rows, across * columns])[:, :, above : above + h, left : left + w]


@MODELS.register
class ISANet(DeeplySupervised):
    """Interlaced sparse self-attention on a dilated backbone (Huang et al., section 3.3).

    Args:
        backbone: Gives the feature maps; ResNet at 1/8 in the paper.
        backbone_indices: The auxiliary head's feature map and the one to use.
        isa_channels: Channels in which pixels are compared.
        down_factor: Height and width of the blocks, in pixels of the feature map.
        enable_auxiliary_loss: Give logits of the earlier map as well in training.
        align_corners: How logits are brought up.
        pretrained: A weights file.

    Shape:
        x (N, C, H, W) float32. Returns logit maps (N, num_classes, H, W) in a list: one, or two in training.

    Raises:
        ValueError: `backbone_indices` names one map only.
        WeightsError: `pretrained` does not fit this network.
    """

    half_pixel = False

    def __init__(
        self,
        num_classes: int,
        backbone: nn.Layer,
        backbone_indices: Sequence[int] = (2, 3),
        isa_channels: int = 256,
        down_factor: Sequence[int] = (8, 8),
        enable_auxiliary_loss: bool = True,
        align_corners: bool = False,
        pretrained: str | None = None,
    ):
        super().__init__(num_classes, backbone, backbone_indices, enable_auxiliary_loss, align_corners, drop_maps=True)
        deep = self.backbone_channels[-1]
        channels = deep // 4
        rows, columns = down_factor
        self.reduce = ConvBNReLU(deep, channels, 3)
        self.attention = InterlacedAttention(channels, isa_channels, rows, columns)
        self.head = FCNHead(2 * channels, channels, num_classes, kernel_size=1, dropout=0.1, drop_maps=True)
        self.load_pretrained(pretrained)

    def logits(self, *maps: paddle.Tensor) -> paddle.Tensor:
        x = self.reduce(maps[-1])
        return self.head(paddle.concat([self.attention(x), x], axis=1))
