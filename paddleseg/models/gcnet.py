"""GCNet: one context for all pixels, as non-local attention nearly gives (Cao et al., ICCV Workshops 2019)."""

from __future__ import annotations

from collections.abc import Sequence

import paddle
import paddle.nn.functional as F
from paddle import nn

from paddleseg.models.heads.deep_supervision import DeeplySupervised
from paddleseg.models.heads.fcn import FCNHead
from paddleseg.models.layers import matmul
from paddleseg.models.layers.basic import ConvBNReLU
from paddleseg.registry import MODELS


class GlobalContext(nn.Layer):
    """What the map shows where it matters, through a bottleneck, added everywhere (section 3.3, figure 4 d).

    Args:
        ratio: Channels of the bottleneck, as a share of `channels`.

    Shape:
        x (N, channels, H, W); returns the same shape.
    """

    def __init__(self, channels: int, ratio: float):
        super().__init__()
        inner = int(channels * ratio)
        self.salience = nn.Conv2D(channels, 1, 1, bias_attr=False)  # a softmax takes a bias away again
        self.squeeze = nn.Conv2D(channels, inner, 1)
        self.norm = nn.LayerNorm(inner)
        self.expand = nn.Conv2D(inner, channels, 1)

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        weights = F.softmax(self.salience(x).flatten(2), axis=2)
        context = matmul(x.flatten(2), weights, transpose_y=True).unsqueeze(-1)  # (N, channels, 1, 1)
        inner = F.relu(self.norm(self.squeeze(context).flatten(1)))
        return x + self.expand(inner.unsqueeze([2, 3]))


@MODELS.register
class GCNet(DeeplySupervised):
    """A global context block on a dilated backbone (Cao et al., section 3.3; on ResNet at 1/8 for segmentation).

    Args:
        backbone: Gives the feature maps.
        backbone_indices: The auxiliary head's feature map and the one to use.
        gc_channels: Channels of the block.
        ratio: Channels of its bottleneck, as a share of those.
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
        gc_channels: int = 512,
        ratio: float = 0.25,
        enable_auxiliary_loss: bool = True,
        align_corners: bool = False,
        pretrained: str | None = None,
    ):
        super().__init__(num_classes, backbone, backbone_indices, enable_auxiliary_loss, align_corners)
        deep = self.backbone_channels[-1]
        self.reduce = ConvBNReLU(deep, gc_channels, 3)
        self.context = GlobalContext(gc_channels, ratio)
        self.smooth = ConvBNReLU(gc_channels, gc_channels, 3)
        self.head = FCNHead(deep + gc_channels, gc_channels, num_classes, dropout=0.1)
        self.load_pretrained(pretrained)

    def logits(self, *maps: paddle.Tensor) -> paddle.Tensor:
        deep = maps[-1]
        x = self.smooth(self.context(self.reduce(deep)))
        return self.head(paddle.concat([deep, x], axis=1))
