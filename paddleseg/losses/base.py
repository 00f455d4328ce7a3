"""What all segmentation losses share: their call, and means that leave ignored pixels out."""

from __future__ import annotations

import itertools
from typing import Any

import paddle
import paddle.nn.functional as F
from paddle import nn


class SegLoss(nn.Layer):
    """A loss of class logits against integer labels.

    A subclass sends gradient to the logits, has its infimum on a perfect prediction, and stays finite on labels that
    are empty or ignored altogether.

    Args:
        ignore_index: Label value of pixels that count for nothing.

    Attributes:
        takes_independent: Whether labels may also be (N, C, H, W) of 0 and 1, classes that do not exclude each other.

    Shape:
        logits (N, C, H, W) float; labels (N, H, W) int64. Returns a scalar.

    Raises:
        ValueError: logits and labels differ in N, H or W (or C).
    """

    takes_independent = False

    def __init__(self, ignore_index: int = 255):
        super().__init__()
        self.ignore_index = ignore_index

    def forward(self, *inputs: Any) -> paddle.Tensor:
        raise NotImplementedError

    def valid(self, labels: paddle.Tensor) -> paddle.Tensor:
        """Where labels count, (N, H, W) bool."""
        return labels != self.ignore_index

    def __call__(self, *inputs: Any, **named: Any) -> paddle.Tensor:
        *maps, labels = (*inputs, *named.values())
        independent = self.takes_independent and labels.ndim == 4
        for logits in itertools.chain(*(each if isinstance(each, (list, tuple)) else [each] for each in maps)):
            if (logits.shape if independent else [logits.shape[0], *logits.shape[2:]]) != labels.shape:
                name = type(self).__name__
                raise ValueError(f"{name}: logits {logits.shape} and labels {labels.shape} differ in N, H or W")
        return super().__call__(*inputs, **named)


def masked_mean(values: paddle.Tensor, mask: paddle.Tensor) -> paddle.Tensor:
    """The mean of `values` where `mask` (bool or weights of the same shape); 0 where the mask is empty."""
    weights = mask.astype(values.dtype)
    # The tiny floor keeps 0 / 0 finite, and is far below one pixel's weight.
    return (values * weights).sum() / weights.sum().clip(min=1e-12)


def pixel_cross_entropy(logits: paddle.Tensor, labels: paddle.Tensor, ignore_index: int) -> paddle.Tensor:
    """Minus log-probability of each pixel's label, (N, H, W); 0 at ignored pixels."""
    # Classes stay on axis 1: moving them last costs half as much again on a CPU.
    losses = F.cross_entropy(logits, labels.unsqueeze(1), ignore_index=ignore_index, reduction="none", axis=1)
    return losses.squeeze(1)


def one_hot(labels: paddle.Tensor, classes: int) -> paddle.Tensor:
    """(N, H, W) labels as (N, C, H, W) bool; all false where the label is none of the classes."""
    return labels.unsqueeze(1) == paddle.arange(classes, dtype=labels.dtype).reshape([1, -1, 1, 1])
