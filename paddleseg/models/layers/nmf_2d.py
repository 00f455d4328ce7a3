"""A feature map as a product of two small non-negative matrices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import paddle
import paddle.nn.functional as F
from paddle import nn

_TINY = 1e-6


class NMF2D(nn.Layer):
    """PaddleSeg's: what few non-negative patterns say of a map, in place of attention (Geng et al., ICLR 2021).

    Args:
        args: `SPATIAL` (True: patterns of channels, shared by places; False: the other way round), `MD_S` (parts that
            are decomposed by themselves), `MD_R` (patterns), `TRAIN_STEPS`, `EVAL_STEPS` (of multiplicative
            updates), `RAND_INIT` (True: other first patterns in each call; False: those of the first call, which are
            saved with the weights). `MD_D`, `INV_T` and `ETA`, which PaddleSeg's has for relatives, change nothing.

    Shape:
        x (N, C, H, W), not negative; returns the same.

    Example:
        >>> NMF2D({"MD_R": 4})(paddle.ones([1, 8, 4, 4])).shape
        [1, 8, 4, 4]
    """

    def __init__(self, args: Mapping[str, Any] | None = None):
        super().__init__()
        given = dict(args or {})
        self.spatial = given.get("SPATIAL", True)
        self.S, self.R = given.get("MD_S", 1), given.get("MD_R", 64)
        self.train_steps, self.eval_steps = given.get("TRAIN_STEPS", 6), given.get("EVAL_STEPS", 7)
        self.rand_init = given.get("RAND_INIT", True)

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        shape, parts = x.shape, x.shape[0] * self.S
        rows = shape[1] // self.S
        data = x.reshape([parts, rows, shape[2] * shape[3]])  # (B, D, N)
        if not self.spatial:
            data = data.transpose([0, 2, 1])
        bases = self._first(parts, shape[0], data.shape[1])
        coef = F.softmax(paddle.bmm(data.transpose([0, 2, 1]), bases), axis=-1)  # (B, N, R)
        for _ in range(self.train_steps if self.training else self.eval_steps):
            coef = _closer(coef, data.transpose([0, 2, 1]), bases)
            bases = _closer(bases, data, coef)
        coef = _closer(coef, data.transpose([0, 2, 1]), bases)
        found = paddle.bmm(bases, coef.transpose([0, 2, 1]))
        return (found if self.spatial else found.transpose([0, 2, 1])).reshape(shape)

    def _first(self, parts: int, batch: int, depth: int) -> paddle.Tensor:
        """Patterns to begin with, of length 1: (B, D, R)."""
        if self.rand_init:
            return F.normalize(paddle.rand([parts, depth, self.R]), axis=1)
        if "bases" not in self._buffers:
            self.register_buffer("bases", F.normalize(paddle.rand([self.S, depth, self.R]), axis=1))
        return paddle.repeat_interleave(self.bases, batch, 0)


def _closer(factor: paddle.Tensor, data: paddle.Tensor, other: paddle.Tensor) -> paddle.Tensor:
    """One multiplicative update of `factor` in data = factor @ other^T (Lee and Seung, 2001)."""
    return factor * paddle.bmm(data, other) / (factor.bmm(other.transpose([0, 2, 1]).bmm(other)) + _TINY)
