"""Lovasz losses: the IoU, extended from sets to real-valued errors (Berman et al., CVPR 2018)."""

from __future__ import annotations

from typing import Literal

import numpy as np
import paddle
import paddle.nn.functional as F

from paddleseg.losses.base import SegLoss, one_hot
from paddleseg.registry import LOSSES


@LOSSES.register
class LovaszSoftmaxLoss(SegLoss):
    """The Lovasz extension of one minus IoU, on the errors of class probabilities (section 3.2).

    Args:
        ignore_index: Label value of pixels that count for nothing.
        classes: Average over the classes "present" in the batch's labels, or over "all".
    """

    def __init__(self, ignore_index: int = 255, classes: Literal["present", "all"] = "present"):
        super().__init__(ignore_index)
        self.classes = classes

    def forward(self, logits: paddle.Tensor, labels: paddle.Tensor) -> paddle.Tensor:
        prob, valid = F.softmax(logits, axis=1), self.valid(labels)
        truth = one_hot(labels, logits.shape[1]).astype(prob.dtype)
        losses = []
        for wanted, given in zip(truth.unbind(axis=1), prob.unbind(axis=1), strict=True):
            if self.classes == "all" or bool(((wanted > 0) & valid).any()):
                losses.append(_extension((wanted - given).abs(), wanted, valid))
        return paddle.stack(losses).mean() if losses else logits.sum() * 0


@LOSSES.register
class LovaszHingeLoss(SegLoss):
    """The Lovasz extension on hinge errors of one foreground against the background (section 3.1).

    Args:
        ignore_index: Label value of pixels that count for nothing.

    Shape:
        logits (N, 1, H, W), or (N, 2, H, W) whose difference counts; labels (N, H, W) of 0 and 1. Or logits and labels
        (N, C, H, W) of classes that do not exclude each other, whose pixels count together.
    """

    takes_independent = True

    def __init__(self, ignore_index: int = 255):
        super().__init__(ignore_index)

    def forward(self, logits: paddle.Tensor, labels: paddle.Tensor) -> paddle.Tensor:
        if labels.ndim == 4:
            score = logits
        else:
            score = logits[:, 0] if logits.shape[1] == 1 else logits[:, 1] - logits[:, 0]
        truth = (labels == 1).astype(score.dtype)
        return _extension(F.relu(1 - score * (2 * truth - 1)), truth, self.valid(labels))


def _extension(errors: paddle.Tensor, truth: paddle.Tensor, valid: paddle.Tensor) -> paddle.Tensor:
    """The Lovasz extension of the Jaccard loss at `errors`: their sum, weighted by their place in the order."""
    kept = valid.astype(errors.dtype)
    if errors.place.is_cpu_place():  # NumPy sorts several times faster than Paddle on a CPU
        weights = paddle.to_tensor(_weights_host(errors.numpy(), truth.numpy() > 0, valid.numpy()))
    else:
        weights = _weights_device(errors.detach(), truth, kept)
    return (errors * weights.astype(errors.dtype)).sum()


def _weights_host(errors: np.ndarray, truth: np.ndarray, valid: np.ndarray) -> np.ndarray:
    """How much 1 - IoU grows as each error joins those larger than it; 0 for pixels that do not count."""
    order = np.argsort(-errors[valid])
    hit = truth[valid][order].astype(np.float64)
    left = hit.sum() - hit.cumsum()
    jaccard = 1 - left / np.maximum(hit.sum() + (1 - hit).cumsum(), 1)
    sorted_weights = np.diff(jaccard, prepend=0.0)
    by_pixel = np.empty_like(sorted_weights)
    by_pixel[order] = sorted_weights
    weights = np.zeros(errors.shape)
    weights[valid] = by_pixel
    return weights


def _weights_device(errors: paddle.Tensor, truth: paddle.Tensor, kept: paddle.Tensor) -> paddle.Tensor:
    """The same on the device: ignored pixels are sorted last, where they change nothing."""
    order = paddle.argsort(paddle.where(kept > 0, -errors, paddle.full_like(errors, float("inf"))).flatten())
    hit = paddle.gather((truth * kept).flatten().astype("float64"), order)
    miss = paddle.gather(((1 - truth) * kept).flatten().astype("float64"), order)
    jaccard = 1 - (hit.sum() - hit.cumsum()) / (hit.sum() + miss.cumsum()).clip(min=1)
    sorted_weights = paddle.diff(jaccard, prepend=paddle.zeros([1], "float64"))
    return paddle.scatter(paddle.zeros_like(sorted_weights), order, sorted_weights).reshape(errors.shape) * kept
