"""Losses between a student and a teacher, pixel by pixel."""

from __future__ import annotations

from collections.abc import Sequence

import paddle
import paddle.nn.functional as F
from paddle import nn

from paddleseg.losses.base import masked_mean
from paddleseg.losses.cross_entropy import CrossEntropyLoss
from paddleseg.registry import LOSSES


class DistillLoss(nn.Layer):
    """A loss of a student's map against a teacher's; no gradient reaches the teacher.

    Args:
        ignore_index: Label value of pixels that count for nothing, where labels are given.

    Shape:
        student and teacher (N, C, H, W) float; labels (N, H, W) or None. Returns a scalar.
    """

    def __init__(self, ignore_index: int = 255):
        super().__init__()
        self.ignore_index = ignore_index

    def forward(
        self, student: paddle.Tensor, teacher: paddle.Tensor, labels: paddle.Tensor | None = None
    ) -> paddle.Tensor:
        losses = self.pixel_losses(student, teacher.detach())
        return losses.mean() if labels is None else masked_mean(losses, labels != self.ignore_index)

    def pixel_losses(self, student: paddle.Tensor, teacher: paddle.Tensor) -> paddle.Tensor:
        """The loss of every pixel, (N, H, W)."""
        raise NotImplementedError


@LOSSES.register
class KLLoss(DistillLoss):
    """Kullback-Leibler divergence of the student's class probabilities from the teacher's (Hinton et al., 2015).

    Args:
        ignore_index: Label value of pixels that count for nothing, where labels are given.
        temperature: Divides all logits; the loss is multiplied by its square, so that gradients keep their size.
    """

    def __init__(self, ignore_index: int = 255, temperature: float = 1.0):
        super().__init__(ignore_index)
        self.temperature = temperature

    def pixel_losses(self, student: paddle.Tensor, teacher: paddle.Tensor) -> paddle.Tensor:
        log_student, log_teacher = (F.log_softmax(logits / self.temperature, axis=1) for logits in (student, teacher))
        return (log_teacher.exp() * (log_teacher - log_student)).sum(axis=1) * self.temperature**2


@LOSSES.register
class MSELoss(DistillLoss):
    """Mean squared difference of two maps: logits or features."""

    def __init__(self, ignore_index: int = 255):
        super().__init__(ignore_index)

    def pixel_losses(self, student: paddle.Tensor, teacher: paddle.Tensor) -> paddle.Tensor:
        return ((student - teacher) ** 2).mean(axis=1)


@LOSSES.register
class L1Loss(DistillLoss):
    """Mean absolute difference of two maps: logits or features."""

    def __init__(self, ignore_index: int = 255):
        super().__init__(ignore_index)

    def pixel_losses(self, student: paddle.Tensor, teacher: paddle.Tensor) -> paddle.Tensor:
        return (student - teacher).abs().mean(axis=1)


@LOSSES.register
class DistillCrossEntropyLoss(CrossEntropyLoss):
    """Cross entropy of the student against the teacher's probabilities, over the labels' known pixels.

    Its infimum is the entropy of the teacher.

    Args:
        weight: One factor for each class of the label.
        ignore_index: Label value of pixels that count for nothing.
        top_k_percent_pixels: Share of the pixels that count, hardest first.

    Shape:
        student and teacher (N, C, H, W) float; labels (N, H, W). Returns a scalar.
    """

    def __init__(
        self,
        weight: Sequence[float] | str | None = None,
        ignore_index: int = 255,
        top_k_percent_pixels: float = 1.0,
    ):
        super().__init__(weight, ignore_index, top_k_percent_pixels)

    def forward(  # type: ignore[override]
        self, student: paddle.Tensor, teacher: paddle.Tensor, labels: paddle.Tensor
    ) -> paddle.Tensor:
        losses = -(F.softmax(teacher.detach(), axis=1) * F.log_softmax(student, axis=1)).sum(axis=1)
        return self.reduce(losses, self.pixel_weights(labels, student.shape[1], losses.dtype))
