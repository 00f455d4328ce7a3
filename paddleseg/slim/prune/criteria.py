"""How much a channel matters, told from the weights alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Literal

import numpy as np
from paddle import nn

from paddleseg.slim.prune.groups import Group

Criterion = Literal["l1", "fpgm", "bn_scale"]


def l1(filters: np.ndarray) -> np.ndarray:
    """Mean of a filter's absolute values (Li et al., Pruning Filters for Efficient ConvNets, ICLR 2017)."""
    return np.abs(filters).mean(axis=1)


def fpgm(filters: np.ndarray) -> np.ndarray:
    """Mean distance from a filter to all others: one near their geometric median can be replaced by them.

    He et al., Filter Pruning via Geometric Median, CVPR 2019.
    """
    squares = (filters**2).sum(axis=1)
    between = squares[:, None] + squares[None] - 2 * filters @ filters.T
    return np.sqrt(np.maximum(between, 0)).mean(axis=1)


_OF_FILTERS: dict[str, Callable[[np.ndarray], np.ndarray]] = {"l1": l1, "fpgm": fpgm, "bn_scale": l1}


def importance(model: nn.Layer, group: Group, criterion: Criterion) -> tuple[np.ndarray, bool]:
    """How much each unit of a group matters, as float64 (units,), and whether the criterion could tell.

    Every layer of the group counts alike: its values are divided by their mean. `bn_scale` is the absolute scale of the
    batch norms (Liu et al., Network Slimming, ICCV 2017); of a group without any, L1 is taken.
    """
    state, layers = model.state_dict(), dict(model.named_sublayers())
    scores = [
        (place, np.abs(state[place[0]].numpy().astype(np.float64)))
        for place in group.places
        if criterion == "bn_scale" and _is_scale(layers.get(place[0].rpartition(".")[0]), place[0])
    ]
    known = bool(scores) or criterion != "bn_scale"
    if not scores:
        scores = [
            (place, _OF_FILTERS[criterion](filters)) for place, filters in _filters(state, layers, group, makers=True)
        ]
    if not scores:  # what makes the channels is no layer's weight, so by those who read them
        scores = [(place, l1(filters)) for place, filters in _filters(state, layers, group, makers=False)]
    total = np.zeros(len(group))
    for place, values in scores:
        values = values / max(values.mean(), 1e-12)
        total += [values[places[place]].mean() for places in group.units.values()]
    return total / max(len(scores), 1), known


def _is_scale(layer: nn.Layer | None, name: str) -> bool:
    return isinstance(layer, (nn.BatchNorm2D, nn.SyncBatchNorm)) and name.endswith(".weight")


def _filters(
    state: dict[str, object], layers: dict[str, nn.Layer], group: Group, makers: bool
) -> Iterator[tuple[tuple[str, int], np.ndarray]]:
    """The weights of each channel, (channels, numbers), of the layers that make the channels, or that read them."""
    for name, axis in group.places:
        array = state[name].numpy().astype(np.float64)  # type: ignore[attr-defined]
        turned = isinstance(layers.get(name.rpartition(".")[0]), (nn.Conv2DTranspose, nn.Linear))
        if array.ndim > 1 and (axis == (1 if turned else 0)) == makers:
            yield (name, axis), np.moveaxis(array, axis, 0).reshape(array.shape[axis], -1)
