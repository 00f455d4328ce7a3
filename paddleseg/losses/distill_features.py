"""Losses between maps of a student and a teacher that look at more than a pixel: for features, and for logits too."""

from __future__ import annotations

import paddle
import paddle.nn.functional as F
from paddle import nn

from paddleseg.registry import LOSSES

_NOWHERE = -1e9  # whose exponential is 0


@LOSSES.register
class ChannelWiseLoss(nn.Layer):
    """Where each channel looks: divergence of its softmax over all positions from the teacher's.

    Shu et al., Channel-Wise Knowledge Distillation for Dense Prediction, ICCV 2021, equations 4 and 5.

    Args:
        ignore_index: Label value of pixels that count for nothing, where labels are given.
        temperature: Divides all values; the loss is multiplied by its square, so that gradients keep their size.

    Shape:
        student (N, C, H, W) and teacher (N, C, h, w) float, the latter brought to the former's size; labels (N, H, W)
        or None. Returns a scalar, the mean over channels and pictures.

    Example:
        >>> ChannelWiseLoss()(student_features, teacher_features)
    """

    same_channels = True

    def __init__(self, ignore_index: int = 255, temperature: float = 4.0):
        super().__init__()
        if temperature <= 0:
            raise ValueError(f"temperature must be above 0, not {temperature}")
        self.ignore_index, self.temperature = ignore_index, temperature

    def forward(
        self, student: paddle.Tensor, teacher: paddle.Tensor, labels: paddle.Tensor | None = None
    ) -> paddle.Tensor:
        maps = [values / self.temperature for values in (student, _at_size_of(teacher.detach(), student))]
        if labels is not None:
            known = (labels != self.ignore_index).unsqueeze(1).expand_as(student)
            maps = [paddle.where(known, values, paddle.full_like(values, _NOWHERE)) for values in maps]
        log_student, log_teacher = (F.log_softmax(values.flatten(2), axis=2) for values in maps)
        divergence = (log_teacher.exp() * (log_teacher - log_student)).sum(axis=2)
        return divergence.mean() * self.temperature**2


@LOSSES.register
class PairWiseLoss(nn.Layer):
    """How alike the parts of a picture are to each other: squared difference from the teacher's cosine similarities.

    Liu et al., Structured Knowledge Distillation for Semantic Segmentation, CVPR 2019, section 3.1. The two may have
    different numbers of channels.

    Args:
        ignore_index: Label value of pixels that count for nothing, where labels are given.
        parts: Rows and columns that a map is averaged to.

    Shape:
        student (N, C, H, W) and teacher (N, D, h, w) float; labels (N, H, W), for maps of that size, or None. Returns a
        scalar, the mean over all pairs of parts.
    """

    same_channels = False

    def __init__(self, ignore_index: int = 255, parts: int = 8):
        super().__init__()
        if parts < 1:
            raise ValueError(f"parts must be at least 1, not {parts}")
        self.ignore_index, self.parts = ignore_index, parts

    def forward(
        self, student: paddle.Tensor, teacher: paddle.Tensor, labels: paddle.Tensor | None = None
    ) -> paddle.Tensor:
        known = None if labels is None else (labels != self.ignore_index).unsqueeze(1).astype(student.dtype)
        own, wanted = (self._alike(features, known) for features in (student, teacher.detach()))
        if known is None:
            return ((own - wanted) ** 2).mean()
        seen = (F.adaptive_avg_pool2d(known, self.parts).flatten(2) > 0).astype(student.dtype)
        pairs = paddle.matmul(seen, seen, transpose_x=True)
        return ((own - wanted) ** 2 * pairs).sum() / pairs.sum().clip(min=1)

    def _alike(self, features: paddle.Tensor, known: paddle.Tensor | None) -> paddle.Tensor:
        """Cosine similarities of the means of parts, (N, parts * parts, parts * parts)."""
        means = F.adaptive_avg_pool2d(features if known is None else features * known, self.parts).flatten(2)
        means = means / (means**2).sum(axis=1, keepdim=True).clip(min=1e-16).sqrt()
        return paddle.matmul(means, means, transpose_x=True)


def _at_size_of(features: paddle.Tensor, other: paddle.Tensor) -> paddle.Tensor:
    if features.shape[2:] == other.shape[2:]:
        return features
    return F.interpolate(features, other.shape[2:], mode="bilinear", align_corners=False)
