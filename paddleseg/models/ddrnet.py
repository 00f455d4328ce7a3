"""DDRNet: a path that stays at 1/8 beside one that goes down to 1/64 (Hong et al., arXiv 2101.06085)."""

from __future__ import annotations

from typing import Any

import paddle
import paddle.nn.functional as F
from paddle import nn

from paddleseg.models.base import SegModel
from paddleseg.models.contract import Head
from paddleseg.models.heads.fcn import pre_activated_head
from paddleseg.models.layers import upsample
from paddleseg.models.layers.basic import ConvBN, ConvBNReLU
from paddleseg.models.layers.dappm import DAPPM
from paddleseg.models.layers.residual import BasicBlock, NarrowBottleneck, residual_stage
from paddleseg.registry import MODELS


@MODELS.register
class DDRNet_23(SegModel):  # noqa: N801 - PaddleSeg's name
    """DDRNet-23 (Hong et al., section 3.2, figure 4, table 1); with 32 `planes` it is DDRNet-23-slim.

    Args:
        enable_auxiliary_loss: Give logits of the fine path's first stage as well in training.
        planes: Channels of the first stage.
        spp_planes: Channels of each scale of the pyramid.
        head_planes: Channels inside the heads.
        in_channels: Channels of the image.
        pretrained: A weights file.

    Shape:
        x (N, in_channels, H, W) float32. Returns logit maps (N, num_classes, H, W) in a list: one, or two in training
        with `enable_auxiliary_loss`.

    Raises:
        WeightsError: `pretrained` does not fit this network.
    """

    @staticmethod
    def extra_heads(num_classes: int, enable_auxiliary_loss: bool = False, **_: Any) -> list[Head]:
        return [Head("auxiliary", "logits", num_classes)] if enable_auxiliary_loss else []

    def __init__(
        self,
        num_classes: int,
        enable_auxiliary_loss: bool = False,
        planes: int = 64,
        spp_planes: int = 128,
        head_planes: int = 128,
        in_channels: int = 3,
        pretrained: str | None = None,
    ):
        super().__init__(num_classes, extra_heads=self.extra_heads(num_classes, enable_auxiliary_loss))
        fine = 2 * planes
        self.stem = nn.Sequential(ConvBNReLU(in_channels, planes, 3, stride=2), ConvBNReLU(planes, planes, 3, stride=2))
        self.layer1 = residual_stage(BasicBlock, planes, planes, 2)
        self.layer2 = residual_stage(BasicBlock, planes, fine, 2, stride=2)
        self.deep3 = residual_stage(BasicBlock, fine, planes * 4, 2, stride=2)
        self.deep4 = residual_stage(BasicBlock, planes * 4, planes * 8, 2, stride=2)
        self.deep5 = residual_stage(NarrowBottleneck, planes * 8, planes * 8, 1, stride=2)
        self.fine3 = residual_stage(BasicBlock, fine, fine, 2)
        self.fine4 = residual_stage(BasicBlock, fine, fine, 2)
        self.fine5 = residual_stage(NarrowBottleneck, fine, fine, 1)
        self.to_fine3, self.to_fine4 = ConvBN(planes * 4, fine, 1), ConvBN(planes * 8, fine, 1)
        self.to_deep3 = ConvBN(fine, planes * 4, 3, stride=2, padding="SAME")  # published weights learned it so
        self.to_deep4 = nn.Sequential(
            ConvBNReLU(fine, planes * 4, 3, stride=2), ConvBN(planes * 4, planes * 8, 3, stride=2)
        )
        self.context = DAPPM(planes * 16, spp_planes, planes * 4, count_padding=False)
        self.head = pre_activated_head(planes * 4, head_planes, num_classes)
        self.auxiliary = pre_activated_head(fine, head_planes, num_classes) if enable_auxiliary_loss else None
        self.load_pretrained(pretrained)

    def forward(self, x: paddle.Tensor) -> list[paddle.Tensor]:
        shared = F.relu(self.layer2(F.relu(self.layer1(self.stem(x)))))
        deep, fine = self.deep3(shared), self.fine3(shared)
        fine3 = fine + upsample(self.to_fine3(F.relu(deep)), fine)
        deep = self.deep4(F.relu(deep + self.to_deep3(F.relu(fine))))
        fine = self.fine4(F.relu(fine3))
        fine4 = fine + upsample(self.to_fine4(F.relu(deep)), fine)
        deep = self.context(self.deep5(F.relu(deep + self.to_deep4(F.relu(fine)))))
        fine = self.fine5(F.relu(fine4))
        logits = [self.head(fine + upsample(deep, fine))]
        if self.training and self.auxiliary is not None:
            logits.append(self.auxiliary(fine3))
        return self.at_size_of(x, *logits)
