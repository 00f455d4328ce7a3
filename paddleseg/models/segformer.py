"""SegFormer: a transformer and a head of linear layers (Xie et al., NeurIPS 2021)."""

from __future__ import annotations

import paddle
from paddle import nn

from paddleseg.models.base import SegModel
from paddleseg.models.layers import upsample
from paddleseg.models.layers.basic import ConvBNReLU
from paddleseg.registry import MODELS


@MODELS.register
class SegFormer(SegModel):
    """A linear layer for each of a backbone's maps, all at the finest one's size, and one over all (section 3.2).

    Args:
        num_classes: Classes, background included.
        backbone: Gives the feature maps, the finest first; all of them are used.
        embedding_dim: Channels of every map after its linear layer: 256 for B0 and B1, 768 for B2 to B5.
        align_corners: How maps and logits are brought up.
        pretrained: A weights file.

    Shape:
        x (N, C, H, W) float32. Returns one logit map (N, num_classes, H, W) in a list.

    Raises:
        WeightsError: `pretrained` does not fit this network.
    """

    def __init__(
        self,
        num_classes: int,
        backbone: nn.Layer,
        embedding_dim: int,
        align_corners: bool = False,
        pretrained: str | None = None,
    ):
        super().__init__(num_classes, backbone, align_corners=align_corners)
        self.project = nn.LayerList([nn.Linear(channels, embedding_dim) for channels in self.backbone_channels])
        self.fuse = ConvBNReLU(len(self.project) * embedding_dim, embedding_dim, 1)
        self.dropout = nn.Dropout2D(0.1)
        self.classify = nn.Conv2D(embedding_dim, num_classes, 1)
        self.load_pretrained(pretrained)

    def forward(self, x: paddle.Tensor) -> list[paddle.Tensor]:
        maps = [_on_channels(layer, each) for layer, each in zip(self.project, self.backbone_maps(x), strict=True)]
        finest, *others = maps
        maps = [finest, *[upsample(each, finest, self.align_corners) for each in others]]
        return self.at_size_of(x, self.classify(self.dropout(self.fuse(paddle.concat(maps[::-1], axis=1)))))


def _on_channels(layer: nn.Linear, x: paddle.Tensor) -> paddle.Tensor:
    """`layer` at every place of a map (N, C, H, W)."""
    return layer(x.transpose([0, 2, 3, 1])).transpose([0, 3, 1, 2])
