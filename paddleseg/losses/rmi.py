"""Region mutual information."""

from __future__ import annotations

import paddle
import paddle.nn.functional as F

from paddleseg.losses.base import SegLoss, one_hot
from paddleseg.losses.bce import BCELoss
from paddleseg.registry import LOSSES


@LOSSES.register
class RMILoss(SegLoss):
    """Binary cross entropy, plus how little the prediction around a pixel says about the label around it.

    Zhao et al., NeurIPS 2019. Label and probability of a small square are vectors; with both taken as Gaussian, the
    mutual information has a lower bound in the log-determinant of what remains of the label's covariance once the
    prediction is known (equation 12). The bound at the label itself is subtracted, so that a perfect prediction costs
    0; that changes no gradient.

    Args:
        num_classes: Classes, background included; taken from the logits.
        rmi_radius: Side of the square in (pooled) pixels.
        rmi_pool_way: How maps are made smaller first: 0 largest value, 1 mean, 2 nearest.
        rmi_pool_size: Window of the pooling.
        rmi_pool_stride: Step of the pooling; 1 with size 1 pools nothing.
        loss_weight_lambda: Share of the cross entropy in the sum.
        ignore_index: Label value of pixels that count for nothing.
    """

    _RIDGE = 1e-6  # added to diagonals, so that they can be inverted

    def __init__(
        self,
        num_classes: int | None = None,
        rmi_radius: int = 3,
        rmi_pool_way: int = 0,
        rmi_pool_size: int = 3,
        rmi_pool_stride: int = 3,
        loss_weight_lambda: float = 0.5,
        ignore_index: int = 255,
    ):
        super().__init__(ignore_index)
        if rmi_pool_way not in (0, 1, 2):
            raise ValueError(f"rmi_pool_way should be 0 (max), 1 (mean) or 2 (nearest), not {rmi_pool_way}")
        self.radius, self.pool_way = rmi_radius, rmi_pool_way
        self.pool_size, self.pool_stride, self.share = rmi_pool_size, rmi_pool_stride, loss_weight_lambda
        self.cross_entropy = BCELoss(ignore_index=ignore_index)

    def forward(self, logits: paddle.Tensor, labels: paddle.Tensor) -> paddle.Tensor:
        cross_entropy = self.cross_entropy(logits, labels)
        # Differences of covariances cancel: double precision.
        known = self.valid(labels).astype("float64").unsqueeze(1)
        truth = one_hot(labels, logits.shape[1]).astype("float64") * known
        prob = F.sigmoid(logits.astype("float64")) * known
        label_vectors, vectors = self.vectors(truth), self.vectors(prob)
        unknown = self.uncertainty(label_vectors, vectors) - self.uncertainty(label_vectors, label_vectors)
        # The mean over images of the sum over classes, for each entry of the vectors.
        information = 0.5 * unknown.sum(axis=1).mean() / self.radius**2
        return self.share * cross_entropy + (1 - self.share) * information.astype(logits.dtype)

    def vectors(self, maps: paddle.Tensor) -> paddle.Tensor:
        """All squares of a map, centred: (N, C, radius ** 2, positions)."""
        if self.pool_size > 1 or self.pool_stride > 1:
            size, step = self.pool_size, self.pool_stride
            if self.pool_way == 2:
                maps = maps[:, :, step // 2 :: step, step // 2 :: step]
            else:
                pool = F.max_pool2d if self.pool_way == 0 else F.avg_pool2d
                maps = pool(maps, size, stride=step, padding=size // 2)
        height, width = (length - self.radius + 1 for length in maps.shape[2:])
        shifts = [
            maps[:, :, y : y + height, x : x + width].flatten(2) for y in range(self.radius) for x in range(self.radius)
        ]
        vectors = paddle.stack(shifts, axis=2)
        return vectors - vectors.mean(axis=3, keepdim=True)

    def uncertainty(self, label: paddle.Tensor, given: paddle.Tensor) -> paddle.Tensor:
        """The log-determinant of the label's covariance that remains once `given` is known, (N, C)."""
        ridge = self._RIDGE * paddle.eye(self.radius**2, dtype=label.dtype)
        positions = label.shape[3]
        among_label, among_given, across = (
            paddle.matmul(a, b, transpose_y=True) / positions
            for a, b in ((label, label), (given, given), (label, given))
        )
        explained = paddle.matmul(paddle.matmul(across, paddle.inverse(among_given + ridge)), across, transpose_y=True)
        remaining = among_label - explained
        factor = paddle.linalg.cholesky((remaining + remaining.transpose([0, 1, 3, 2])) / 2 + ridge)
        return 2 * paddle.log(paddle.diagonal(factor, axis1=2, axis2=3)).sum(axis=2)
