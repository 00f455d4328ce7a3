"""Cross entropy over the pixels that are hard: by probability, or by their place in the order of losses."""

from __future__ import annotations

import math
from collections.abc import Sequence

import paddle
import paddle.nn.functional as F

from paddleseg.losses.base import masked_mean, pixel_cross_entropy
from paddleseg.losses.cross_entropy import CrossEntropyLoss
from paddleseg.registry import LOSSES


@LOSSES.register
class OhemCrossEntropyLoss(CrossEntropyLoss):
    """Cross entropy of pixels whose class has a probability below `thresh`; of the `min_kept` hardest at least.

    Online hard example mining (Shrivastava et al., CVPR 2016) over pixels, as in BiSeNet.

    Args:
        thresh: Probability above which a pixel is easy.
        min_kept: Pixels of the batch that count in any case.
        ignore_index: Label value of pixels that count for nothing.
        weight: One factor for each class; which pixels are hard does not depend on it.
    """

    def __init__(
        self,
        thresh: float = 0.7,
        min_kept: int = 10000,
        ignore_index: int = 255,
        weight: Sequence[float] | str | None = None,
    ):
        super().__init__(weight, ignore_index)
        self.thresh, self.min_kept = thresh, min_kept

    def forward(self, logits: paddle.Tensor, labels: paddle.Tensor) -> paddle.Tensor:
        losses = pixel_cross_entropy(logits, labels, self.ignore_index)
        hard = hardest_or_above(losses.flatten(), self.valid(labels).flatten(), -math.log(self.thresh), self.min_kept)
        weights = self.pixel_weights(labels, logits.shape[1], losses.dtype)
        return masked_mean((losses * weights).flatten(), hard)


@LOSSES.register
class OhemEdgeAttentionLoss(OhemCrossEntropyLoss):
    """`OhemCrossEntropyLoss` of the pixels that an edge head takes for edges (DecoupledSegNet, ECCV 2020, section 3.3).

    Args:
        edge_threshold: Edge probability from which a pixel counts.
        thresh: Probability above which a pixel is easy.
        min_kept: Pixels of the batch that count in any case, if they are on edges.
        ignore_index: Label value of pixels that count for nothing.
        weight: One factor for each class.

    Shape:
        logits: the pair (segmentation (N, C, H, W), edge (N, 1, H, W)); labels (N, H, W).
    """

    def __init__(
        self,
        edge_threshold: float = 0.8,
        thresh: float = 0.7,
        min_kept: int = 5000,
        ignore_index: int = 255,
        weight: Sequence[float] | str | None = None,
    ):
        super().__init__(thresh, min_kept, ignore_index, weight)
        self.edge_threshold = edge_threshold

    def forward(self, logits: tuple[paddle.Tensor, paddle.Tensor], labels: paddle.Tensor) -> paddle.Tensor:
        segmentation, edge = logits
        on_edge = F.sigmoid(edge.detach()).squeeze(1) > self.edge_threshold
        return super().forward(segmentation, paddle.where(on_edge, labels, paddle.full_like(labels, self.ignore_index)))


@LOSSES.register
class BootstrappedCrossEntropyLoss(CrossEntropyLoss):
    """Per image, cross entropy of pixels whose loss is above `loss_th`; of the `min_K` hardest at least.

    Online bootstrapping (Wu et al., 2016, "Bridging category-level and instance-level semantic segmentation").

    Args:
        min_K: Pixels of each image that count in any case.
        loss_th: Loss below which a pixel is easy.
        weight: One factor for each class.
        ignore_index: Label value of pixels that count for nothing.
    """

    def __init__(self, min_K: int, loss_th: float, weight: Sequence[float] | None = None, ignore_index: int = 255):
        super().__init__(weight, ignore_index)
        self.least, self.threshold = min_K, loss_th

    def forward(self, logits: paddle.Tensor, labels: paddle.Tensor) -> paddle.Tensor:
        losses = pixel_cross_entropy(logits, labels, self.ignore_index)
        losses = losses * self.pixel_weights(labels, logits.shape[1], losses.dtype)
        means = [
            masked_mean(loss, hardest_or_above(loss, known, self.threshold, self.least))
            for loss, known in zip(losses.flatten(1), self.valid(labels).flatten(1), strict=True)
        ]
        return paddle.stack(means).mean()


def hardest_or_above(losses: paddle.Tensor, valid: paddle.Tensor, threshold: float, least: int) -> paddle.Tensor:
    """Which of the valid pixels (P,) are above the threshold, or else are the `least` hardest."""
    ranked = paddle.where(valid, losses.detach(), paddle.full_like(losses, -1.0))
    kth = paddle.topk(ranked, min(max(least, 1), ranked.size))[0][-1]
    return valid & (ranked >= kth.clip(max=threshold))
