"""Rules of operations that put channels side by side or take them apart."""

from __future__ import annotations

from itertools import accumulate, pairwise
from typing import Any

import numpy as np

from paddleseg.slim.prune.channels import Ids
from paddleseg.slim.prune.rules import Known, Trace, flat, nothing_known, numbers, rule, said, unknown
from paddleseg.slim.prune.values import Value, keep_all, pointwise, shape_of


@rule("concat")
def _concat(trace: Trace, operation: Any, operands: list[Any]) -> list[Known]:
    found, values = numbers(operation, "axis", 1), flat(operands[:1])
    shape = shape_of(operation.results()[0])
    if found is None:
        return unknown(trace, operation, operands)
    axis = found[0] % len(shape)
    others = [Value(tuple(1 if a == axis else s for a, s in enumerate(v.shape)), _but(v, axis)) for v in values]
    beside = pointwise(trace.channels, others, tuple(1 if a == axis else s for a, s in enumerate(shape)), "concat")
    axes = dict(beside.axes)
    if any(axis in value.axes for value in values):
        axes[axis] = np.concatenate([value.ids(axis) for value in values])
    return [Value(shape, axes, all(value.parameter for value in values))]


@rule("split", "split_with_num")
def _split(trace: Trace, operation: Any, operands: list[Any]) -> list[Known]:
    x = operands[0]
    results = operation.results()[0].type().as_vec_type().as_list()
    shapes = [tuple(int(side) for side in each.shape) for each in results]
    axis = next((a for a in range(len(x.shape)) if any(shape[a] != x.shape[a] for shape in shapes)), None)
    if axis is None:
        return [[Value(shape, x.axes, x.parameter) for shape in shapes]]
    spans = list(pairwise([0, *accumulate(shape[axis] for shape in shapes)]))
    kept = _but(x, axis)
    if axis in x.axes and not x.parameter:
        _in_equal_parts(trace, x.axes[axis], [b - a for a, b in spans], said(operation))
    parts = [x.axes[axis][a:b] if axis in x.axes else None for a, b in spans]
    return [
        [
            Value(shape, kept | ({axis: ids} if ids is not None else {}), x.parameter)
            for shape, ids in zip(shapes, parts, strict=True)
        ]
    ]


@rule("slice")
def _slice(trace: Trace, operation: Any, operands: list[Any]) -> list[Known]:
    x, attributes = operands[0], operation.attrs()
    keep_all(trace.channels, flat(operands[1:]), said(operation))
    starts, ends = numbers(operation, "starts", 1), numbers(operation, "ends", 2)
    cut = [int(axis) for axis in attributes["axes"]]
    dropped = {int(axis) for axis in attributes.get("decrease_axis", [])}
    axes = {}
    for axis, ids in x.axes.items():
        if axis not in cut:
            axes[axis] = ids
            continue
        if starts is None or ends is None:
            trace.channels.keep(ids, said(operation))
            continue
        begin, end, _ = slice(starts[cut.index(axis)], ends[cut.index(axis)]).indices(len(ids))
        length = end - begin
        if length < len(ids) and not x.parameter:
            whole = length > 1 and len(ids) % length == 0 and begin % length == 0
            _in_equal_parts(trace, ids, [length] * (len(ids) // length) if whole else [length, len(ids)], "slice")
        axes[axis] = ids[begin:end]
    stay = [axis for axis in range(len(x.shape)) if axis not in dropped]
    shape = shape_of(operation.results()[0])
    kept = {to: axes[own] for to, own in enumerate(stay) if own in axes and len(axes[own]) > 1}
    return [Value(shape, kept, x.parameter)]


def _in_equal_parts(trace: Trace, ids: Ids, lengths: list[int], reason: str) -> None:
    """Where code takes a half or a third of the channels, as many go from each part; other cuts keep all of them."""
    if len(set(lengths)) > 1:
        trace.channels.keep(ids, f"{reason} into unequal parts")
        return
    parts = ids.reshape(len(lengths), -1)
    for part in parts[1:]:
        trace.channels.join(parts[0], part)
    trace.parted.append(ids)


def _but(value: Value, axis: int) -> dict[int, Ids]:
    return {own: ids for own, ids in value.axes.items() if own != axis}


@rule("stack")
def _stack(trace: Trace, operation: Any, operands: list[Any]) -> list[Known]:
    """Mostly of sizes, which carry no channels."""
    keep_all(trace.channels, flat(operands), said(operation))
    return nothing_known(operation)
