"""Parameters, multiply-adds and activation memory, read from the graph that export would write.

The graph shows every operation, also those that no layer stands for (the products of attention), and branches that
inference folds into one convolution are counted as that one.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import paddle
from paddle import nn
from paddle.static import InputSpec

from paddleseg.card import Output
from paddleseg.inference.graph import InferenceGraph
from paddleseg.inference.runtimes.dygraph import evaluating
from paddleseg.models.layers.reparam import folded

_KINDS = {
    "pd_op.conv2d": "convolution",
    "pd_op.depthwise_conv2d": "depth-wise convolution",
    "pd_op.conv2d_transpose": "transposed convolution",
    "pd_op.depthwise_conv2d_transpose": "transposed convolution",
    "pd_op.conv3d": "convolution",
    "pd_op.matmul": "matrix product",
    "pd_op.bmm": "matrix product",
}


@dataclass(frozen=True)
class LayerCost:
    """One convolution or product.

    Args:
        name: The layer, such as "stem.conv"; of a product of two feature maps, "".
        output: The shape of what it gives.
        parameters: Of this layer; 0 where an earlier row has counted them.
        macs: Multiply-adds; biases, norms, activations and resizing are not counted.
    """

    name: str
    kind: str
    output: tuple[int, ...]
    parameters: int
    macs: int


@dataclass(frozen=True)
class Cost:
    """What a network costs for one input.

    Args:
        parameters: All that training changes, and is in the graph (so without branches that inference folds).
        peak_bytes: The most activation memory that is in use at once, if each operation writes a new tensor.
        total_bytes: All activations together, which is about what training keeps of the forward pass.
    """

    shape: tuple[int, ...]
    layers: list[LayerCost]
    parameters: int
    peak_bytes: int
    total_bytes: int

    @property
    def macs(self) -> int:
        return sum(layer.macs for layer in self.layers)


def count(model: nn.Layer, shape: Sequence[int]) -> Cost:
    """The cost of `model` in evaluation mode for an input of `shape` (N, C, H, W), and a trimap if it takes one.

    Example:
        >>> count(PPHumanSegLite(), (1, 3, 192, 192)).macs
        103759488
    """
    network = folded(model)
    operations = _operations(network, shape)
    owners = {parameter.name: name.rpartition(".")[0] for name, parameter in network.named_parameters()}
    left = {
        name: sum(int(p.size) for p in layer.parameters(include_sublayers=False) if not p.stop_gradient)
        for name, layer in network.named_sublayers(include_self=True)
    }
    parameters = sum(left.values())
    layers = []
    for operation in operations:
        if operation.name() in _KINDS:
            owner = next((owners[name] for name in _parameter_names(operation) if name in owners), "")
            parameters_here = left.pop(owner, 0) if owner else 0
            kind = _KINDS[operation.name()]
            layers.append(LayerCost(owner, kind, _shape(operation.results()[0]), parameters_here, _macs(operation)))
    return Cost(tuple(shape), layers, parameters, *_memory(operations))


def _operations(network: nn.Layer, shape: Sequence[int]) -> list[Any]:
    graph = InferenceGraph(network, Output(kind="logits"))
    batch, _, h, w = shape
    shapes = [list(shape), *([batch, 1, h, w] for _ in getattr(network, "inputs", ("image",))[1:])]
    specs = [InputSpec(each, "float32", name=f"x{index}") for index, each in enumerate(shapes)]
    with evaluating(graph):
        program = paddle.jit.to_static(graph, input_spec=specs, full_graph=True).forward.concrete_program.main_program
    return list(program.global_block().ops)


def _macs(operation: Any) -> int:
    left, right = (_shape(value) for value in operation.operands_source()[:2])
    output = _shape(operation.results()[0])
    if "transpose" in operation.name():  # each number of the input meets each number of its group's kernels
        return math.prod(left) // left[1] * math.prod(right)
    if "conv" in operation.name():
        return math.prod(output) // output[1] * math.prod(right)
    return math.prod(output) * left[-2 if operation.attrs().get("transpose_x") else -1]


def _parameter_names(operation: Any) -> Iterator[str]:
    for value in operation.operands_source():
        source = value.get_defining_op() if value.initialized() else None
        if source is not None and source.name() == "builtin.parameter":
            yield source.attrs()["parameter_name"]


def _memory(operations: list[Any]) -> tuple[int, int]:
    """Bytes of activations: the most that are alive, from their operation to the last that uses them, and all."""
    born: dict[int, tuple[int, int]] = {}
    dies: dict[int, int] = {}
    for step, operation in enumerate(operations):
        for value in operation.operands_source():
            if value.initialized():  # an optional one may not be given
                dies[value.id] = step
        if operation.name() != "builtin.parameter":
            born |= {value.id: (step, _bytes(value)) for value in _results(operation)}
    changes = [0] * (len(operations) + 1)
    for number, (step, size) in born.items():
        changes[step] += size
        changes[dies.get(number, step) + 1] -= size
    alive = peak = 0
    for change in changes:
        alive += change
        peak = max(peak, alive)
    return peak, sum(size for _, size in born.values())


def _results(operation: Any) -> list[Any]:
    """The tensors that an operation gives; its second and later ones, such as a norm's statistics, if they are used."""
    dense = [(place, value) for place, value in enumerate(operation.results()) if value.is_dense_tensor_type()]
    return [value for place, value in dense if place == 0 or not value.use_empty()]


def _shape(value: Any) -> tuple[int, ...]:
    return tuple(int(side) for side in value.shape)


def _bytes(value: Any) -> int:
    return math.prod(_shape(value)) * (8 if "64" in str(value.dtype) else 4)
