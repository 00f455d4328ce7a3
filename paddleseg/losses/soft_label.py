"""Learning from probabilities that other networks gave beforehand (knowledge distillation; Hinton et al. 2015)."""

from __future__ import annotations

import paddle
import paddle.nn.functional as F

from paddleseg.losses.base import SegLoss, masked_mean
from paddleseg.registry import LOSSES

CERTAIN = 254
"""The value of a soft label's pixel that is foreground for sure; 0 is background for sure, 255 unknown."""


@LOSSES.register
class SoftLabelLoss(SegLoss):
    """Kullback-Leibler divergence of the network's foreground probability from the soft label's, mean over pixels.

    The data set's `soft_root` says where the soft labels are.

    Shape:
        logits (N, 2, H, W); soft labels (N, H, W) int64 from 0 to 254, 255 where unknown.

    Raises:
        ValueError: There are not two classes.
    """

    label_key = "soft"

    def forward(self, logits: paddle.Tensor, labels: paddle.Tensor) -> paddle.Tensor:
        if logits.shape[1] != 2:
            raise ValueError(f"SoftLabelLoss is for two classes, not {logits.shape[1]}")
        z = logits[:, 1] - logits[:, 0]
        p = (labels.astype(z.dtype) / CERTAIN).clip(max=1)
        tiny = 1e-12
        entropy = -(p * (p + tiny).log() + (1 - p) * (1 - p + tiny).log())
        divergence = F.binary_cross_entropy_with_logits(z, p, reduction="none") - entropy
        return masked_mean(divergence, self.valid(labels))
