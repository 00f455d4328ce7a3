"""A loss of mattes."""

from __future__ import annotations

import paddle
import paddle.nn.functional as F
from paddle import nn

from paddleseg.registry import LOSSES


@LOSSES.register
class AlphaLoss(nn.Layer):
    """How far an alpha is off, and how far its gradients are, at several sizes.

    Differences of neighbours at full size say whether hair is where it should be; at smaller ones, whether the edge is.
    Pixels that are soft in the true alpha count more: most of a picture is easy.

    Args:
        gradient: The weight of the gradients.
        soft: How much more a soft pixel counts than another one.
        levels: Sizes, each half of the one before.

    Attributes:
        label_key: The field that it compares with.

    Shape:
        alpha (N, 1, H, W) float; true alpha (N, H, W) float in [0, 1]. Returns a scalar.
    """

    label_key = "alpha"
    head_kinds = ("alpha",)

    def __init__(self, gradient: float = 1.0, soft: float = 3.0, levels: int = 3):
        super().__init__()
        if levels < 1:
            raise ValueError(f"levels should be 1 or more, not {levels!r}")
        self.gradient, self.soft, self.levels = gradient, soft, levels

    def forward(self, alpha: paddle.Tensor, truth: paddle.Tensor) -> paddle.Tensor:
        truth = truth.unsqueeze(1)
        off = alpha - truth
        weight = 1 + self.soft * ((truth > 0) & (truth < 1)).astype(off.dtype)
        total = (weight * off.abs()).sum() / weight.sum()
        for level in range(self.levels):
            if level:
                off = F.avg_pool2d(off, 2, ceil_mode=True)
            steps = (off[..., 1:] - off[..., :-1], off[..., 1:, :] - off[..., :-1, :])
            total = total + self.gradient * sum(step.abs().mean() for step in steps) / self.levels
        return total
