"""An ONNX graph with weights in 16 bits; `quantize` brings convolutions into 8."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

_FEW = 16  # numbers of a constant that are not worth a conversion


def in_16_bits(source: Path, made: Path) -> None:
    """The graph `made`, with weights in 16 bits and sums in 32.

    Sums in 16 bits too would be 1e-2 off for networks of few channels, and processors would convert every layer.
    """
    model = onnx.load(source)
    nodes: list[onnx.NodeProto] = []
    for node in model.graph.node:
        # paddle2onnx writes weights as nodes; there are no initializers.
        if node.op_type == "Constant" and (small := _halved(node.attribute[0].t)) is not None:
            (name,) = node.output
            nodes.append(helper.make_node("Constant", [], [f"{name}.fp16"], value=small))
            node = helper.make_node("Cast", [f"{name}.fp16"], [name], to=TensorProto.FLOAT)
        nodes.append(node)
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    onnx.save(model, made)


def _halved(tensor: onnx.TensorProto) -> onnx.TensorProto | None:
    """A constant in 16 bits, where it is a weight of many numbers and none is too large."""
    if tensor.data_type != TensorProto.FLOAT:
        return None
    values = numpy_helper.to_array(tensor)
    if values.ndim < 2 or values.size < _FEW or np.abs(values).max() > np.finfo(np.float16).max:
        return None
    return numpy_helper.from_array(values.astype(np.float16))
