"""Cross entropy over pixels, with class weights, label smoothing and the hardest fraction of the pixels."""

from __future__ import annotations

from collections.abc import Sequence

import paddle
import paddle.nn.functional as F

from paddleseg.losses.base import SegLoss, masked_mean, pixel_cross_entropy
from paddleseg.registry import LOSSES


@LOSSES.register
class CrossEntropyLoss(SegLoss):
    """Minus the log-probability of the label, averaged over pixels that are not ignored.

    Args:
        weight: One factor for each class; the mean is then weighted by them. `"dynamic"` weighs every class by the
            share of the batch's pixels that belong to the others.
        ignore_index: Label value of pixels that count for nothing.
        top_k_percent_pixels: Share of the pixels that count, hardest first (online hard example mining).
        avg_non_ignore: Divide by the number of pixels that count, or else by the number of all pixels.
        label_smoothing: Share of the target spread evenly over all classes (Szegedy et al., 2016, section 7).
            The infimum is then not 0 but the entropy of that target.

    Shape:
        logits (N, C, H, W) float; labels (N, H, W) int64. Returns a scalar.

    Raises:
        ValueError: A share lies outside [0, 1], or there are not as many weights as classes.
    """

    def __init__(
        self,
        weight: Sequence[float] | str | None = None,
        ignore_index: int = 255,
        top_k_percent_pixels: float = 1.0,
        avg_non_ignore: bool = True,
        label_smoothing: float = 0.0,
    ):
        super().__init__(ignore_index)
        if not 0 < top_k_percent_pixels <= 1 or not 0 <= label_smoothing < 1:
            raise ValueError("top_k_percent_pixels should lie in (0, 1], label_smoothing in [0, 1)")
        if isinstance(weight, str) and weight != "dynamic":
            raise ValueError(f'weight should be one number for each class, or "dynamic", not "{weight}"')
        self.dynamic = weight == "dynamic"
        self.weight = None if weight is None or isinstance(weight, str) else [float(factor) for factor in weight]
        self.top_k, self.avg_non_ignore, self.smoothing = top_k_percent_pixels, avg_non_ignore, label_smoothing

    def forward(self, logits: paddle.Tensor, labels: paddle.Tensor) -> paddle.Tensor:
        losses = pixel_cross_entropy(logits, labels, self.ignore_index)
        if self.smoothing:
            uniform = -F.log_softmax(logits, axis=1).mean(axis=1)
            losses = (1 - self.smoothing) * losses + self.smoothing * uniform
        return self.reduce(losses, self.pixel_weights(labels, logits.shape[1], losses.dtype))

    def reduce(self, losses: paddle.Tensor, weights: paddle.Tensor) -> paddle.Tensor:
        """The weighted mean of the pixels' losses, or of the hardest ones'."""
        if self.top_k < 1:
            ranked = paddle.where(weights > 0, losses, paddle.zeros_like(losses)).flatten()
            losses, hardest = paddle.topk(ranked, max(1, int(self.top_k * ranked.size)))
            weights = paddle.gather(weights.flatten(), hardest)
        return masked_mean(losses, weights) if self.avg_non_ignore else (losses * weights).mean()

    def pixel_weights(self, labels: paddle.Tensor, classes: int, dtype: paddle.dtype) -> paddle.Tensor:
        """The weight of every pixel's class, 0 where ignored, (N, H, W)."""
        valid = self.valid(labels)
        counts = valid.astype(dtype)
        if self.weight is None and not self.dynamic:
            return counts
        # Ignored labels lie outside the classes; any class will do for them.
        inside = paddle.where(valid, labels, paddle.zeros_like(labels))
        if self.weight is None:
            share = paddle.bincount(inside.flatten(), counts.flatten(), minlength=classes) / counts.sum().clip(min=1)
            by_class = 1 - share.astype(dtype)
        else:
            by_class = paddle.to_tensor(self.weight, dtype=dtype)
            if len(by_class) != classes:
                raise ValueError(f"CrossEntropyLoss: {len(by_class)} weights for {classes} classes")
        return paddle.gather(by_class, inside.flatten()).reshape(labels.shape) * counts
