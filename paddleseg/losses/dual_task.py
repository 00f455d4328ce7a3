"""Edges of the predicted masks against those of the labels."""

from __future__ import annotations

import paddle
import paddle.nn.functional as F

from paddleseg.losses.base import SegLoss, masked_mean, one_hot
from paddleseg.registry import LOSSES

_REACH = 4  # of the filter that smooths masks, in pixels


@LOSSES.register
class DualTaskLoss(SegLoss):
    """How far the slopes of smoothed masks lie from those of the labels (Gated-SCNN, ICCV 2019, section 3.3).

    Masks are drawn by the classes' probabilities, in a way that lets gradient through (Gumbel-softmax, Jang et al.,
    2017), so the number differs a little each time.

    Args:
        ignore_index: Label value of pixels that count for nothing.
        tau: Temperature of the drawing; the smaller, the harder the masks.

    Shape:
        logits (N, C, H, W), labels (N, H, W), of at least 4 pixels a side.

    Raises:
        ValueError: `tau` is not positive.
    """

    def __init__(self, ignore_index: int = 255, tau: float = 0.5):
        super().__init__(ignore_index)
        if tau <= 0:
            raise ValueError(f"tau should be positive, not {tau}")
        self.tau = tau

    def forward(self, logits: paddle.Tensor, labels: paddle.Tensor) -> paddle.Tensor:
        valid = self.valid(labels)
        # What is ignored is class 0 for the label and any class for the logits.
        truth = one_hot(paddle.where(valid, labels, paddle.zeros_like(labels)), logits.shape[1])
        known = valid.unsqueeze(1).expand_as(logits)
        drawn = self._drawn(paddle.where(known, logits, paddle.zeros_like(logits)))
        return masked_mean((_steepness(drawn) - _steepness(truth.astype(logits.dtype))).abs(), known)

    def _drawn(self, logits: paddle.Tensor) -> paddle.Tensor:
        tiny = 1e-10
        noise = paddle.rand(logits.shape).astype(logits.dtype)
        return F.softmax((logits - paddle.log(tiny - paddle.log(noise + tiny))) / self.tau, axis=1)


def _steepness(maps: paddle.Tensor) -> paddle.Tensor:
    """The slope of the smoothed maps as a share of the largest one."""
    n, c, h, w = maps.shape
    maps = maps.reshape([n * c, 1, h, w])
    triangle = [*range(1, _REACH + 1), _REACH + 1, *range(_REACH, 0, -1)]
    smoothing = paddle.to_tensor(triangle, maps.dtype) / (_REACH + 1) ** 2
    for axis, shape in ((3, [1, 1, 1, -1]), (2, [1, 1, -1, 1])):
        first, last = (
            (maps[:, :, :, :_REACH], maps[:, :, :, -_REACH:])
            if axis == 3
            else (maps[:, :, :_REACH], maps[:, :, -_REACH:])
        )
        mirrored = paddle.concat([first.flip(axis), maps, last.flip(axis)], axis)
        maps = F.conv2d(mirrored, smoothing.reshape(shape))
    change = paddle.to_tensor([-0.5, 0.0, 0.5], maps.dtype)
    right = F.conv2d(maps, change.reshape([1, 1, 1, 3]), padding=[0, 1])
    down = F.conv2d(maps, change.reshape([1, 1, 3, 1]), padding=[1, 0])
    size = paddle.sqrt(right * right + down * down + 1e-6)
    return (size / size.max()).reshape([n, c, h, w])
