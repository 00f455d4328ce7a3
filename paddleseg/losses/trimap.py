"""What teaches networks that first say what is surely foreground and background, and how sure they are of a matte."""

from __future__ import annotations

import paddle
import paddle.nn.functional as F
from paddle import nn

from paddleseg.losses.matte import as_map, resized, unknown
from paddleseg.registry import LOSSES


@LOSSES.register
class TrimapLoss(nn.Layer):
    """Cross entropy of the probabilities of foreground, unknown and background against the field `trimap`.

    Shape:
        prob (N, 3, h, w), trimap (N, H, W) in [0, 1]. Returns a scalar.
    """

    head_kinds, label_key = ("trimap",), "trimap"

    def forward(self, prob: paddle.Tensor, trimap: paddle.Tensor) -> paddle.Tensor:
        trimap = resized(as_map(trimap), prob.shape[2:], "nearest")
        band = unknown(trimap)
        foreground = (trimap > 0.5).astype(prob.dtype) * (1 - band)
        truth = paddle.concat([foreground, band, 1 - band - foreground], axis=1)
        return -(truth * paddle.log(prob + 1e-6)).sum(axis=1).mean()


@LOSSES.register
class MattingErrorLoss(nn.Layer):
    """Mean squared difference of the error that a network expects of its small matte from the true one.

    (Lin et al., CVPR 2021, section 4.1.)

    Shape:
        the pair (error, matte), both (N, 1, h, w); alpha (N, H, W). Returns a scalar.
    """

    head_kinds, label_key = ("pair",), "alpha"

    def forward(self, pair: tuple[paddle.Tensor, paddle.Tensor], alpha: paddle.Tensor) -> paddle.Tensor:
        alpha = as_map(alpha)
        error, matte = (resized(each, alpha.shape[2:], "bilinear") for each in pair)
        return F.mse_loss(error, (matte - alpha).abs())
