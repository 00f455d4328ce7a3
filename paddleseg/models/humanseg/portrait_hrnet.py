"""PortraitHRNet: PP-HumanSeg V1 Mobile with a cheaper head and finer edges."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import paddle
import paddle.nn.functional as F
from paddle import nn

from paddleseg.models.backbones.hrnet import HRNet_W18_Small_V1
from paddleseg.models.base import SegModel
from paddleseg.models.heads.fcn import FCNHead
from paddleseg.models.layers import SeparableConv, upsample
from paddleseg.models.layers.basic import ConvBN
from paddleseg.models.layers.reparam import Foldable
from paddleseg.registry import MODELS


class BranchHead(FCNHead, Foldable):
    """`FCNHead` on all branches of an HRNet, without bringing them to one size first.

    A 1x1 convolution of maps side by side is the sum of one of each, and a linear upsampling may come after it: the
    same numbers for an eighth of the multiplications.

    Args:
        widths: Channels of each branch.
        channels: Between the two convolutions.
    """

    def __init__(self, widths: Sequence[int], channels: int, num_classes: int):
        super().__init__(sum(widths), channels, num_classes, kernel_size=1)
        self.widths = tuple(widths)

    def features(self, maps: list[paddle.Tensor], align_corners: bool) -> paddle.Tensor:
        """What the head's first convolution, batch norm and ReLU make of the maps, at the first one's size."""
        kernels = self.kernels([x.shape[1] for x in maps])  # of a pruned network, fewer than `widths`
        total, *low = (F.conv2d(x, kernel) for x, kernel in zip(maps, kernels, strict=True))
        for x in low:
            total = total + upsample(x, total, align_corners)
        return F.relu(self.conv.bn(total))

    def kernels(self, widths: Sequence[int]) -> Iterable[paddle.Tensor]:
        """The first convolution's kernel, branch by branch."""
        return paddle.split(self.conv.conv.weight, list(widths), axis=1)

    def folded(self) -> BranchHead:
        """With a kernel for each branch; of pruned branches the widths are not known here, and it stays as it is."""
        return SplitBranchHead(self) if self.conv.conv.weight.shape[1] == sum(self.widths) else self


class SplitBranchHead(BranchHead):
    """`BranchHead` with a parameter for each branch's kernel: Paddle Lite takes no kernel that the graph makes."""

    def __init__(self, head: BranchHead):
        num_classes, channels = head.classify.weight.shape[:2]
        super().__init__(head.widths, channels, num_classes)
        self.set_state_dict(head.state_dict())
        kernels = list(head.kernels(head.widths))
        self.parts = nn.ParameterList([paddle.create_parameter(part.shape, part.dtype) for part in kernels])
        for mine, part in zip(self.parts, kernels, strict=True):
            mine.set_value(part)
        del self.conv.conv  # whose kernel the parts are

    def kernels(self, widths: Sequence[int]) -> Iterable[paddle.Tensor]:
        return self.parts


class EdgeRefiner(nn.Layer):
    """What the logits at 1/4 lack at 1/2, from their features and the picture's own edges; hardly anything at first."""

    def __init__(self, in_channels: int, skip_channels: int, channels: int, num_classes: int):
        super().__init__()
        self.narrow = ConvBN(in_channels, channels, 1)
        self.skip = ConvBN(skip_channels, channels, 1)
        self.units = nn.Sequential(*[SeparableConv(channels, channels) for _ in range(2)])
        self.classify = nn.Conv2D(channels, num_classes, 1, weight_attr=nn.initializer.Normal(std=0.01))

    def forward(self, x: paddle.Tensor, skip: paddle.Tensor, align_corners: bool) -> paddle.Tensor:
        x = F.relu(upsample(self.narrow(x), skip, align_corners) + self.skip(skip))
        return self.classify(self.units(x))


@MODELS.register
class PortraitHRNet(SegModel):
    """HRNet-W18-small-v1 with V1 Mobile's head, and a light decoder from 1/4 to 1/2 that corrects its edges.

    The parameters are V1 Mobile's with `refine.*` beside them. With V1 Mobile's weights (`--allow_partial`) it starts
    as that network.

    Args:
        num_classes: Classes, background included.
        in_channels: Channels of the image.
        refine_channels: Channels of the decoder.
        pretrained: A weights file or a `zoo://` name.
        align_corners: How upsampling places the samples.

    Shape:
        x (N, in_channels, H, W) float32. Returns one logit map (N, num_classes, H, W) in a list.
    """

    def __init__(
        self,
        num_classes: int = 2,
        in_channels: int = 3,
        refine_channels: int = 24,
        pretrained: str | None = None,
        align_corners: bool = False,
    ):
        backbone = HRNet_W18_Small_V1(in_channels, align_corners=align_corners)
        super().__init__(num_classes, backbone, align_corners=align_corners)
        (channels,) = self.backbone_channels
        self.head = BranchHead([backbone.width << branch for branch in range(4)], channels, num_classes)
        self.refine = EdgeRefiner(channels, 64, refine_channels, num_classes)
        self.load_pretrained(pretrained)

    def forward(self, x: paddle.Tensor) -> list[paddle.Tensor]:
        half = self.backbone.stem[0](x)
        maps = self.backbone.branches(self.backbone.stem[1](half))
        y = self.head.features(maps, self.align_corners)
        correction = self.refine(y, half, self.align_corners)
        return self.at_size_of(x, upsample(self.head.classify(y), half, self.align_corners) + correction)
