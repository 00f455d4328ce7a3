"""Dice loss."""

from __future__ import annotations

from collections.abc import Sequence

import paddle
import paddle.nn.functional as F

from paddleseg.losses.base import SegLoss, one_hot
from paddleseg.registry import LOSSES


@LOSSES.register
class DiceLoss(SegLoss):
    """One minus the soft Dice coefficient of each class, averaged over classes (Milletari et al., 3DV 2016).

    Overlap and sizes are summed over the batch, so an image without a class does not dominate.

    Args:
        weight: One factor for each class.
        ignore_index: Label value of pixels that count for nothing.
        smooth: Added above and below the line; keeps absent classes at a loss of 0.
    """

    def __init__(self, weight: Sequence[float] | None = None, ignore_index: int = 255, smooth: float = 1.0):
        super().__init__(ignore_index)
        self.weight, self.smooth = weight, smooth

    def forward(self, logits: paddle.Tensor, labels: paddle.Tensor) -> paddle.Tensor:
        valid = self.valid(labels).astype(logits.dtype).unsqueeze(1)
        prob = F.softmax(logits, axis=1) * valid
        truth = one_hot(labels, logits.shape[1]).astype(prob.dtype) * valid
        losses = dice_loss(prob, truth, axes=[0, 2, 3], smooth=self.smooth)
        if self.weight is None:
            return losses.mean()
        weight = paddle.to_tensor(list(self.weight), dtype=losses.dtype)
        return (losses * weight).sum() / weight.sum()


def dice_loss(prob: paddle.Tensor, truth: paddle.Tensor, axes: list[int], smooth: float = 1.0) -> paddle.Tensor:
    """One minus Dice of two soft sets, summed over `axes`."""
    shared, total = (prob * truth).sum(axes), (prob + truth).sum(axes)
    return 1 - (2 * shared + smooth) / (total + smooth)
