"""LR-ASPP: one gate from the whole picture, then detail from finer maps (Howard et al., ICCV 2019)."""

from __future__ import annotations

from collections.abc import Sequence

import paddle
import paddle.nn.functional as F
from paddle import nn

from paddleseg.models.base import SegModel
from paddleseg.models.layers import ResizeMode, sigmoid, upsample
from paddleseg.models.layers.basic import ConvBNReLU
from paddleseg.registry import MODELS


@MODELS.register
class LRASPP(SegModel):
    """Lite R-ASPP on a mobile backbone (Howard et al., section 6.4, figure 10), with a level more than the paper's.

    Args:
        backbone: Gives the feature maps; MobileNetV3 at 1/8 or 1/16 in the paper.
        backbone_indices: The feature maps to use, finest first.
        lraspp_head_inter_chs: Channels of all but the last of them.
        lraspp_head_out_ch: Channels of the gated map and of each level after it.
        resize_mode: How maps are brought up inside the head.
        use_gap: Gate by the mean of the whole map; without it by means over windows of 49x49 (of a smaller
            map: over its whole), 16 and 20 places apart.
        pretrained: A weights file.

    Shape:
        x (N, C, H, W) float32. Returns one logit map (N, num_classes, H, W) in a list.

    Raises:
        ValueError: `backbone_indices` is not one longer than `lraspp_head_inter_chs`.
        WeightsError: `pretrained` does not fit this network.
    """

    def __init__(
        self,
        num_classes: int,
        backbone: nn.Layer,
        backbone_indices: Sequence[int] = (0, 1, 3),
        lraspp_head_inter_chs: Sequence[int] = (32, 64),
        lraspp_head_out_ch: int = 128,
        resize_mode: ResizeMode = "bilinear",
        use_gap: bool = True,
        pretrained: str | None = None,
    ):
        super().__init__(num_classes, backbone, backbone_indices)
        *fine, deep = self.backbone_channels
        inner, out = list(lraspp_head_inter_chs), lraspp_head_out_ch
        if len(inner) != len(fine):
            raise ValueError(f"lraspp_head_inter_chs should hold {len(fine)} numbers, one less than backbone_indices")
        self.mode, self.use_gap = resize_mode, use_gap
        self.gate = nn.Conv2D(deep, out, 1, bias_attr=False)
        self.value = ConvBNReLU(deep, out, 1)
        self.transform = nn.Conv2D(out, out, 1, bias_attr=False)
        self.reduce = nn.LayerList(
            [nn.Conv2D(channels, width, 1, bias_attr=False) for channels, width in zip(fine, inner, strict=True)]
        )
        self.fuse = nn.LayerList([ConvBNReLU(out + width, out, 1) for width in inner])
        self.classify = nn.Conv2D(out, num_classes, 1, bias_attr=False)
        self.load_pretrained(pretrained)

    def forward(self, x: paddle.Tensor) -> list[paddle.Tensor]:
        *fine, deep = self.backbone_maps(x)
        means = F.adaptive_avg_pool2d(deep, 1) if self.use_gap else F.avg_pool2d(deep, _window(deep), stride=(16, 20))
        gate = upsample(sigmoid(self.gate(means)), deep, mode=self.mode)
        y = self.transform(self.value(deep) * gate)
        for level in reversed(range(len(fine))):
            detail = self.reduce[level](fine[level])
            y = self.fuse[level](paddle.concat([upsample(y, detail, mode=self.mode), detail], axis=1))
        return self.at_size_of(x, self.classify(y))


def _window(x: paddle.Tensor) -> list[int]:
    """49 x 49, or the whole of a smaller map; sides that an export leaves open (-1) are taken for larger ones."""
    return [min(49, side) if side > 0 else 49 for side in x.shape[2:]]
