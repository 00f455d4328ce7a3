"""Rules of operations with parameters: convolutions, norms, products."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from paddleseg.slim.prune.rules import Known, Trace, flat, nothing_known, rule, said, unknown
from paddleseg.slim.prune.values import Product, Value, keep_all, shape_of


def _meet(trace: Trace, left: Value, left_axis: int, right: Value, right_axis: int, reason: str) -> None:
    """Channels of two tensors of which one multiplies the other: they go together, or stay where one of them has to."""
    if left_axis not in left.axes or right_axis not in right.axes:
        for value, axis in ((left, left_axis), (right, right_axis)):
            if axis in value.axes:
                trace.channels.keep(value.axes[axis], reason)
        return
    trace.channels.join(left.axes[left_axis], right.axes[right_axis])


@rule("conv2d", "depthwise_conv2d")
def _conv(trace: Trace, operation: Any, operands: list[Any]) -> list[Known]:
    x, weight = operands[:2]
    if operation.attrs().get("data_format", "NCHW") != "NCHW" or not weight.parameter:
        return unknown(trace, operation, operands)
    shape, groups = shape_of(operation.results()[0]), int(operation.attrs()["groups"])
    keep_all(trace.channels, [x], said(operation), but=[1])
    keep_all(trace.channels, [weight], "kernel", but=[0, 1])
    out = weight.ids(0)
    if groups == 1:
        _meet(trace, x, 1, weight, 1, "it sees the picture, or what else cannot be cut")
    elif weight.shape[1] == 1:  # depth-wise
        trace.channels.join(x.ids(1).repeat(weight.shape[0] // groups), out)
    else:
        trace.channels.join(x.ids(1), np.tile(weight.ids(1), groups))
        rows = out.reshape(groups, -1)
        for row in rows[1:]:
            trace.channels.join(rows[0], row)
    times = math.prod(shape) // shape[1] * math.prod(weight.shape[2:])
    _count(trace, operation, times, weight)
    return [Value(shape, {1: out} if shape[1] > 1 else {})]


@rule("conv2d_transpose", "depthwise_conv2d_transpose")
def _transposed(trace: Trace, operation: Any, operands: list[Any]) -> list[Known]:
    """Weights are (in, out / groups, h, w)."""
    x, weight = operands[:2]
    shape, groups = shape_of(operation.results()[0]), int(operation.attrs()["groups"])
    keep_all(trace.channels, [x], said(operation), but=[1])
    keep_all(trace.channels, [weight], "kernel", but=[0, 1])
    if groups > 1 and weight.shape[1] > 1:
        return unknown(trace, operation, operands)
    _meet(trace, x, 1, weight, 0, "it sees the picture, or what else cannot be cut")
    times = math.prod(x.shape) // x.shape[1] * math.prod(weight.shape[2:])
    _count(trace, operation, times, weight)
    out = weight.ids(1) if groups == 1 else weight.ids(0)
    return [Value(shape, {1: out} if shape[1] > 1 else {})]


def _count(trace: Trace, operation: Any, times: int, weight: Value) -> None:
    free = [weight.ids(axis) for axis in (0, 1) if weight.shape[axis] > 1]
    trace.products.append((_owner(operation), Product(times, tuple(free))))


def _owner(operation: Any) -> str:
    """Paddle's own name of the parameter, or "" where it comes by other operations."""
    for value in operation.operands_source():
        source = value.get_defining_op() if value.initialized() else None
        if source is not None and source.name() == "builtin.parameter":
            return str(source.attrs()["parameter_name"])
    return ""


@rule("batch_norm", "instance_norm", "prelu")
def _norm(trace: Trace, operation: Any, operands: list[Any]) -> list[Known]:
    """A few numbers for each channel."""
    x, *rest = operands
    keep_all(trace.channels, [x], said(operation), but=[1])
    for value in flat(rest):
        if value.shape and value.shape[0] > 1:
            _meet(trace, x, 1, value, 0, "its norm stays")
    return [Value(x.shape, {1: x.axes[1]} if 1 in x.axes else {}), *nothing_known(operation)[1:]]


@rule("matmul", "bmm")
def _matmul(trace: Trace, operation: Any, operands: list[Any]) -> list[Known]:
    x, y = operands[:2]
    attributes = operation.attrs()
    if min(len(x.shape), len(y.shape)) < 2:
        return unknown(trace, operation, operands)
    x_rows, x_sum = _ends(x, bool(attributes.get("transpose_x")))
    y_columns, y_sum = _ends(y, not attributes.get("transpose_y"))
    if x.parameter or y.parameter:
        _meet(trace, x, x_sum, y, y_sum, "a product with what cannot be cut")
    else:  # channels that are summed over two maps of them: softmax and a scale by their number mostly follow
        for value, axis in ((x, x_sum), (y, y_sum)):
            if axis in value.axes:
                trace.channels.keep(value.axes[axis], "a product over channels of two maps")
    for value, ends in ((x, (x_rows, x_sum)), (y, (y_columns, y_sum))):
        keep_all(trace.channels, [value], said(operation), but=ends)
    shape = shape_of(operation.results()[0])
    places = {len(shape) - 2: (x, x_rows), len(shape) - 1: (y, y_columns)}
    axes = {to: value.axes[own] for to, (value, own) in places.items() if own in value.axes}
    free = [*axes.values(), *([x.axes[x_sum]] if x_sum in x.axes else [])]
    fixed = math.prod(shape) * x.shape[x_sum] // math.prod(len(ids) for ids in free)
    trace.products.append((_owner(operation), Product(fixed, tuple(free))))
    return [Value(shape, axes)]


def _ends(value: Value, turned: bool) -> tuple[int, int]:
    """The axis that stays in a product of matrices, and the one that is summed over."""
    last = len(value.shape) - 1
    return (last, last - 1) if turned else (last - 1, last)
