"""An ONNX graph as quantisation wants it: batch norms inside their convolutions, and layers under people's names."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from math import prod
from pathlib import Path

import onnx

_PREFIXES = ("ConvBnFusion_W_", "ConvMulFusion_W_", "ConvAddFusion_W_")
RECTIFIERS = ("Relu", "Clip")
"""What a range of values does by itself."""


@dataclass(frozen=True)
class Layer:
    """A convolution of a graph.

    Args:
        name: Of its weight in the network, such as `stem.conv`.
        node: Its node's name.
        input, output: The tensors that are in 8 bits with it: of a rectified one that after the ReLU.
        weights: How many numbers its weight holds.
    """

    name: str
    node: str
    input: str
    output: str
    weights: int


def folded(source: Path) -> onnx.ModelProto:
    """A graph of paddle2onnx with batch norms and scales folded into convolutions, as ONNX Runtime does by itself."""
    import onnxruntime

    with tempfile.TemporaryDirectory() as folder:
        plain, made = Path(folder) / "plain.onnx", Path(folder) / "folded.onnx"
        onnx.save(_without_empty(onnx.load(source)), plain)
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
        options.optimized_model_filepath = str(made)
        onnxruntime.InferenceSession(str(plain), options, providers=["CPUExecutionProvider"])
        return onnx.load(made)


def layers_of(model: onnx.ModelProto) -> list[Layer]:
    """The convolutions whose weight is a constant, from the picture on."""
    sizes = {tensor.name: prod(tensor.dims) for tensor in model.graph.initializer}
    rectified = {node.input[0]: node for node in model.graph.node if node.op_type in RECTIFIERS}
    read = [name for node in model.graph.node for name in node.input]
    layers = []
    for node in model.graph.node:
        if node.op_type != "Conv" or node.input[1] not in sizes:
            continue
        after = rectified.get(node.output[0])
        output = after.output[0] if after is not None and read.count(node.output[0]) == 1 else node.output[0]
        layers.append(Layer(_layer_name(node), node.name, node.input[0], output, sizes[node.input[1]]))
    return layers


def _layer_name(node: onnx.NodeProto) -> str:
    name = node.input[1]
    for prefix in _PREFIXES:
        name = name.removeprefix(prefix)
    return name.removesuffix(".weight").removesuffix(".w_0")


def compact(model: onnx.ModelProto) -> onnx.ModelProto:
    """The graph with short names for the tensors inside, which a small network's file is largely made of."""
    graph = model.graph
    kept = {value.name for value in (*graph.input, *graph.output)}
    names: dict[str, str] = {name: name for name in kept} | {"": ""}

    def short(name: str) -> str:
        if name not in names:
            number, digits = len(names), ""
            while number:
                number, digit = divmod(number, 36)
                digits = "0123456789abcdefghijklmnopqrstuvwxyz"[digit] + digits
            names[name] = f"t{digits}" if f"t{digits}" not in kept else f"t_{digits}"
        return names[name]

    for tensor in graph.initializer:
        tensor.name = short(tensor.name)
    for node in graph.node:
        node.input[:] = [short(name) for name in node.input]
        node.output[:] = [short(name) for name in node.output]
        if node.op_type != "Conv":
            node.ClearField("name")
        node.ClearField("doc_string")
    del graph.value_info[:]
    model.ClearField("doc_string")
    return model


def _without_empty(model: onnx.ModelProto) -> onnx.ModelProto:
    """Resizing without the empty tensors for what it is not told, which quantisation takes for something told."""
    empty = {tensor.name for tensor in model.graph.initializer if 0 in tensor.dims}
    for node in model.graph.node:
        if node.op_type == "Constant" and node.attribute[0].name == "value" and 0 in node.attribute[0].t.dims:
            empty.add(node.output[0])
    for node in model.graph.node:
        if node.op_type == "Resize":
            for place in (1, 2):
                if len(node.input) > place and node.input[place] in empty:
                    node.input[place] = ""
    return model
