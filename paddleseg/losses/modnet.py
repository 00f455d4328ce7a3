"""What teaches the three branches of MODNet (Ke et al., AAAI 2022, section 3)."""

from __future__ import annotations

from collections.abc import Mapping

import paddle
import paddle.nn.functional as F
from paddle import nn

from paddleseg.losses.matte import as_map, resized, unknown
from paddleseg.registry import LOSSES

_SIDE = 0.25022103
"""Of a Gaussian with sigma 0.8 on three pixels, as SciPy folds what lies beyond them."""


def blurred(x: paddle.Tensor) -> paddle.Tensor:
    """A map (N, 1, H, W) without its finest structures."""
    bell = paddle.to_tensor([_SIDE, 1 - 2 * _SIDE, _SIDE], x.dtype)
    kernel = (bell.unsqueeze(1) * bell).reshape([1, 1, 3, 3])
    return F.conv2d(F.pad(x, [1, 1, 1, 1], mode="reflect"), kernel)


@LOSSES.register
class MattingSemanticLoss(nn.Layer):
    """Mean squared difference of a small matte from the true one, made as small and blurred (equation 1).

    Shape:
        matte (N, 1, h, w), alpha (N, H, W). Returns a scalar.
    """

    head_kinds, label_key = ("alpha",), "alpha"

    def forward(self, matte: paddle.Tensor, alpha: paddle.Tensor) -> paddle.Tensor:
        return F.mse_loss(matte, blurred(resized(as_map(alpha), matte.shape[2:], "bilinear")))


@LOSSES.register
class MattingDetailLoss(nn.Layer):
    """Mean absolute difference of mattes where the trimap says nothing (equation 2).

    Shape:
        matte (N, 1, H, W), alpha and trimap (N, H, W). Returns a scalar.
    """

    head_kinds, label_key = ("alpha",), ("alpha", "trimap")

    def forward(self, matte: paddle.Tensor, target: Mapping[str, paddle.Tensor]) -> paddle.Tensor:
        where = unknown(target["trimap"])
        return ((matte - as_map(target["alpha"])) * where).abs().mean() / (where.mean() + 1e-6)


@LOSSES.register
class MattingFusionLoss(nn.Layer):
    """Mean absolute difference of mattes, near the edge five times, and of what they leave of the picture (equation 3).

    Shape:
        matte (N, 1, H, W), alpha and trimap (N, H, W), image (N, 3, H, W). Returns a scalar.
    """

    head_kinds, label_key = ("alpha",), ("alpha", "trimap", "image")

    def forward(self, matte: paddle.Tensor, target: Mapping[str, paddle.Tensor]) -> paddle.Tensor:
        difference = (matte - as_map(target["alpha"])).abs() * (1 + 4 * unknown(target["trimap"]))
        return difference.mean() + (difference * target["image"].abs()).mean()


@LOSSES.register
class MattingConsistencyLoss(nn.Layer):
    """Mean squared difference of the small matte from the large one, made as small, away from the edge.

    Shape:
        the pair (matte (N, 1, H, W), small matte (N, 1, h, w)), trimap (N, H, W). Returns a scalar.
    """

    head_kinds, label_key = ("pair",), "trimap"

    def forward(self, pair: tuple[paddle.Tensor, paddle.Tensor], trimap: paddle.Tensor) -> paddle.Tensor:
        matte, small = pair
        known = 1 - resized(unknown(trimap), small.shape[2:], "nearest")
        return (((blurred(resized(matte, small.shape[2:], "bilinear")) - small) * known) ** 2).mean()
