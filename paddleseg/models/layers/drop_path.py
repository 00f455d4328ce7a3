"""Stochastic depth."""

from __future__ import annotations

import paddle
from paddle import nn


class DropPath(nn.Layer):
    """In training, leave a residual branch out for some samples and make up for it in the others (Huang et al., 2016).

    Args:
        rate: Share of samples without the branch.
    """

    def __init__(self, rate: float):
        super().__init__()
        if not 0 <= rate < 1:
            raise ValueError(f"rate should lie in [0, 1), not {rate!r}")
        self.rate = rate

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        if not self.training or self.rate == 0:
            return x
        kept = paddle.rand([x.shape[0]] + [1] * (x.ndim - 1)) >= self.rate
        return x * kept.astype(x.dtype) / (1 - self.rate)
