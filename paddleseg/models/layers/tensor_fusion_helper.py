"""PaddleSeg's summaries of one map or several: means and largest values, joined along the channels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import paddle
import paddle.nn.functional as F

Maps: TypeAlias = "paddle.Tensor | Sequence[paddle.Tensor]"
"""One map (N, C, H, W), or several."""


def _joined(x: Maps, *pools: Callable[[paddle.Tensor], paddle.Tensor], by_map: bool = False) -> paddle.Tensor:
    maps: list[Any] = list(x) if isinstance(x, (list, tuple)) else [x]
    if by_map:
        return paddle.concat([pool(each) for each in maps for pool in pools], axis=1)
    return paddle.concat([pool(each) for pool in pools for each in maps], axis=1)


def _mean_of_channels(x: paddle.Tensor) -> paddle.Tensor:
    return x.mean(axis=1, keepdim=True)


def _max_of_channels(x: paddle.Tensor) -> paddle.Tensor:
    return x.max(axis=1, keepdim=True)


def _mean_of_places(x: paddle.Tensor) -> paddle.Tensor:
    return F.adaptive_avg_pool2d(x, 1)


def _max_of_places(x: paddle.Tensor) -> paddle.Tensor:
    return F.adaptive_max_pool2d(x, 1)


def avg_reduce_hw(x: Maps) -> paddle.Tensor:
    """The mean of every channel, (N, sum of C, 1, 1)."""
    return _joined(x, _mean_of_places)


def avg_max_reduce_hw(x: Maps, is_training: bool) -> paddle.Tensor:
    """The means of all maps, then their largest values, (N, 2 * sum of C, 1, 1)."""
    return _joined(x, _mean_of_places, _max_of_places)


def avg_reduce_channel(x: Maps) -> paddle.Tensor:
    """The mean of the channels of each map, (N, maps, H, W)."""
    return _joined(x, _mean_of_channels)


def max_reduce_channel(x: Maps) -> paddle.Tensor:
    """The largest of the channels of each map, (N, maps, H, W)."""
    return _joined(x, _max_of_channels)


def avg_max_reduce_channel(x: Maps) -> paddle.Tensor:
    """Mean and largest of the channels, map by map, (N, 2 * maps, H, W)."""
    return _joined(x, _mean_of_channels, _max_of_channels, by_map=True)


def cat_avg_max_reduce_channel(x: Sequence[paddle.Tensor]) -> paddle.Tensor:
    """Mean and largest over the channels of all maps together, (N, 2, H, W)."""
    return avg_max_reduce_channel(paddle.concat(list(x), axis=1))
