"""Binary cross entropy, for independent classes and for edges."""

from __future__ import annotations

from collections.abc import Sequence

import paddle
import paddle.nn.functional as F

from paddleseg.losses.base import SegLoss, masked_mean
from paddleseg.losses.focal import targets
from paddleseg.registry import LOSSES


@LOSSES.register
class BCELoss(SegLoss):
    """Binary cross entropy of every channel against "is this the pixel's class", averaged over pixels and channels.

    Args:
        weight: One factor for each channel, or "dynamic": both answers weigh the same in the batch.
        pos_weight: Factor of "yes" (a number, or one for each channel), or "dynamic": the ratio of "no" to "yes".
        ignore_index: Label value of pixels that count for nothing.
        edge_label: The labels are the sample's edge map, not its classes.

    Shape:
        logits (N, C, H, W), or (N, 1, H, W) for labels of 0 and 1; labels (N, H, W), or (N, C, H, W) of classes that do
        not exclude each other.
    """

    takes_independent = True

    def __init__(
        self,
        weight: Sequence[float] | str | None = None,
        pos_weight: Sequence[float] | float | str | None = None,
        ignore_index: int = 255,
        edge_label: bool = False,
    ):
        super().__init__(ignore_index)
        for name, value in (("weight", weight), ("pos_weight", pos_weight)):
            if isinstance(value, str) and value != "dynamic":
                raise ValueError(f'{name} should be numbers or "dynamic", not "{value}"')
        self.weight, self.pos_weight = weight, pos_weight
        if edge_label:
            self.label_key = "edge"

    def forward(self, logits: paddle.Tensor, labels: paddle.Tensor) -> paddle.Tensor:
        yes, valid = targets(labels, logits), self.valid(labels).astype(logits.dtype)
        valid = (valid if labels.ndim == 4 else valid.unsqueeze(1)).expand_as(logits)
        losses = F.binary_cross_entropy_with_logits(logits, yes, reduction="none")
        share = (yes * valid).sum() / valid.sum().clip(min=1)
        if self.pos_weight is not None:
            losses = losses * (
                1 + yes * (self._factor(self.pos_weight, (1 - share) / share.clip(min=1e-6), logits) - 1)
            )
        if self.weight is not None:
            losses = losses * self._factor(self.weight, yes * (1 - share) + (1 - yes) * share, logits)
        return masked_mean(losses, valid)

    def _factor(
        self, given: Sequence[float] | float | str, dynamic: paddle.Tensor, logits: paddle.Tensor
    ) -> paddle.Tensor:
        if isinstance(given, str):
            return dynamic
        factors = [given] if isinstance(given, (int, float)) else list(given)
        return paddle.to_tensor(factors, dtype=logits.dtype).reshape([1, -1, 1, 1])
