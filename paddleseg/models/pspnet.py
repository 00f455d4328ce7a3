"""PSPNet: averages over regions of several sizes as context (Zhao et al., CVPR 2017)."""

from __future__ import annotations

from collections.abc import Sequence

import paddle
from paddle import nn

from paddleseg.models.heads.deep_supervision import DeeplySupervised
from paddleseg.models.heads.fcn import FCNHead
from paddleseg.models.layers import PyramidPooling
from paddleseg.registry import MODELS


@MODELS.register
class PSPNet(DeeplySupervised):
    """Pyramid pooling on a dilated backbone (Zhao et al., section 3.2, figure 3).

    Args:
        backbone: Gives the feature maps; ResNet at 1/8 in the paper.
        backbone_indices: The auxiliary head's feature map and the one to use.
        pp_out_channels: Channels after the pyramid pooling.
        bin_sizes: Its grid sizes.
        enable_auxiliary_loss: Give logits of the earlier map as well in training.
        align_corners: How maps are brought up.
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
        pp_out_channels: int = 1024,
        bin_sizes: Sequence[int] = (1, 2, 3, 6),
        enable_auxiliary_loss: bool = True,
        align_corners: bool = False,
        pretrained: str | None = None,
    ):
        super().__init__(num_classes, backbone, backbone_indices, enable_auxiliary_loss, align_corners)
        channels = self.backbone_channels[-1]
        each = channels // len(bin_sizes)
        self.pyramid = PyramidPooling(channels, each, bin_sizes, align_corners)
        self.head = FCNHead(channels + each * len(bin_sizes), pp_out_channels, num_classes, dropout=0.1)
        self.load_pretrained(pretrained)

    def logits(self, *maps: paddle.Tensor) -> paddle.Tensor:
        deep = maps[-1]
        return self.head(paddle.concat([deep, *reversed(self.pyramid(deep))], axis=1))
