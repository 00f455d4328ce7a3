"""Which channels can only go together: a union of all places in parameters that carry the same channel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

Ids = np.ndarray
"""Numbers of places along one axis of a tensor, int64 (channels,)."""

STAYS = 0
"""The place of all channels that cannot go."""


class Channels:
    """Places along the axes of a network's parameters, joined where one channel runs through them.

    Args:
        shapes: Of the parameters, by name.

    Example:
        >>> channels = Channels({"conv.weight": (8, 3, 3, 3), "bn.weight": (8,)})
        >>> channels.join(channels.ids("conv.weight", 0), channels.ids("bn.weight", 0))
    """

    def __init__(self, shapes: Mapping[str, Sequence[int]]):
        self.shapes = {name: tuple(shape) for name, shape in shapes.items()}
        self.axes: dict[tuple[str, int], Ids] = {}
        self.reasons: dict[tuple[str, int], str] = {}
        total = 1
        for name, shape in self.shapes.items():
            for axis, side in enumerate(shape):
                if side > 1:
                    self.axes[name, axis] = np.arange(total, total + side)
                    total += side
        self._parent = np.arange(total)
        self._owner = np.zeros(total, np.int64)
        self._names = list(self.axes)
        for number, ids in enumerate(self.axes.values()):
            self._owner[ids] = number

    def ids(self, name: str, axis: int) -> Ids | None:
        """The places along an axis; None where it has but one, which cannot go."""
        return self.axes.get((name, axis))

    def root(self, place: int) -> int:
        """The place that stands for all that are joined with `place`."""
        parent = self._parent
        while parent[place] != place:
            parent[place] = parent[parent[place]]
            place = int(parent[place])
        return place

    def roots(self) -> Ids:
        """The root of every place."""
        found = self._parent
        while (found[found] != found).any():
            found = found[found]
        self._parent = found
        return found

    def join(self, left: Ids, right: Ids) -> None:
        """Channels of the two that stand at the same position go together from now on."""
        for a, b in {*zip(left.tolist(), right.tolist(), strict=True)}:
            first, second = sorted((self.root(a), self.root(b)))
            self._parent[second] = first  # so that STAYS stays a root

    def keep(self, ids: Ids, reason: str) -> None:
        """None of these channels can go."""
        for number in np.unique(self._owner[ids[ids != STAYS]]):
            self.reasons.setdefault(self._names[number], reason)
        self.join(ids, np.zeros_like(ids))
