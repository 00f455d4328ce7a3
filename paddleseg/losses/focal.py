"""Focal losses (Lin et al., ICCV 2017): cross entropy that looks away from pixels it already gets right."""

from __future__ import annotations

import paddle
import paddle.nn.functional as F

from paddleseg.losses.base import SegLoss, masked_mean, one_hot, pixel_cross_entropy
from paddleseg.registry import LOSSES


@LOSSES.register
class FocalLoss(SegLoss):
    """Sigmoid form (equation 5): every channel is a yes-or-no question, answered for the pixel's class with yes.

    Args:
        alpha: Weight of "yes"; "no" has 1 - alpha.
        gamma: How fast the weight of a pixel falls with its probability.
        ignore_index: Label value of pixels that count for nothing.

    Shape:
        logits (N, C, H, W), or (N, 1, H, W) for labels of 0 and 1.
    """

    def __init__(self, alpha: float = 0.25, gamma: float = 2.0, ignore_index: int = 255):
        super().__init__(ignore_index)
        self.alpha, self.gamma = alpha, gamma

    def forward(self, logits: paddle.Tensor, labels: paddle.Tensor) -> paddle.Tensor:
        yes = targets(labels, logits)
        wrong = F.sigmoid(logits * (1 - 2 * yes))  # the probability given to the other answer
        alpha = self.alpha * yes + (1 - self.alpha) * (1 - yes)
        losses = alpha * wrong**self.gamma * F.binary_cross_entropy_with_logits(logits, yes, reduction="none")
        return masked_mean(losses.sum(axis=1), self.valid(labels))


@LOSSES.register
class MultiClassFocalLoss(SegLoss):
    """Softmax form: `alpha * (1 - p) ** gamma * cross entropy`, with p the probability of the pixel's class.

    Args:
        num_class: Classes, background included; taken from the logits.
        alpha: A factor of everything.
        gamma: How fast the weight of a pixel falls with its probability.
        ignore_index: Label value of pixels that count for nothing.
    """

    def __init__(self, num_class: int | None = None, alpha: float = 1.0, gamma: float = 2.0, ignore_index: int = 255):
        super().__init__(ignore_index)
        self.alpha, self.gamma = alpha, gamma

    def forward(self, logits: paddle.Tensor, labels: paddle.Tensor) -> paddle.Tensor:
        losses = pixel_cross_entropy(logits, labels, self.ignore_index)
        # 1 - p, without the cancellation near p = 1
        return masked_mean(self.alpha * (-paddle.expm1(-losses)) ** self.gamma * losses, self.valid(labels))


def targets(labels: paddle.Tensor, logits: paddle.Tensor) -> paddle.Tensor:
    """What each channel should answer, 0 or 1; a single channel stands for class 1. Labels may be independent."""
    if labels.ndim == 4:
        return (labels == 1).astype(logits.dtype)
    if logits.shape[1] == 1:
        return (labels == 1).astype(logits.dtype).unsqueeze(1)
    return one_hot(labels, logits.shape[1]).astype(logits.dtype)
