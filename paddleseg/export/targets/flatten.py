"""Graphs for Paddle Lite without `flatten`: its `opt` 2.13 crashes on it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from paddle.base.proto import framework_pb2

_FORMER = "XShape"
"""What `reshape2` has to write: the shape of before, for gradients."""
_FLATTEN, _RESHAPE = "flatten_contiguous_range", "reshape2"


def write_as_reshape(graph: Path) -> None:
    """Let a `.pdmodel` reshape where it flattens; only what cannot be told without the input's size stays."""
    program = framework_pb2.ProgramDesc.FromString(graph.read_bytes())
    for block in program.blocks:
        variables = {variable.name: variable for variable in block.vars}
        for operation in block.ops:
            if operation.type != _FLATTEN:
                continue
            (source,) = (each.arguments[0] for each in operation.inputs if each.parameter == "X")
            axes = {each.name: each.i for each in operation.attrs if each.name in ("start_axis", "stop_axis")}
            shape = reshaped(variables[source].type.dense_tensor.tensor.dims, axes["start_axis"], axes["stop_axis"])
            if shape.count(-1) > 1:
                continue
            operation.type = _RESHAPE
            if all(each.parameter != _FORMER for each in operation.outputs):
                former = block.vars.add()
                former.CopyFrom(variables[source])
                former.name = f"{operation.outputs[0].arguments[0]}.before"
                operation.outputs.add(parameter=_FORMER, arguments=[former.name])
            kept = [each for each in operation.attrs if each.name not in axes]
            del operation.attrs[:]
            operation.attrs.extend(kept)
            operation.attrs.add(name="shape", type=framework_pb2.INTS, ints=shape)
    graph.write_bytes(program.SerializeToString())


def reshaped(shape: Sequence[int], start: int, stop: int) -> list[int]:
    """What to reshape to: 0 for sides that stay, -1 for one that only the input tells."""
    start, stop = start % len(shape), stop % len(shape)
    flat = shape[start : stop + 1]
    return [*[0] * start, -1 if min(flat) < 0 else math.prod(flat), *shape[stop + 1 :]]
