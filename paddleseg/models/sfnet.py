"""SFNet: deep maps moved to where detail says they belong before they are added (Li et al., ECCV 2020)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import paddle
from paddle import nn

from paddleseg.models.base import SegModel
from paddleseg.models.contract import Head
from paddleseg.models.heads.fcn import FCNHead
from paddleseg.models.layers import PyramidPooling, upsample
from paddleseg.models.layers.basic import ConvBNReLU
from paddleseg.models.layers.flow import along_flow
from paddleseg.registry import MODELS


class FlowAlignment(nn.Layer):
    """A deep map at the size of a fine one, each place taken from where the learned flow points (section 3.2).

    Shape:
        fine (N, channels, H, W), deep (N, channels, H', W'); returns (N, channels, H, W).
    """

    def __init__(self, channels: int):
        super().__init__()
        self.reduce_fine = nn.Conv2D(channels, channels // 2, 1, bias_attr=False)
        self.reduce_deep = nn.Conv2D(channels, channels // 2, 1, bias_attr=False)
        self.flow = nn.Conv2D(channels // 2 * 2, 2, 3, padding=1, bias_attr=False)

    def forward(self, fine: paddle.Tensor, deep: paddle.Tensor) -> paddle.Tensor:
        both = [upsample(self.reduce_deep(deep), fine, align_corners=True), self.reduce_fine(fine)]
        return along_flow(deep, self.flow(paddle.concat(both, axis=1)))


@MODELS.register
class SFNet(SegModel):
    """A feature pyramid whose levels are joined along a learned flow (Li et al., section 3.3, figure 3).

    Args:
        backbone: Gives the feature maps; ResNet in the paper.
        backbone_indices: The feature maps to use, finest first.
        enable_auxiliary_loss: Give logits of each level as well in training.
        align_corners: How logits are brought up.
        pretrained: A weights file.

    Shape:
        x (N, C, H, W) float32. Returns logit maps (N, num_classes, H, W) in a list: the main one, and in training with
        `enable_auxiliary_loss` one for each level but the deepest, deepest first.

    Raises:
        WeightsError: `pretrained` does not fit this network.
    """

    @staticmethod
    def extra_heads(
        num_classes: int,
        backbone_indices: Sequence[int] = (0, 1, 2, 3),
        enable_auxiliary_loss: bool = False,
        **_: Any,
    ) -> list[Head]:
        levels = reversed(range(len(backbone_indices) - 1)) if enable_auxiliary_loss else ()
        return [Head(f"level_{level}", "logits", num_classes) for level in levels]

    def __init__(
        self,
        num_classes: int,
        backbone: nn.Layer,
        backbone_indices: Sequence[int],
        enable_auxiliary_loss: bool = False,
        align_corners: bool = False,
        pretrained: str | None = None,
    ):
        levels = self.extra_heads(num_classes, backbone_indices, enable_auxiliary_loss)
        super().__init__(num_classes, backbone, backbone_indices, extra_heads=levels, align_corners=align_corners)
        *fine, deep = self.backbone_channels
        width = 256 if deep > 512 else 128  # the paper's for ResNet50 and ResNet18
        self.pyramid = PyramidPooling(deep, deep // 4, (1, 2, 3, 6), align_corners=True)
        self.context = ConvBNReLU(deep + deep // 4 * 4, width, 3)
        self.reduce = nn.LayerList([ConvBNReLU(channels, width, 1) for channels in fine])
        self.align = nn.LayerList([FlowAlignment(width) for _ in fine])
        self.smooth = nn.LayerList([ConvBNReLU(width, width, 3) for _ in fine])
        self.auxiliary = nn.LayerList([FCNHead(width, width, num_classes, dropout=0.1) for _ in levels])
        self.head = FCNHead(len(self.backbone_channels) * width, width, num_classes)
        self.load_pretrained(pretrained)

    def forward(self, x: paddle.Tensor) -> list[paddle.Tensor]:
        *fine, deep = self.backbone_maps(x)
        joined = self.context(paddle.concat([deep, *reversed(self.pyramid(deep))], axis=1))
        levels, auxiliary = [joined], []
        for level in reversed(range(len(fine))):
            detail = self.reduce[level](fine[level])
            joined = detail + self.align[level](detail, joined)
            levels.insert(0, self.smooth[level](joined))
            if self.training and self.auxiliary:
                auxiliary.append(self.auxiliary[level](joined))
        finest, *coarse = levels
        gathered = [finest, *(upsample(each, finest, align_corners=True) for each in coarse)]
        return self.at_size_of(x, self.head(paddle.concat(gathered, axis=1)), *auxiliary)
