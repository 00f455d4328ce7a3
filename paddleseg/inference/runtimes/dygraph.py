"""The model in memory, on Paddle's current device."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from paddleseg.card import Card, Output
from paddleseg.errors import ConfigError, DeviceError
from paddleseg.inference.runtimes.base import Runtime, RuntimeOptions, check_digest, named_file
from paddleseg.registry import RUNTIMES

if TYPE_CHECKING:
    from paddle import nn


@RUNTIMES.register("dygraph")
class Dygraph(Runtime):
    """A Paddle model. It is put into evaluation mode; threads take turns.

    Args:
        model: The network; `evaluating` gives its layers their modes back afterwards.
        output: What its main output is to be.
        inputs: The names of what its `forward` takes, in order.
    """

    name = "dygraph"
    outputs = ("main",)

    def __init__(self, model: nn.Layer, output: Output, inputs: tuple[str, ...] = ("x",)):
        from paddleseg.inference.graph import InferenceGraph

        self.graph, self.inputs = InferenceGraph(model, output), inputs
        self.graph.eval()
        self._lock = threading.Lock()

    @classmethod
    def missing(cls) -> str:
        return "" if find_spec("paddle") else "PaddlePaddle is not installed"

    @classmethod
    def reads(cls, card: Card) -> bool:
        return card.model is not None and card.files.weights is not None

    @classmethod
    def open(cls, card: Card, folder: Path, options: RuntimeOptions) -> Dygraph:
        """The network that the card describes, with its weights.

        Raises:
            ConfigError: The card does not describe it.
            WeightsError: They do not fit.
        """
        if why := cls.missing():
            raise DeviceError("runtime dygraph", why, "pip install paddlepaddle, or use the runtime onnx")
        from paddleseg.models.build import build_network
        from paddleseg.models.weights import load_weights

        if card.model is None:
            raise ConfigError(card.name or str(folder), "its card names no model", "add model: {type: ...}")
        weights = named_file(folder, card.files.weights, "weights")
        check_digest(weights, card.sha256)
        model = build_network(card.model.model_dump())
        load_weights(model, weights, pruned=card.pruned)
        return cls(model, card.output, tuple(item.name for item in card.inputs))

    def run(self, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        import paddle

        with self._lock, paddle.no_grad():
            tensors = [paddle.to_tensor(inputs[name]) for name in self.inputs]
            return {"main": self.graph(*tensors).numpy()}


@contextmanager
def evaluating(model: nn.Layer) -> Iterator[None]:
    """`model` in evaluation mode; then each layer as it was, for some may be frozen in a model that trains."""
    trained = [layer for layer in model.sublayers(include_self=True) if layer.training]
    model.eval()
    try:
        yield
    finally:
        for layer in trained:
            layer.training = True
