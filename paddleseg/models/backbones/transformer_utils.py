"""PaddleSeg's helpers of transformers, for plugins."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from paddle import Tensor, nn

from paddleseg.models.layers import drop_path as ours

Identity = nn.Identity
trunc_normal_ = nn.initializer.TruncatedNormal(std=0.02)
normal_ = nn.initializer.Normal
zeros_ = nn.initializer.Constant(0.0)
ones_ = nn.initializer.Constant(1.0)


class DropPath(ours.DropPath):
    """As ours; without a rate nothing is left out."""

    def __init__(self, drop_prob: float | None = None):
        super().__init__(drop_prob or 0.0)


def drop_path(x: Tensor, drop_prob: float = 0.0, training: bool = False) -> Tensor:
    """`DropPath` as a function."""
    layer = DropPath(drop_prob)
    layer.training = training
    return layer(x)


def to_2tuple(x: Any) -> tuple[Any, ...]:
    """A pair: of a number twice it, of a pair the pair."""
    return tuple(x) if isinstance(x, Iterable) and not isinstance(x, str) else (x, x)
