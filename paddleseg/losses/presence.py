"""What a picture shows as a whole."""

from __future__ import annotations

import paddle
import paddle.nn.functional as F

from paddleseg.losses.base import SegLoss, masked_mean, one_hot
from paddleseg.registry import LOSSES


@LOSSES.register
class SECrossEntropyLoss(SegLoss):
    """Binary cross entropy of which classes a picture shows (EncNet, Zhang et al., CVPR 2018, section 3.1, SE-loss).

    Small things count as much as large ones. A picture whose pixels are all ignored counts for nothing.

    Args:
        ignore_index: Label value of pixels that count for nothing.

    Shape:
        scores (N, C) float; labels (N, H, W) int64. Returns a scalar.

    Raises:
        ValueError: scores and labels differ in N.
    """

    head_kinds = ("presence",)

    def __call__(self, scores: paddle.Tensor, labels: paddle.Tensor) -> paddle.Tensor:
        if scores.ndim != 2 or scores.shape[0] != labels.shape[0]:
            raise ValueError(
                f"SECrossEntropyLoss: scores {scores.shape} for labels {labels.shape}; they should be (N, C)"
            )
        return self.forward(scores, labels)

    def forward(self, scores: paddle.Tensor, labels: paddle.Tensor) -> paddle.Tensor:
        valid = self.valid(labels).unsqueeze(1)
        shown = (one_hot(labels, scores.shape[1]) & valid).any(axis=[2, 3]).astype(scores.dtype)
        losses = F.binary_cross_entropy_with_logits(scores, shown, reduction="none")
        counts = valid.any(axis=[2, 3]).expand(losses.shape)
        return masked_mean(losses, counts)
