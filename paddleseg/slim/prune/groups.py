"""Groups of channels that can go, of which each is one decision for a whole set of layers."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from paddle import nn

from paddleseg.slim.prune.channels import STAYS, Ids
from paddleseg.slim.prune.trace import ChannelGraph

Place = tuple[str, int]
"""A parameter and one of its axes."""


@dataclass(frozen=True)
class Group:
    """Channels of the same set of layers.

    Args:
        name: The first layer that makes them.
        units: What can go, one by one: a root of `Channels`, and where it is in each parameter.
    """

    name: str
    units: dict[int, dict[Place, list[int]]]

    @property
    def places(self) -> list[Place]:
        return list(next(iter(self.units.values())))

    def __len__(self) -> int:
        return len(self.units)


def find_groups(graph: ChannelGraph) -> list[Group]:
    """The groups of a network in the order of its layers; those with a single unit cannot be cut and are left out."""
    roots = graph.channels.roots()
    members: dict[int, dict[Place, list[int]]] = defaultdict(dict)
    for place, ids in graph.channels.axes.items():
        for index, root in enumerate(roots[ids].tolist()):
            if root != STAYS:
                members[root].setdefault(place, []).append(index)
    groups: dict[tuple[Place, ...], dict[int, dict[Place, list[int]]]] = defaultdict(dict)
    for root, places in members.items():
        groups[tuple(places)][root] = places
    return [Group(_name(places), units) for places, units in groups.items() if len(units) > 1]


def _name(places: tuple[Place, ...]) -> str:
    made = [name for name, axis in places if axis == 0 and name.endswith("weight")]
    return (made or [places[0][0]])[0].rpartition(".")[0]


def kept_places(graph: ChannelGraph, gone: set[int]) -> Ids:
    """bool (places,): what stays where the units `gone`, named by their roots, go."""
    return ~np.isin(graph.channels.roots(), sorted(gone))


def smaller_arrays(graph: ChannelGraph, model: nn.Layer, gone: set[int]) -> dict[str, np.ndarray]:
    """The values of all parameters that shrink, without the channels that go."""
    kept, state = kept_places(graph, gone), model.state_dict()
    found: dict[str, np.ndarray] = {}
    for (name, axis), ids in graph.channels.axes.items():
        if not kept[ids].all():
            array = found[name] if name in found else state[name].numpy()
            found[name] = np.compress(kept[ids], array, axis=axis)
    return found


def masked_arrays(graph: ChannelGraph, model: nn.Layer, gone: set[int]) -> dict[str, np.ndarray]:
    """The values of all parameters with zeros for the channels that go, so that nothing hears of them."""
    kept, state = kept_places(graph, gone), model.state_dict()
    found: dict[str, np.ndarray] = {}
    for (name, axis), ids in graph.channels.axes.items():
        if not kept[ids].all() and not name.endswith(("_mean", "_variance")):
            array = found[name] if name in found else state[name].numpy().copy()
            turned = [-1 if own == axis else 1 for own in range(array.ndim)]
            found[name] = array * kept[ids].reshape(turned).astype(array.dtype)
    return found
