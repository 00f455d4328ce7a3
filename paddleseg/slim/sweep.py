"""Which layers of a network bear 8 bits: each alone, then as many together as the masks allow."""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from paddle import nn

from paddleseg.card import Card
from paddleseg.errors import ExportError
from paddleseg.export.export import export_model
from paddleseg.export.quantize.graph import Layer, folded, layers_of
from paddleseg.export.quantize.observe import Observer, histograms, inputs_of, of_all_shapes
from paddleseg.export.quantize.recipe import tensors_of
from paddleseg.export.quantize.write import WeightBits, in_8_bits
from paddleseg.inference.postprocess import activate
from paddleseg.metrics.segmentation import Confusion
from paddleseg.progress import progress

_CLASSES = 256


@dataclass(frozen=True)
class Change:
    """How far a graph in 8 bits is from the one in float.

    Args:
        error: Mean absolute difference of the probabilities.
        lost: What the masks' mIoU lacks to 1, with the float graph's as labels, at the network's size.
    """

    error: float
    lost: float


@dataclass(frozen=True)
class Row:
    """A layer, and what changes where it alone is in 8 bits."""

    layer: Layer
    change: Change


class Sweep:
    """A float graph with what is needed to bring any of its layers into 8 bits and to look at the answers.

    Args:
        source: An ONNX graph of paddle2onnx.
        photos: Half of those that are taken give the ranges, the answers are compared on the others.
        count: How many are taken.

    Raises:
        ExportError: The graph holds no convolution.
        DataError: A photo cannot be read.
    """

    def __init__(self, source: Path, card: Card, photos: Sequence[Path], count: int, weight_bits: WeightBits):
        self.card, self.weight_bits = card, weight_bits
        self.model = folded(source)
        self.layers = layers_of(self.model)
        if not self.layers:
            raise ExportError(card.name, "has no convolution that could be in 8 bits", "leave it in float")
        taken = list(inputs_of(card, of_all_shapes(photos, count)))
        if len(taken) < 2:
            raise ExportError("calibration", "needs two photos at least", "give more")
        self.histograms = histograms(self.model, tensors_of(self.layers), taken[::2])
        self.inputs = taken[1::2]
        self.wanted = self._answers(self.model)

    @classmethod
    def of_model(
        cls, model: nn.Layer, card: Card, photos: Sequence[Path], count: int, weight_bits: WeightBits
    ) -> Sweep:
        """As the constructor, for a network in memory."""
        with tempfile.TemporaryDirectory() as folder:
            plain = export_model(model, card, Path(folder) / "float", onnx=True, compare=False)
            return cls(plain.folder / str(plain.card.files.onnx), card, photos, count, weight_bits)

    def best(self, observers: Sequence[Observer]) -> Observer:
        """The observer with which the answers are nearest where every layer is in 8 bits."""
        if len(observers) == 1:
            return observers[0]
        return min(observers, key=lambda each: self.change(self.layers, each).error)

    def change(self, layers: Collection[Layer], observer: Observer) -> Change:
        """What `layers` in 8 bits change."""
        ranges = {name: self.histograms[name].range(observer) for name in tensors_of(layers)}
        found = self._answers(in_8_bits(self.model, layers, ranges, self.weight_bits))
        confusion = Confusion(_CLASSES, ignore_index=-1)
        for have, want in zip(found, self.wanted, strict=True):
            confusion.update(self._classes(have), self._classes(want))
        pairs = zip(found, self.wanted, strict=True)
        error = np.mean([np.abs(have.astype(np.float64) - want).mean() for have, want in pairs])
        return Change(float(error), 1 - confusion.compute()["mIoU"])

    def alone(self, observer: Observer, *, show: bool = False) -> list[Row]:
        """Every layer alone, the most sensitive first."""
        layers = progress(self.layers, "Trying each layer", show=show)
        return sorted(
            (Row(layer, self.change([layer], observer)) for layer in layers), key=lambda row: -row.change.error
        )

    def keep(self, rows: Sequence[Row], observer: Observer, most_lost: float, most_kept: float) -> list[Layer]:
        """The fewest of the most sensitive layers with which, in float, the masks lose no more than `most_lost`.

        Where `most_kept` of the weights in float are not enough, these.
        """
        layers = [row.layer for row in rows]
        weights = np.cumsum([layer.weights for layer in layers])
        high = int(np.searchsorted(weights, most_kept * weights[-1], side="right"))
        low = -1  # is not enough, and `high` is, or is all that may be
        while high - low > 1:
            middle = (low + high) // 2
            if self.change(layers[middle:], observer).lost <= most_lost:
                high = middle
            else:
                low = middle
        return layers[:high]

    def _answers(self, model: onnx.ModelProto) -> list[np.ndarray]:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
        name = session.get_inputs()[0].name
        answers = [session.run(None, {name: tensor})[0] for tensor in self.inputs]
        if self.card.output.kind == "logits":
            answers = [activate(answer, self.card.output.activation) for answer in answers]
        return answers

    def _classes(self, answer: np.ndarray) -> np.ndarray:
        if self.card.output.kind == "argmax":
            return answer
        if self.card.output.multilabel or answer.shape[1] == 1:
            return answer > self.card.finish.threshold
        return answer[:, 1] > self.card.finish.threshold if answer.shape[1] == 2 else answer.argmax(axis=1)
