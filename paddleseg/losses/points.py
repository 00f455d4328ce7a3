"""Cross entropy over points of the picture in place of all pixels (PointRend, Kirillov et al., CVPR 2020)."""

from __future__ import annotations

from collections.abc import Sequence

import paddle

from paddleseg.losses.cross_entropy import CrossEntropyLoss
from paddleseg.registry import LOSSES


@LOSSES.register
class PointCrossEntropyLoss(CrossEntropyLoss):
    """Cross entropy of scores at points with the labels of the pixels that they lie in (section 3.2).

    PaddleSeg's weighs a pixel by the number of the heaviest class instead of its class's weight.

    Args:
        weight: One factor for each class.
        ignore_index: Label value of pixels that count for nothing.
        top_k_percent_pixels: Share of the points that count, hardest first.
        align_corners: Whether 0 and 1 stand for the centres of the outer pixels, or for the picture's edges.

    Shape:
        a pair of logits (N, C, P) and points (N, P, 2), x and y in [0, 1]; labels (N, H, W) int64. Returns a scalar.

    Raises:
        ValueError: Points and labels differ in N.
    """

    head_kinds = ("points",)

    def __init__(
        self,
        weight: Sequence[float] | None = None,
        ignore_index: int = 255,
        top_k_percent_pixels: float = 1.0,
        align_corners: bool = False,
    ):
        super().__init__(weight, ignore_index, top_k_percent_pixels)
        self.align_corners = align_corners

    def __call__(self, pair: Sequence[paddle.Tensor], labels: paddle.Tensor) -> paddle.Tensor:
        logits, points = pair
        if logits.shape[0] != labels.shape[0] or points.shape[:2] != [logits.shape[0], logits.shape[2]]:
            raise ValueError(
                f"PointCrossEntropyLoss: logits {logits.shape}, points {points.shape} and labels {labels.shape} "
                "differ in N or P"
            )
        return self.forward(logits, self.at_points(labels, points))

    def at_points(self, labels: paddle.Tensor, points: paddle.Tensor) -> paddle.Tensor:
        """The labels (N, P) of the pixels nearest to the points."""
        h, w = labels.shape[1:]
        x, y = (
            ((points[:, :, axis] * (size - 1)).round() if self.align_corners else (points[:, :, axis] * size).floor())
            .astype("int64")
            .clip(0, size - 1)
            for axis, size in ((0, w), (1, h))
        )
        return paddle.take_along_axis(labels.flatten(1), y * w + x, axis=1)
