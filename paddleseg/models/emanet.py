"""EMANet: pixels described by a few bases, which expectation-maximization finds (Li et al., ICCV 2019)."""

from __future__ import annotations

from collections.abc import Sequence

import paddle
import paddle.nn.functional as F
from paddle import distributed, nn

from paddleseg.models.heads.deep_supervision import DeeplySupervised
from paddleseg.models.heads.fcn import head_beside
from paddleseg.models.layers import matmul, spatial_size
from paddleseg.models.layers.basic import ConvBNReLU
from paddleseg.registry import MODELS


class ExpectationMaximization(nn.Layer):
    """The map made again from few bases (section 3.3); where they begin is a moving average in training (section 3.4).

    Gradient passes neither through the iterations nor to the bases, which the moving average learns.

    Args:
        bases: How many.
        steps: Iterations of expectation (which bases a pixel is made of) and maximization (the bases).
        momentum: Share of a step's bases in the moving average.

    Shape:
        x (N, channels, H, W); returns the same shape.
    """

    def __init__(self, channels: int, bases: int, steps: int, momentum: float):
        super().__init__()
        if steps < 1:
            raise ValueError(f"stage_num is {steps}; there should be one iteration at least")
        self.steps, self.momentum = steps, momentum
        self.register_buffer("bases", _unit(paddle.randn([1, channels, bases])))

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        pixels, bases = x.detach().flatten(2), self.bases
        for _ in range(self.steps):
            shares = F.softmax(matmul(pixels, bases, transpose_x=True), axis=2)  # (N, H * W, bases)
            bases = _unit(matmul(pixels, shares / shares.sum(axis=1, keepdim=True)))
        if self.training:
            self._follow(_unit(bases.mean(axis=0, keepdim=True)))
        return matmul(bases, shares, transpose_y=True).reshape([0, x.shape[1], *spatial_size(x)])

    def _follow(self, bases: paddle.Tensor) -> None:
        if distributed.get_world_size() > 1:
            distributed.all_reduce(bases)
            bases = bases / distributed.get_world_size()
        self.bases.set_value(self.bases * (1 - self.momentum) + bases * self.momentum)


def _unit(x: paddle.Tensor) -> paddle.Tensor:
    """Columns of length 1. Not `F.normalize`, which the older form of graph does not take."""
    return x * ((x * x).sum(axis=1, keepdim=True) + 1e-24) ** -0.5


@MODELS.register
class EMANet(DeeplySupervised):
    """Expectation-maximization attention on a dilated backbone (Li et al., section 3.3, figure 2).

    Args:
        backbone: Gives the feature maps; ResNet at 1/8 in the paper.
        backbone_indices: The auxiliary head's feature map and the one to use.
        ema_channels: Channels of the attention.
        gc_channels: Channels after it.
        num_bases: Bases that pixels are made of.
        stage_num: Iterations of expectation and maximization.
        momentum: Share of a step's bases in the moving average that they begin from.
        concat_input: Classify the backbone's map beside the attended one.
        enable_auxiliary_loss: Give logits of the earlier map as well in training.
        align_corners: How logits are brought up.
        pretrained: A weights file.

    Shape:
        x (N, C, H, W) float32. Returns logit maps (N, num_classes, H, W) in a list: one, or two in training.

    Raises:
        ValueError: No iteration, or `backbone_indices` names one map only.
        WeightsError: `pretrained` does not fit this network.
    """

    def __init__(
        self,
        num_classes: int,
        backbone: nn.Layer,
        backbone_indices: Sequence[int] = (2, 3),
        ema_channels: int = 512,
        gc_channels: int = 256,
        num_bases: int = 64,
        stage_num: int = 3,
        momentum: float = 0.1,
        concat_input: bool = True,
        enable_auxiliary_loss: bool = True,
        align_corners: bool = False,
        pretrained: str | None = None,
    ):
        super().__init__(num_classes, backbone, backbone_indices, enable_auxiliary_loss, align_corners, drop_maps=True)
        deep = self.backbone_channels[-1]
        self.reduce = ConvBNReLU(deep, ema_channels, 3)
        self.before = nn.Conv2D(ema_channels, ema_channels, 1)
        for parameter in self.before.parameters():
            parameter.stop_gradient = True  # none passes back through the iterations
        self.attention = ExpectationMaximization(ema_channels, num_bases, stage_num, momentum)
        self.after = ConvBNReLU(ema_channels, ema_channels, 1)
        self.smooth = ConvBNReLU(ema_channels, gc_channels, 3)
        self.concat_input = concat_input
        self.head = head_beside(deep if concat_input else 0, gc_channels, num_classes)
        self.load_pretrained(pretrained)

    def logits(self, *maps: paddle.Tensor) -> paddle.Tensor:
        deep = maps[-1]
        x = self.reduce(deep)
        made_again = self.after(F.relu(self.attention(self.before(x))))
        attended = self.smooth(F.relu(x + made_again))
        return self.head(paddle.concat([deep, attended], axis=1) if self.concat_input else attended)
