"""The channels of a network, found by following its graph."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import paddle
from paddle import nn
from paddle.static import InputSpec

from paddleseg.errors import ConfigError
from paddleseg.models.layers.reparam import RepConv
from paddleseg.slim.prune import rules_layers, rules_parts  # noqa: F401 - they register rules
from paddleseg.slim.prune.channels import Channels, Ids
from paddleseg.slim.prune.rules import RULES, Trace, flat, unknown
from paddleseg.slim.prune.values import Product, Value, shape_of


class ChannelGraph:
    """Which channels of a network go together, which stay, and what they cost.

    Args:
        model: The network; it is traced as it trains, with all its heads, and as it runs.
        shape: N, C, H, W of a picture.

    Raises:
        ConfigError: It cannot be traced: its graph follows from what is in the picture.

    Example:
        >>> graph = ChannelGraph(PPHumanSegLite(), (1, 3, 192, 192))
        >>> graph.macs(graph.all_kept())
        103759488
    """

    def __init__(self, model: nn.Layer, shape: Sequence[int]):
        self.shape = tuple(shape)
        state = model.state_dict()
        self.channels = Channels({name: tuple(value.shape) for name, value in state.items()})
        self._names = {value.name: name for name, value in state.items()}
        self._seen = set[str]()
        self.parted: list[Ids] = []
        for training in (True, False):
            trace = self._follow(model, training)
            self.parted += trace.parted
        for (name, _), ids in self.channels.axes.items():
            if name not in self._seen:
                self.channels.keep(ids, "nothing uses it")
        self.products = [product for name, product in trace.products if not _folded_away(model, self._names.get(name))]

    def _follow(self, model: nn.Layer, training: bool) -> Trace:
        trace, known = Trace(self.channels), dict[int, Any]()
        program = _program(model, self.shape, training)
        for operation in program.main_program.global_block().ops:
            operands = [known[v.id] if v.initialized() else None for v in operation.operands_source()]
            for value, found in zip(operation.results(), self._results(trace, operation, operands), strict=True):
                known[value.id] = found
        for value in flat([known[value.id] for value in paddle.utils.flatten(program.outputs)]):
            for ids in value.axes.values():
                self.channels.keep(ids, "it is what the network gives")
        return trace

    def _results(self, trace: Trace, operation: Any, operands: list[Any]) -> list[Any]:
        name = operation.name()
        if name == "builtin.parameter":
            return [self._parameter(operation.attrs()["parameter_name"], shape_of(operation.results()[0]))]
        if name == "builtin.combine":
            return [list(operands)]
        if name == "builtin.split":
            return list(operands[0])
        return RULES.get(name, unknown)(trace, operation, operands)

    def _parameter(self, paddles: str, shape: tuple[int, ...]) -> Value:
        name = self._names.get(paddles)
        if name is None:
            return Value(shape)
        self._seen.add(name)
        found = {axis: self.channels.ids(name, axis) for axis in range(len(shape))}
        return Value(shape, {axis: ids for axis, ids in found.items() if ids is not None}, parameter=True)

    def all_kept(self) -> Any:
        """Of every place, whether it stays: all do."""
        return self.channels.roots() >= 0

    def macs(self, kept: Any) -> int:
        """Multiply-adds of a picture.

        Args:
            kept: bool (places,), whether each place stays.
        """
        return sum(_macs(product, kept) for product in self.products)


def _macs(product: Product, kept: Any) -> int:
    total = product.times
    for ids in product.axes:
        total *= int(kept[ids].sum())
    return total


def _folded_away(model: nn.Layer, name: str | None) -> bool:
    """Whether a parameter is of a branch that inference adds to the one beside it."""
    branches = [layer.point for layer in model.sublayers() if isinstance(layer, RepConv) and layer.point is not None]
    return name is not None and any(dict(model.state_dict())[name] is p for b in branches for p in b.parameters())


def _program(model: nn.Layer, shape: Sequence[int], training: bool) -> Any:
    graph = _AllOutputs(model)
    spec = InputSpec(list(shape), "float32", name="x")
    with _mode(graph, training):
        try:
            return paddle.jit.to_static(graph, input_spec=[spec], full_graph=True).forward.concrete_program
        except Exception as error:
            reason = str(error).strip().splitlines()[-1].strip()
            hint = "prune another network, or distil into a smaller one"
            raise ConfigError(type(model).__name__, f"its graph cannot be traced: {reason}", hint) from error


class _AllOutputs(nn.Layer):
    def __init__(self, model: nn.Layer):
        super().__init__()
        self.model = model

    def forward(self, x: paddle.Tensor) -> Any:
        return _run(self.model, x)


@paddle.jit.not_to_static
def _run(model: nn.Layer, x: paddle.Tensor) -> Any:
    return model(x)


@contextmanager
def _mode(graph: nn.Layer, training: bool) -> Iterator[None]:
    """All layers in one mode, and then each as it was."""
    before = [(layer, layer.training) for layer in graph.model.sublayers(include_self=True)]
    graph.train() if training else graph.eval()
    try:
        yield
    finally:
        for layer, was in before:
            layer.training = was
