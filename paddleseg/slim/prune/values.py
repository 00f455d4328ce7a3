"""What is known of a tensor in the graph: which of its axes carry channels."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from paddleseg.slim.prune.channels import STAYS, Channels, Ids


@dataclass(frozen=True)
class Value:
    """A tensor.

    Args:
        axes: The channels along its axes, by axis. An axis without any has positions, or pictures, or channels that
            nobody can take away.
        parameter: The network's own, not made from the picture.
    """

    shape: tuple[int, ...]
    axes: dict[int, Ids] = field(default_factory=dict)
    parameter: bool = False

    def ids(self, axis: int) -> Ids:
        """The channels along an axis; where they cannot go, that."""
        found = self.axes.get(axis)
        return np.full(self.shape[axis], STAYS) if found is None else found


@dataclass(frozen=True)
class Product:
    """What a convolution or a product of matrices costs: `times` multiply-adds for each combination of channels."""

    times: int
    axes: tuple[Ids, ...]


def shape_of(value: Any) -> tuple[int, ...]:
    return tuple(int(side) for side in value.shape)


def pointwise(channels: Channels, values: Sequence[Value], shape: Sequence[int], reason: str) -> Value:
    """Tensors that meet element by element, after broadcasting: channels that meet go together."""
    axes: dict[int, Ids] = {}
    for axis in range(len(shape)):
        if shape[axis] == 1:
            continue
        inner = [(value, axis - len(shape) + len(value.shape)) for value in values]
        wide = [(value, own) for value, own in inner if own >= 0 and value.shape[own] > 1]
        if not any(own in value.axes for value, own in wide):
            continue
        first = axes[axis] = wide[0][0].ids(wide[0][1])
        for value, own in wide:
            if own in value.axes and any(o not in v.axes for v, o in wide):
                channels.keep(value.axes[own], reason)
            channels.join(first, value.ids(own))
    return Value(tuple(shape), axes)


def keep_all(channels: Channels, values: Iterable[Value], reason: str, but: Sequence[int] = ()) -> None:
    """No channel along any axis of the tensors can go, except along the axes `but`."""
    for value in values:
        for axis, ids in value.axes.items():
            if axis not in but:
                channels.keep(ids, reason)


def reshaped(channels: Channels, value: Value, shape: Sequence[int], reason: str) -> tuple[Value, list[Ids]]:
    """The tensor in another shape, and the channels that now stand in equal parts, so that they go from all parts."""
    axes: dict[int, Ids] = {}
    parted: list[Ids] = []
    for before, after in _segments(value.shape, shape):
        carrying = [axis for axis in before if axis in value.axes]
        if not carrying:
            continue
        ids = value.axes[carrying[0]]
        if len(carrying) == 1 and len(after) == 1:
            sides = [value.shape[axis] for axis in before]
            place = [-1 if axis == carrying[0] else 1 for axis in before]
            axes[after[0]] = np.broadcast_to(ids.reshape(place), sides).reshape(-1)
        elif len(before) == 1 and len(after) == 2:
            parts = ids.reshape(shape[after[0]], -1)
            for part in parts[1:]:
                channels.join(parts[0], part)
            axes[after[1]] = parts[0]
            parted.append(ids)
        else:
            for axis in carrying:
                channels.keep(value.axes[axis], reason)
    return Value(tuple(shape), axes, value.parameter), parted


def _segments(before: Sequence[int], after: Sequence[int]) -> list[tuple[list[int], list[int]]]:
    """The axes of two shapes in the smallest pieces that hold the same numbers; axes of one element are in none."""
    left = [axis for axis, side in enumerate(before) if side > 1]
    right = [axis for axis, side in enumerate(after) if side > 1]
    pieces: list[tuple[list[int], list[int]]] = []
    while left and right:
        a, b = [left.pop(0)], [right.pop(0)]
        while (size := math.prod(before[axis] for axis in a)) != (other := math.prod(after[axis] for axis in b)):
            if size < other:
                a.append(left.pop(0))
            else:
                b.append(right.pop(0))
        pieces.append((a, b))
    return pieces
