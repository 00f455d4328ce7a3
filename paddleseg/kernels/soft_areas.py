"""Compiled kernels for `losses.soft_areas`: one pass over the pixels for arg-max and softmax, one for the gradient.

Nothing of the size of the logits is kept between the passes: the arg-max class's logit and probability are enough to
give every probability again, cheaper than memory would.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import paddle
from paddle.autograd import PyLayer

from paddleseg.kernels.regions import Regions
from paddleseg.kernels.runtime import array, jit, share

_BLOCK = 1024  # pixels worked on at a time: all their classes stay in the cache
_LOG2_E = np.float32(1.4426950408889634)
# Taylor's series of 2 ** f: on [-0.5, 0.5] exact to single precision.
_C1, _C2, _C3 = np.float32(0.6931471806), np.float32(0.2402264923), np.float32(0.0555041087)
_C4, _C5, _C6 = np.float32(0.0096181292), np.float32(0.0013333558), np.float32(0.0001540353)


@jit
def _exp(logits: np.ndarray, top: np.ndarray, out: np.ndarray, bits: np.ndarray) -> None:
    """exp(logits - top) of one block; the library's exp would keep the loop from being vectorised."""
    for j in range(len(out)):
        power = max((logits[j] - top[j]) * _LOG2_E, np.float32(-126))
        whole = np.floor(power + np.float32(0.5))
        f = power - whole
        bits[j] = (np.int32(whole) + np.int32(127)) << np.int32(23)
        out[j] = np.float32(1) + f * (_C1 + f * (_C2 + f * (_C3 + f * (_C4 + f * (_C5 + f * _C6)))))
    scale = bits.view(np.float32)
    for j in range(len(out)):
        out[j] *= scale[j]


@jit
def _arg_max(start: int, stop: int, logits: np.ndarray, mask: np.ndarray, top: np.ndarray, own: np.ndarray) -> None:
    """Class, logit and probability of each pixel's largest logit."""
    classes, pixels = logits.shape[1:]
    prob, bits, total = np.empty(_BLOCK, np.float32), np.empty(_BLOCK, np.int32), np.empty(_BLOCK, np.float32)
    best = np.empty(_BLOCK, np.int32)
    for n in range(start, stop):
        for first in range(0, pixels, _BLOCK):
            size = min(_BLOCK, pixels - first)
            here, chosen = top[n, first : first + size], mask[n, first : first + size]
            for j in range(size):
                here[j], best[j], total[j] = logits[n, 0, first + j], 0, 0
            for c in range(1, classes):
                values = logits[n, c, first : first + size]
                for j in range(size):
                    best[j] = c if values[j] > here[j] else best[j]
                    here[j] = max(values[j], here[j])
            for j in range(size):
                chosen[j] = best[j]
            for c in range(classes):
                _exp(logits[n, c, first : first + size], here, prob[:size], bits[:size])
                for j in range(size):
                    total[j] += prob[j]
            for j in range(size):
                own[n, first + j] = 1 / total[j]


@jit
def _arg_max_of_two(
    start: int, stop: int, logits: np.ndarray, mask: np.ndarray, top: np.ndarray, own: np.ndarray
) -> None:
    """As `_arg_max`, for two classes: of each pixel's exponentials one is 1."""
    pixels = logits.shape[2]
    low, prob, bits = np.empty(_BLOCK, np.float32), np.empty(_BLOCK, np.float32), np.empty(_BLOCK, np.int32)
    for n in range(start, stop):
        for first in range(0, pixels, _BLOCK):
            size = min(_BLOCK, pixels - first)
            zero, one = logits[n, 0, first : first + size], logits[n, 1, first : first + size]
            here, chosen = top[n, first : first + size], mask[n, first : first + size]
            for j in range(size):
                here[j], low[j] = max(zero[j], one[j]), min(zero[j], one[j])
            for j in range(size):
                chosen[j] = one[j] > zero[j]
            _exp(low[:size], here, prob[:size], bits[:size])
            for j in range(size):
                own[n, first + j] = 1 / (1 + prob[j])


@jit
def _sums(start: int, stop: int, segments: np.ndarray, own: np.ndarray, sums: np.ndarray) -> None:
    """Probability by segment; the segments of two images differ."""
    for n in range(start, stop):
        segment, total = segments[n, 0], np.float64(0)
        for j in range(segments.shape[1]):
            if segments[n, j] != segment:  # a run of pixels is added up in a register
                sums[segment] += total
                segment, total = segments[n, j], np.float64(0)
            total += own[n, j]
        sums[segment] += total


@jit
def _outside(
    start: int,
    stop: int,
    logits: np.ndarray,
    top: np.ndarray,
    own: np.ndarray,
    label: np.ndarray,
    asked: np.ndarray,
    outside: np.ndarray,
) -> None:
    """Probability of the classes asked for over known pixels of another label."""
    classes, pixels = logits.shape[1:]
    prob, bits = np.empty(_BLOCK, np.float32), np.empty(_BLOCK, np.int32)
    for n in range(start, stop):
        for c in range(classes):
            if not asked[n, c]:
                continue
            total = np.float64(0)
            for first in range(0, pixels, _BLOCK):
                size = min(_BLOCK, pixels - first)
                block = slice(first, first + size)
                _exp(logits[n, c, block], top[n, block], prob[:size], bits[:size])
                part = np.float32(0)
                for j in range(size):
                    truth = label[n, first + j]
                    part += prob[j] * own[n, first + j] if 0 <= truth < classes and truth != c else np.float32(0)
                total += part
            outside[n, c] = total


@jit
def _gradient(
    start: int,
    stop: int,
    logits: np.ndarray,
    mask: np.ndarray,
    top: np.ndarray,
    own: np.ndarray,
    label: np.ndarray,
    segments: np.ndarray,
    by_segment: np.ndarray,
    by_class: np.ndarray,
    gradient: np.ndarray,
) -> None:
    """d(sum of areas * their gradients) / d logits, for images `start .. stop - 1`."""
    classes, pixels = logits.shape[1:]
    prob, bits = np.empty((classes, _BLOCK), np.float32), np.empty(_BLOCK, np.int32)
    pull, mean = np.empty(_BLOCK, np.float32), np.empty(_BLOCK, np.float32)
    for n in range(start, stop):
        pushes = np.any(by_class[n] != 0)
        if classes == 2 and not pushes:  # the derivative of a sigmoid: no exponential is needed again
            for j in range(pixels):
                slope = by_segment[segments[n, j]] * own[n, j] * (1 - own[n, j])
                gradient[n, 0, j] = slope if mask[n, j] == 0 else -slope
                gradient[n, 1, j] = -slope if mask[n, j] == 0 else slope
            continue
        for first in range(0, pixels, _BLOCK):
            size = min(_BLOCK, pixels - first)
            block = slice(first, first + size)
            for j in range(size):
                pull[j] = by_segment[segments[n, first + j]] * own[n, first + j]
                mean[j] = pull[j]
            for c in range(classes):
                _exp(logits[n, c, block], top[n, block], prob[c, :size], bits[:size])
                for j in range(size):
                    prob[c, j] *= own[n, first + j]
                if pushes:
                    for j in range(size):
                        truth = label[n, first + j]
                        mean[j] += by_class[n, c] * prob[c, j] if 0 <= truth < classes and truth != c else np.float32(0)
            for c in range(classes):
                out = gradient[n, c, block]
                for j in range(size):
                    out[j] = -prob[c, j] * mean[j]
                if pushes:
                    for j in range(size):
                        truth = label[n, first + j]
                        out[j] += by_class[n, c] * prob[c, j] if 0 <= truth < classes and truth != c else np.float32(0)
            for j in range(size):
                gradient[n, mask[n, first + j], first + j] += pull[j]


class KernelSoftMask:
    """For float32 logits in training on a CPU; equal to `PaddleSoftMask` in numbers."""

    def __init__(self, logits: paddle.Tensor):
        self.logits = logits.contiguous()
        n, classes, height, width = logits.shape
        self.values = array(self.logits).reshape(n, classes, -1)
        flat = self.values[:, 0].shape
        mask = np.empty(flat, np.uint8 if classes <= 256 else np.int32)
        self.top, self.own = np.empty(flat, np.float32), np.empty(flat, np.float32)
        share(_arg_max if classes != 2 else _arg_max_of_two, n, self.values, mask, self.top, self.own)
        self.mask = mask.reshape(n, height, width)

    def areas(self, regions: Regions) -> tuple[paddle.Tensor, paddle.Tensor]:
        return _Areas.apply(self.logits, self, regions)


class _Areas(PyLayer):
    @staticmethod
    def forward(
        ctx: Any, logits: paddle.Tensor, soft: KernelSoftMask, regions: Regions
    ) -> tuple[paddle.Tensor, paddle.Tensor]:
        ctx.soft, ctx.regions = soft, regions
        n, pixels = soft.own.shape
        sums, outside = np.zeros(regions.count), np.zeros(regions.outside.shape)
        share(_sums, n, regions.segments.reshape(n, pixels), soft.own, sums)
        if regions.outside.any():
            label = regions.label.reshape(n, pixels)
            share(_outside, n, soft.values, soft.top, soft.own, label, regions.outside, outside)
        return paddle.to_tensor(sums, dtype=logits.dtype), paddle.to_tensor(outside, dtype=logits.dtype)

    @staticmethod
    def backward(ctx: Any, sums_gradient: paddle.Tensor, outside_gradient: paddle.Tensor) -> paddle.Tensor:
        soft, regions = ctx.soft, ctx.regions
        n, pixels = soft.own.shape
        by_class = np.where(regions.outside, outside_gradient.numpy(), np.float32(0))
        gradient = paddle.empty(soft.logits.shape)
        share(
            _gradient,
            n,
            soft.values,
            soft.mask.reshape(n, pixels),
            soft.top,
            soft.own,
            regions.label.reshape(n, pixels),
            regions.segments.reshape(n, pixels),
            sums_gradient.numpy(),
            by_class,
            array(gradient).reshape(soft.values.shape),
        )
        return gradient
