"""What each operation of a graph does to channels.

A rule gets the operation and what is known of its operands, and returns what is known of its results. An operation that
has no rule is sound all the same: the channels it sees stay.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from paddleseg.slim.prune.channels import Channels, Ids
from paddleseg.slim.prune.values import Product, Value, keep_all, pointwise, reshaped, shape_of

Known = Value | list[Value]


class Trace:
    """What rules write down beside their results.

    Args:
        channels: Joined as the graph says.
    """

    def __init__(self, channels: Channels):
        self.channels = channels
        self.products: list[tuple[str, Product]] = []
        self.parted: list[Ids] = []


Rule = Callable[[Trace, Any, list[Any]], list[Known]]
RULES: dict[str, Rule] = {}

# Each element by itself, or each with its counterpart; what becomes of zeros does not matter, since nothing reads them.
# fmt: off
_SAME = (
    "relu", "relu6", "leaky_relu", "elu", "selu", "hardswish", "hardsigmoid", "swish", "silu", "sigmoid", "tanh",
    "gelu", "mish", "softplus", "scale", "cast", "clip", "dropout", "exp", "log", "sqrt", "rsqrt", "square", "abs",
    "pow", "assign", "share_data", "floor",
)
_SPATIAL = (
    "pool2d", "bilinear_interp", "nearest_interp", "bicubic_interp", "trilinear_interp", "linear_interp", "pad3d",
    "pad", "grid_sample",
)
_POINTWISE = (
    "add", "subtract", "multiply", "divide", "maximum", "minimum", "elementwise_pow", "fmax", "fmin", "add_n",
)
# fmt: on
_SHAPED = ("reshape", "flatten", "squeeze", "unsqueeze")
_REDUCED = ("mean", "sum", "max", "min", "prod")
_SHAPES_ONLY = ("shape", "shape64", "full_like", "zeros_like", "ones_like")


def rule(*names: str) -> Callable[[Rule], Rule]:
    """Make a function the rule of Paddle's operations of these names."""

    def register(function: Rule) -> Rule:
        RULES.update({f"pd_op.{name}": function for name in names})
        RULES.update({f"pd_op.{name}_": function for name in names})  # in place
        return function

    return register


def unknown(trace: Trace, operation: Any, operands: list[Any]) -> list[Known]:
    """The rule of all other operations: what they see stays."""
    keep_all(trace.channels, flat(operands), said(operation))
    return nothing_known(operation)


def nothing_known(operation: Any) -> list[Known]:
    return [Value(shape_of(result)) if result.is_dense_tensor_type() else [] for result in operation.results()]


def flat(operands: Sequence[Any]) -> list[Value]:
    """All tensors among operands, those in lists too; None stands for one that is not given."""
    found: list[Value] = []
    for operand in operands:
        found += flat(operand) if isinstance(operand, list) else [operand] if operand is not None else []
    return found


def said(operation: Any) -> str:
    """The operation, for messages."""
    return str(operation.name()).removeprefix("pd_op.").removesuffix("_")


def numbers(operation: Any, name: str, place: int) -> list[int] | None:
    """An argument that is a whole number or several: an attribute, or an operand that is a constant; else None."""
    attributes = operation.attrs()
    if name in attributes:
        found = attributes[name]
    else:
        source = operation.operands_source()[place].get_defining_op()
        if source is None or "value" not in source.attrs():
            return None
        found = source.attrs()["value"]
    return [int(each) for each in found] if isinstance(found, (list, tuple)) else [int(found)]


@rule(*_SAME)
def _same(trace: Trace, operation: Any, operands: list[Any]) -> list[Known]:
    return [Value(operands[0].shape, operands[0].axes), *nothing_known(operation)[1:]]


@rule(*_SHAPES_ONLY)
def _only_shape(trace: Trace, operation: Any, operands: list[Any]) -> list[Known]:
    return nothing_known(operation)


@rule(*_SPATIAL)
def _spatial(trace: Trace, operation: Any, operands: list[Any]) -> list[Known]:
    """Positions change; channels, on the second axis, do not."""
    x, *rest = operands
    keep_all(trace.channels, [x], said(operation), but=[1])
    keep_all(trace.channels, flat(rest), said(operation))
    shape = shape_of(operation.results()[0])
    if shape[1] != x.shape[1]:  # padding of channels
        return unknown(trace, operation, operands)
    return [Value(shape, {1: x.axes[1]} if 1 in x.axes else {}), *nothing_known(operation)[1:]]


@rule(*_POINTWISE)
def _pointwise(trace: Trace, operation: Any, operands: list[Any]) -> list[Known]:
    return [pointwise(trace.channels, flat(operands), shape_of(operation.results()[0]), said(operation))]


@rule(*_SHAPED)
def _shaped(trace: Trace, operation: Any, operands: list[Any]) -> list[Known]:
    value, parted = reshaped(trace.channels, operands[0], shape_of(operation.results()[0]), said(operation))
    trace.parted += parted
    return [value, *nothing_known(operation)[1:]]


@rule("transpose")
def _transpose(trace: Trace, operation: Any, operands: list[Any]) -> list[Known]:
    x, perm = operands[0], list(operation.attrs()["perm"])
    axes = {to: x.axes[own] for to, own in enumerate(perm) if own in x.axes}
    return [Value(shape_of(operation.results()[0]), axes, x.parameter)]


@rule(*_REDUCED)
def _reduced(trace: Trace, operation: Any, operands: list[Any]) -> list[Known]:
    """A mean or maximum over positions; over channels it would change with each that goes."""
    x, gone = operands[0], numbers(operation, "axis", 1)
    if gone is None:
        return unknown(trace, operation, operands)
    gone = [axis % len(x.shape) for axis in gone] or list(range(len(x.shape)))
    keep_all(trace.channels, [x], f"{said(operation)} over channels", but=[a for a in x.axes if a not in gone])
    shape = shape_of(operation.results()[0])
    stay = [axis for axis in range(len(x.shape)) if len(shape) == len(x.shape) or axis not in gone]
    axes = {to: x.axes[own] for to, own in enumerate(stay) if own in x.axes and own not in gone}
    return [Value(shape, axes), *nothing_known(operation)[1:]]


@rule("softmax", "log_softmax")
def _softmax(trace: Trace, operation: Any, operands: list[Any]) -> list[Known]:
    x = operands[0]
    axis = int(operation.attrs()["axis"]) % len(x.shape)
    keep_all(trace.channels, [x], f"{said(operation)} over channels", but=[a for a in x.axes if a != axis])
    return [Value(x.shape, {own: ids for own, ids in x.axes.items() if own != axis})]


@rule("layer_norm")
def _layer_norm(trace: Trace, operation: Any, operands: list[Any]) -> list[Known]:
    """Mean and deviation are of all channels, so that each counts."""
    x, *rest = operands
    begin = int(operation.attrs()["begin_norm_axis"])
    keep_all(trace.channels, flat(rest), said(operation))
    keep_all(trace.channels, [x], said(operation), but=[axis for axis in x.axes if axis < begin])
    return [Value(x.shape, {a: ids for a, ids in x.axes.items() if a < begin}), *nothing_known(operation)[1:]]
