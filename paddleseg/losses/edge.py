"""Losses that look at the contours of objects."""

from __future__ import annotations

import paddle
import paddle.nn.functional as F

from paddleseg.losses.base import SegLoss, masked_mean, one_hot, pixel_cross_entropy
from paddleseg.losses.dice import dice_loss
from paddleseg.registry import LOSSES


@LOSSES.register
class EdgeAttentionLoss(SegLoss):
    """Cross entropy of the pixels that an edge head takes for edges (Gated-SCNN, ICCV 2019, section 3.3).

    Args:
        edge_threshold: Edge probability from which a pixel counts.
        ignore_index: Label value of pixels that count for nothing.

    Shape:
        logits: the pair (segmentation (N, C, H, W), edge (N, 1, H, W)); labels (N, H, W).
    """

    def __init__(self, edge_threshold: float = 0.8, ignore_index: int = 255):
        super().__init__(ignore_index)
        self.edge_threshold = edge_threshold

    def forward(self, logits: tuple[paddle.Tensor, paddle.Tensor], labels: paddle.Tensor) -> paddle.Tensor:
        segmentation, edge = logits
        on_edge = F.sigmoid(edge.detach()).squeeze(1) > self.edge_threshold
        losses = pixel_cross_entropy(segmentation, labels, self.ignore_index)
        return masked_mean(losses, self.valid(labels) & on_edge)


@LOSSES.register
class DetailAggregateLoss(SegLoss):
    """Binary cross entropy plus Dice of a detail head against contours at three scales (STDC, CVPR 2021, section 3.3).

    The contours come from the label alone: a Laplacian with strides 1, 2 and 4, weighed 0.6, 0.3 and 0.1.

    Args:
        ignore_index: Label value; pixels at or beside it count for nothing.

    Shape:
        logits (N, 1, H, W); labels (N, H, W) of classes.
    """

    _SCALES = ((1, 0.6), (2, 0.3), (4, 0.1))
    _THRESHOLD = 0.1

    def __init__(self, ignore_index: int = 255):
        super().__init__(ignore_index)

    def forward(self, logits: paddle.Tensor, labels: paddle.Tensor) -> paddle.Tensor:
        ignored = (~self.valid(labels)).astype(logits.dtype).unsqueeze(1)
        valid = F.max_pool2d(ignored, 3, stride=1, padding=1) == 0
        contours = self.contours(labels, logits.dtype)
        losses = F.binary_cross_entropy_with_logits(logits, contours, reduction="none")
        kept = valid.astype(logits.dtype)
        dice = dice_loss(F.sigmoid(logits) * kept, contours * kept, axes=[1, 2, 3])
        return masked_mean(losses, valid) + dice.mean()

    def contours(self, labels: paddle.Tensor, dtype: paddle.dtype) -> paddle.Tensor:
        """1 on contours, else 0, (N, 1, H, W)."""
        kernel = paddle.full([1, 1, 3, 3], -1.0, dtype)
        kernel[0, 0, 1, 1] = 8.0
        # Repeating the border keeps the image's own edge from being a contour.
        padded = F.pad(labels.astype(dtype).unsqueeze(1), [1, 1, 1, 1], mode="replicate")
        total = paddle.zeros_like(padded[:, :, 1:-1, 1:-1])
        for stride, weight in self._SCALES:
            found = (F.conv2d(padded, kernel, stride=stride) > self._THRESHOLD).astype(dtype)
            total += weight * F.interpolate(found, size=total.shape[2:], mode="nearest")
        return (total > self._THRESHOLD).astype(dtype)


@LOSSES.register
class RelaxBoundaryLoss(SegLoss):
    """Near a contour, any class of the neighbourhood is right (Zhu et al., CVPR 2019, section 3.3, label relaxation).

    The loss is minus the log of the summed probability of all classes within `border` pixels; away from contours that
    is cross entropy.

    Args:
        border: Reach of the neighbourhood in pixels.
        calculate_weights: Weigh pixels by how rare their class is in the batch.
        upper_bound: How much more the rarest class may weigh.
        ignore_index: Label value of pixels that count for nothing.
    """

    def __init__(
        self, border: int = 1, calculate_weights: bool = False, upper_bound: float = 1.0, ignore_index: int = 255
    ):
        super().__init__(ignore_index)
        self.border, self.calculate_weights, self.upper_bound = border, calculate_weights, upper_bound

    def forward(self, logits: paddle.Tensor, labels: paddle.Tensor) -> paddle.Tensor:
        valid = self.valid(labels).astype(logits.dtype)
        truth = one_hot(labels, logits.shape[1]).astype(logits.dtype) * valid.unsqueeze(1)
        allowed = F.max_pool2d(truth, 2 * self.border + 1, stride=1, padding=self.border)
        excluded = (1 - allowed) * -1e9  # exp() of it is 0
        losses = paddle.logsumexp(logits, axis=[1]) - paddle.logsumexp(logits + excluded, axis=[1])
        if self.calculate_weights:
            share = truth.sum([0, 2, 3]) / valid.sum().clip(min=1)
            weights = 1 + self.upper_bound * (1 - share)
            valid = (truth * weights.reshape([1, -1, 1, 1])).sum(axis=1)
        # Where no class is near, all pixels around are ignored and the difference means nothing.
        return masked_mean(paddle.where(valid > 0, losses, paddle.zeros_like(losses)), valid)
