"""Losses that look at how a matte changes from pixel to pixel, and at several scales."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import paddle
import paddle.nn.functional as F

from paddleseg.losses.matte import MatteLoss
from paddleseg.registry import LOSSES

_SOBEL = ((-1.0, 0.0, 1.0), (-2.0, 0.0, 2.0), (-1.0, 0.0, 1.0))
_BINOMIAL = (1.0, 4.0, 6.0, 4.0, 1.0)


@LOSSES.register
class GradientLoss(MatteLoss):
    """Mean absolute difference of the lengths of mattes' Sobel gradients.

    Args:
        eps: What is added to squared lengths.
        region: "all" pixels, or those that the field `trimap` leaves "unknown"; there others count as 0 in both mattes.
        resize: How the truth is brought to the size of a smaller matte.
    """

    def __init__(
        self, eps: float = 1e-6, region: Literal["all", "unknown"] = "all", resize: Literal["area", "bilinear"] = "area"
    ):
        super().__init__(region, resize, eps)

    def value(self, matte: paddle.Tensor, alpha: paddle.Tensor, where: paddle.Tensor | None) -> paddle.Tensor:
        if where is None:
            return (self.length(matte) - self.length(alpha)).abs().mean()
        difference = (self.length(matte * where) - self.length(alpha * where)).abs()
        return difference.sum() / (where.sum() + self.eps)

    def length(self, x: paddle.Tensor) -> paddle.Tensor:
        """The gradient's length at each pixel; beyond the border the matte goes on as it ends."""
        kernel = paddle.to_tensor(_SOBEL, x.dtype) / 8
        both = paddle.stack([kernel, kernel.t()]).unsqueeze(1)
        found = F.conv2d(F.pad(x, [1, 1, 1, 1], mode="replicate"), both)
        return ((found**2).sum(axis=1, keepdim=True) + self.eps).sqrt()


@LOSSES.register
class LaplacianLoss(MatteLoss):
    """Mean absolute differences of mattes' Laplacian pyramids, summed over five levels and what remains above them.

    (Hou and Liu, ICCV 2019, section 3.3, all levels alike. PaddleSeg's class of this name cannot be built.)

    Args:
        region: "all" pixels, or those that the field `trimap` leaves "unknown"; there others count as 0 in both mattes.
    """

    LEVELS = 5

    def __init__(self, region: Literal["all", "unknown"] = "all"):
        super().__init__(region)

    def value(self, matte: paddle.Tensor, alpha: paddle.Tensor, where: paddle.Tensor | None) -> paddle.Tensor:
        # A pyramid of differences is the difference of pyramids.
        levels = self.pyramid(matte - alpha if where is None else (matte - alpha) * where)
        return paddle.add_n([level.abs().mean() for level in levels])

    def pyramid(self, x: paddle.Tensor) -> Sequence[paddle.Tensor]:
        """What blurring takes away at each scale, then what is left; fewer levels where the map is too small."""
        bell = paddle.to_tensor(_BINOMIAL, x.dtype) / 16
        kernel = (bell.unsqueeze(1) * bell).reshape([1, 1, 5, 5])
        levels = []
        for _ in range(self.LEVELS):
            blurred = F.conv2d(F.pad(x, [2, 2, 2, 2], mode="replicate"), kernel)
            levels.append(x - blurred)
            if min(x.shape[2:]) < 2:
                break
            x = F.avg_pool2d(blurred, 2)
        return [*levels, x]
