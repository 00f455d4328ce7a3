"""How much probability lies in the segments of an arg-max mask: the one pass over pixels that connectivity needs.

Two forms with equal numbers. On a GPU it is a handful of Paddle operations. On a CPU, Paddle's softmax along axis 1
and the backward passes around it cost as much as cross entropy does; NumPy over one image at a time stays in the cache
and is several times faster, so that form is used there.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import paddle
import paddle.nn.functional as F
from paddle.autograd import PyLayer


@dataclass(frozen=True)
class Regions:
    """Where to add up, over a batch.

    Args:
        mask: The arg-max class of every pixel, (N, H, W).
        label: The true class, (N, H, W); any value outside the classes where nothing is known.
        segments: The segment of every pixel, (N, H, W) int32, numbered over the batch.
        count: How many segments there are.
        outside: For which image and class the probability outside the label is asked for, (N, C) bool.
    """

    mask: np.ndarray
    label: np.ndarray
    segments: np.ndarray
    count: int
    outside: np.ndarray

    @property
    def known(self) -> np.ndarray:
        """Where the label is one of the classes, (N, H, W) bool."""
        return (self.label >= 0) & (self.label < self.outside.shape[1])


def arg_max(logits: paddle.Tensor) -> np.ndarray:
    """The class of the largest logit, the first of equal ones, as an array on the host, (N, H, W) uint8 or int64."""
    classes = logits.shape[1]
    kind = "uint8" if classes <= 256 else "int64"
    if not logits.place.is_cpu_place():
        return paddle.argmax(logits.detach(), axis=1).astype(kind).numpy()
    values = np.from_dlpack(logits.detach())
    found = np.zeros([len(values), *values.shape[2:]], kind)
    for image, winner in zip(values, found, strict=True):
        best = image[0].copy()
        for number in range(1, classes):
            np.copyto(winner, number, where=image[number] > best)
            np.maximum(best, image[number], out=best)
    return found


def soft_areas(logits: paddle.Tensor, regions: Regions) -> tuple[paddle.Tensor, paddle.Tensor]:
    """Sums of probabilities, differentiable in the logits.

    Returns:
        For every segment the sum over its pixels of the arg-max class's probability, (count,), and for every image and
        class the sum of the class's probability over known pixels of another label, (N, C), 0 where not asked for.
    """
    if logits.place.is_cpu_place():
        return _HostSoftAreas.apply(logits, regions)
    return _device_soft_areas(logits, regions)


def _device_soft_areas(logits: paddle.Tensor, regions: Regions) -> tuple[paddle.Tensor, paddle.Tensor]:
    prob = F.softmax(logits, axis=1)
    mask = paddle.to_tensor(regions.mask).astype("int64").unsqueeze(1)
    own = paddle.take_along_axis(prob, mask, axis=1).flatten()
    segments = paddle.to_tensor(regions.segments).astype("int64").flatten()
    sums = paddle.put_along_axis(paddle.zeros([regions.count], own.dtype), segments, own, axis=0, reduce="add")
    if not regions.outside.any():
        return sums, paddle.zeros(logits.shape[:2], prob.dtype)
    label, known = paddle.to_tensor(regions.label).astype("int64"), paddle.to_tensor(regions.known)
    elsewhere = (label.unsqueeze(1) != paddle.arange(logits.shape[1]).reshape([1, -1, 1, 1])) & known.unsqueeze(1)
    asked = paddle.to_tensor(regions.outside).astype(prob.dtype)
    return sums, (prob * elsewhere.astype(prob.dtype)).sum(axis=[2, 3]) * asked


class _HostSoftAreas(PyLayer):
    """The NumPy form, one image at a time."""

    @staticmethod
    def forward(ctx, logits, regions):  # type: ignore[no-untyped-def]
        values = np.from_dlpack(logits.detach())
        own = np.empty([len(values), *values.shape[2:]], values.dtype)
        outside = np.zeros(regions.outside.shape, values.dtype)
        probs = []
        for number, image in enumerate(values):
            prob = np.exp(image - image.max(axis=0))
            np.divide(1, prob.sum(axis=0), out=own[number])  # the arg-max class's exponential is 1
            prob *= own[number]
            probs.append(prob)
            if regions.outside[number].any():
                outside[number] = _outside(prob, regions.label[number], regions.known[number])
        ctx.regions, ctx.probs, ctx.own = regions, probs, own
        sums = np.bincount(regions.segments.ravel(), own.ravel(), minlength=regions.count).astype(values.dtype)
        return paddle.to_tensor(sums), paddle.to_tensor(outside * regions.outside)

    @staticmethod
    def backward(ctx, sums_grad, outside_grad):  # type: ignore[no-untyped-def]
        regions, probs = ctx.regions, ctx.probs
        # d own / d logit = own * (1 at the arg-max class - prob)
        pull = sums_grad.numpy()[regions.segments] * ctx.own
        push = outside_grad.numpy() * regions.outside
        gradient = np.empty((len(probs), *probs[0].shape), pull.dtype)
        for number, prob in enumerate(probs):
            np.multiply(prob, -pull[number], out=gradient[number])
            for index, plane in enumerate(gradient[number]):
                np.add(plane, pull[number], out=plane, where=regions.mask[number] == index)
            if push[number].any():
                gradient[number] += _outside_gradient(prob, push[number], regions.label[number], regions.known[number])
        return paddle.utils.dlpack.from_dlpack(gradient.__dlpack__())


def _outside(prob: np.ndarray, label: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Each class's probability over known pixels of another label, (C,)."""
    classes = len(prob)
    everywhere = prob.reshape(classes, -1) @ known.ravel().astype(prob.dtype)
    inside = np.take_along_axis(prob, np.where(known, label, 0)[None], axis=0)[0]
    return everywhere - np.bincount(label[known], inside[known], minlength=classes)


def _outside_gradient(prob: np.ndarray, push: np.ndarray, label: np.ndarray, known: np.ndarray) -> np.ndarray:
    """What `push` (C,), the gradient of `_outside`, gives to the logits, (C, H, W)."""
    on_prob = np.where(known, push[:, None, None], 0).astype(prob.dtype)
    np.put_along_axis(on_prob, np.where(known, label, 0)[None], 0, axis=0)
    return prob * (on_prob - (on_prob * prob).sum(axis=0))
