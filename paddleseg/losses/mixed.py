"""A weighted sum of losses for one output."""

from __future__ import annotations

from collections.abc import Sequence

import paddle
from paddle import nn

from paddleseg.registry import LOSSES


@LOSSES.register
class MixedLoss(nn.Layer):
    """`sum(coef * loss)` over several losses of the same logits and labels.

    Args:
        losses: Losses, each with its own settings.
        coef: One weight for each.

    Raises:
        ValueError: There are not as many weights as losses, or some losses want another label map than others.
    """

    def __init__(self, losses: Sequence[nn.Layer], coef: Sequence[float]):
        super().__init__()
        if len(losses) != len(coef) or not losses:
            raise ValueError(f"has {len(losses)} losses and {len(coef)} coef")
        keys = {getattr(loss, "label_key", "label") for loss in losses}
        if len(keys) > 1:
            raise ValueError(f"its losses want different label maps: {', '.join(sorted(keys))}")
        self.losses, self.coef, self.label_key = nn.LayerList(losses), list(coef), keys.pop()

    def forward(self, *inputs: paddle.Tensor) -> paddle.Tensor:
        return paddle.add_n([weight * loss(*inputs) for weight, loss in zip(self.coef, self.losses, strict=True)])
