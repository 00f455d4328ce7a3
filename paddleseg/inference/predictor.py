"""A picture in, a mask of its size out; whichever engine runs the network."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from paddleseg import zoo
from paddleseg.card import Card, Output, load_card
from paddleseg.errors import DataError, ExportError
from paddleseg.geometry import Geometry
from paddleseg.inference import postprocess
from paddleseg.inference.augment import TestAugmentation, predict_prob
from paddleseg.inference.post.chain import Chain
from paddleseg.inference.preprocess import Preprocessor
from paddleseg.inference.runtimes import FASTEST, choose, open_runtime
from paddleseg.inference.runtimes.base import Runtime, RuntimeOptions
from paddleseg.transforms.sample import Sample

if TYPE_CHECKING:
    from paddle import nn


@dataclass(frozen=True)
class SegResult:
    """What a network says about one picture.

    Args:
        classes: The mask, where postprocessing makes one.
        values: What postprocessing leaves (C, H, W) float32: probabilities (of two exclusive classes the foreground's
            alone), or another task's values; None where the exported graph gives classes only.
        timing_ms: Milliseconds for "pre", "net" and "post"; of a batch, each picture's share.
        output: What the channels of `prob` mean.
        matte: `opacity`, where postprocessing has made it already.
    """

    classes: np.ndarray | None
    values: np.ndarray | None
    timing_ms: dict[str, float]
    output: Output = field(default_factory=Output)
    matte: np.ndarray | None = None

    @cached_property
    def prob(self) -> np.ndarray | None:
        """Probabilities (C, H, W) float32 of all classes, or another task's values; None where there are none."""
        if self.values is None or not postprocess.is_pair(self.output, len(self.values)):
            return self.values
        return np.concatenate([1 - self.values, self.values])

    @property
    def mask(self) -> np.ndarray:
        """Classes (H, W) uint8; of independent classes (C, H, W) with 0 and 1.

        Raises:
            ExportError: The model's card lists no step that makes a mask.
        """
        if self.classes is None:
            raise ExportError("mask", "the model's postprocessing makes none", "add the step to_mask to its card")
        return self.classes

    @property
    def alpha(self) -> np.ndarray:
        """A matte (H, W) float32 in [0, 1] of everything but the background; hard-edged where there is no `prob`."""
        if self.values is None:
            return (self.mask > 0).astype(np.float32)
        if self.output.kind == "alpha":
            return np.clip(self.values[0], 0, 1)
        return postprocess.to_alpha(postprocess.foreground(self.values, self.output))

    @cached_property
    def opacity(self) -> np.ndarray:
        """The matte as uint8 (H, W), 0 to 255: what pictures are made with."""
        if self.matte is not None:
            return self.matte
        if self.values is None:
            return np.where(self.mask > 0, np.uint8(255), np.uint8(0))
        if self.output.kind == "alpha":
            return np.rint(self.alpha * 255).astype(np.uint8)
        return postprocess.to_opacity(postprocess.foreground(self.values, self.output))


class Prepared(NamedTuple):
    """A picture (H, W, C), the network's input (C, h, w) made of it, and what led there.

    `more` are the inputs (C, h, w) that come after the picture, by name.
    """

    image: np.ndarray
    tensor: np.ndarray
    geometry: Geometry
    more: Mapping[str, np.ndarray] = {}


class Predictor:
    """Runs a model on pictures as its card says. Several threads may call it.

    Args:
        card: Preprocessing, output, postprocessing and classes.
        runtime: What runs the network.
        looks: Scales, flips and sliding window; one look at the whole picture by default.
        transform: Prepares pictures in the place of the card's steps, for transforms that exist as objects only.

    Raises:
        ConfigError: A step of the card is unknown or does not fit its output.

    Example:
        >>> predictor = Predictor.from_export("output/export")
        >>> result = predictor(rgb)  # uint8 (H, W, 3)
        >>> result.mask.shape == rgb.shape[:2]
        True
    """

    def __init__(
        self,
        card: Card,
        runtime: Runtime,
        looks: TestAugmentation | None = None,
        transform: Callable[[Sample], Sample] | None = None,
    ):
        self.card, self.runtime, self.looks = card, runtime, looks
        self.prepare_image = Preprocessor(card.preprocess if transform is None else transform)
        self.finish = Chain(card)

    @classmethod
    def from_export(
        cls,
        folder: str | Path,
        runtime: str | None = None,
        device: str = "cpu",
        threads: int = 0,
        options: RuntimeOptions | None = None,
    ) -> Predictor:
        """The model in a folder that export wrote, or beside a card written by hand.

        Args:
            folder: The folder, or a card in it.
            runtime: A registered runtime, such as "paddle", or "onnx" and "openvino" (which need no Paddle). Without a
                choice the first of "paddle" and "onnx" that reads the card's files and is installed.
            device: "cpu" or "gpu".
            threads: CPU threads; 0 leaves the choice to the engine.
            options: Everything that the engine can be told, in place of `device` and `threads`.

        Raises:
            ExportError: A file is missing or damaged.
        """
        card, place = load_card(folder)
        options = options or RuntimeOptions(device=device, threads=threads)
        chosen = runtime or choose(card, ("onnx",) if options.providers else ("paddle", "onnx"))
        return cls(card, open_runtime(chosen, card, place, options)).warmed_up(options.warm_up)

    @classmethod
    def from_model(
        cls,
        model: nn.Layer,
        card: Card,
        looks: TestAugmentation | None = None,
        transform: Callable[[Sample], Sample] | None = None,
    ) -> Predictor:
        """A model in memory, on Paddle's current device; it is put into evaluation mode."""
        from paddleseg.inference.runtimes.dygraph import Dygraph

        return cls(card, Dygraph(model, card.output, tuple(item.name for item in card.inputs)), looks, transform)

    @classmethod
    def from_zoo(
        cls,
        name: str,
        runtime: str | None = None,
        device: str = "cpu",
        threads: int = 0,
        options: RuntimeOptions | None = None,
    ) -> Predictor:
        """Published weights, such as "pp_humanseg_v1_lite"; those that are not packed are fetched on first use.

        Args:
            runtime: "onnx" and "openvino" for the graph beside the weights (need no Paddle), "dygraph" for the model in
                memory. Without a choice the fastest of these that is installed, in this order;
                `predictor.runtime.name` says which.
            device: "cpu" or "gpu"; of "dygraph", Paddle's current device counts.
            threads: CPU threads of the engine; 0 leaves the choice to it.
            options: Everything that the engine can be told, in place of `device` and `threads`.

        Raises:
            WeightsError: There are no weights of that name, or they cannot be had.
        """
        card = zoo.card(name)
        options = options or RuntimeOptions(device=device, threads=threads)
        chosen = runtime or choose(card, ("onnx",) if options.providers else FASTEST)
        place = zoo.onnx_path(name) if chosen in ("onnx", "openvino") else zoo.weights_path(name)
        return cls(card, open_runtime(chosen, card, place.parent, options)).warmed_up(options.warm_up)

    def warmed_up(self, times: int) -> Predictor:
        """The same, after it has run `times` on an empty picture."""
        for _ in range(times):
            self(np.zeros((480, 640, self.card.input.channels), np.uint8))
        return self

    def __repr__(self) -> str:
        return f"Predictor({self.card.name or 'a model'} on {self.runtime.name})"

    def __call__(self, image: np.ndarray, **maps: np.ndarray) -> SegResult:
        """Segment one picture, RGB (or grey, as the card says) uint8 (H, W, C).

        Args:
            maps: What else the network takes, of the picture's size, such as `trimap`.
        """
        if not maps:
            return self.batch([image])[0]
        return self.infer([self.prepare(image, **maps)])[0]

    def batch(self, images: Sequence[np.ndarray]) -> list[SegResult]:
        """Segment pictures together where their inputs are of one size, else one after the other."""
        start = time.perf_counter()
        inputs = [self.prepare(image) for image in images]
        pre = _ms_since(start) / max(len(images), 1)
        return [replace(result, timing_ms={"pre": pre, **result.timing_ms}) for result in self.infer(inputs)]

    def prepare(self, image: np.ndarray, **maps: np.ndarray) -> Prepared:
        """The first of two steps: the network's input for a picture.

        Args:
            maps: What else the network takes, of the picture's size, such as `trimap`.

        Raises:
            ValueError: It is no picture.
            DataError: The card's steps cannot work with it.
        """
        channels = self.card.input.channels
        kind = getattr(image, "dtype", type(image).__name__)
        shape: tuple[int, ...] = getattr(image, "shape", ())
        if kind != np.uint8 or len(shape) != 3 or shape[2] != channels or 0 in shape:
            raise ValueError(f"a picture should be uint8 (H, W, {channels}), not {kind} {shape}")
        prepared = Prepared(image, *self.prepare_image(image))
        return with_maps(prepared, [item.name for item in self.card.inputs[1:]], maps)

    def infer(self, inputs: Sequence[Prepared]) -> list[SegResult]:
        """The second step: what the network says about prepared pictures.

        Raises:
            ExportError: The card's steps do not fit the graph, or the network gives values that are no numbers.
        """
        start = time.perf_counter()
        outputs = self.run(inputs)
        net = _ms_since(start) / max(len(inputs), 1)
        results = [self.complete(output, prepared) for output, prepared in zip(outputs, inputs, strict=True)]
        for result in results:
            result.timing_ms["net"] = net
        return results

    def run(self, inputs: Sequence[Prepared]) -> list[np.ndarray]:
        """The network's main outputs (C, h, w) for prepared pictures, at its own size; classes of a graph that gives
        such.

        Raises:
            ExportError: The card's steps do not fit the graph, or the network gives values that are no numbers.
        """
        tensors = [prepared.tensor for prepared in inputs]
        most = self.card.input.shape[0] or len(tensors)
        if len({tensor.shape for tensor in tensors}) > 1:
            most = 1
        outputs: list[np.ndarray] = []
        for start in range(0, len(tensors), most):
            some = inputs[start : start + most]
            batch = self._batch([prepared.tensor for prepared in some])
            self._check_shape(batch)
            more = [self._batch([prepared.more[item.name] for prepared in some]) for item in self.card.inputs[1:]]
            outputs.extend(self._forward(batch, more)[: len(some)])
        return outputs

    def _batch(self, tensors: Sequence[np.ndarray]) -> np.ndarray:
        batch = np.stack(tensors)
        if self.card.input.shape[0]:  # a graph of a fixed batch takes no other
            lacking = self.card.input.shape[0] - len(batch)
            batch = np.concatenate([batch, np.repeat(batch[-1:], lacking, axis=0)])
        return batch

    def _check_shape(self, batch: np.ndarray) -> None:
        shape = self.card.input.shape
        if any(want not in (None, have) for want, have in zip(shape, batch.shape, strict=True)):
            what = f"takes inputs of shape {shape}, but the card's steps gave {list(batch.shape)}"
            raise ExportError(
                self.card.name or "the graph", what, "correct `preprocess`, or export with open height and width"
            )

    def _forward(self, batch: np.ndarray, more: Sequence[np.ndarray]) -> np.ndarray:
        if self.card.output.kind == "argmax":
            return self.runtime(batch)
        # Several looks would have to move the other inputs too.
        values = self.forward(batch, *more) if more else predict_prob(self.forward, batch, self.looks)
        if not np.isfinite(values).all():
            what = "gives values that are no numbers (NaN or infinity)"
            raise ExportError(self.card.name or "the network", what, "its weights are damaged: train it anew")
        return values

    def forward(self, *batch: np.ndarray) -> np.ndarray:
        """The main output (N, C, h, w) for inputs (N, C, h, w): probabilities, also of a graph that gives logits."""
        output = self.runtime(*batch)
        return (
            postprocess.activate(output, self.card.output.activation) if self.card.output.kind == "logits" else output
        )

    def complete(self, output: np.ndarray, prepared: Prepared) -> SegResult:
        """What the card makes of a main output; `output` may be written into."""
        start = time.perf_counter()
        image, geometry = prepared.image, prepared.geometry
        kind, values, matte = self.card.output, None, None
        if kind.kind == "argmax":
            numbers = output.reshape(geometry.size).astype(np.uint8 if output.max(initial=0) < 256 else np.int32)
            classes: np.ndarray | None = geometry.invert(numbers, "nearest")
        else:
            frame = self.finish(postprocess.without_complement(output, kind), image, geometry, kind)
            classes, values, matte = frame.mask, frame.values, frame.opacity
        return SegResult(classes, values, {"post": _ms_since(start)}, kind, matte)


def with_maps(prepared: Prepared, names: Sequence[str], maps: Mapping[str, np.ndarray]) -> Prepared:
    """A prepared picture with what a network takes besides.

    Raises:
        DataError: A map is missing, or of another size than the picture.
    """
    h, w = prepared.image.shape[:2]
    for name in names:
        if name not in maps:
            raise DataError(
                name, "is what the network takes beside the picture", f"give {name}=, of the picture's size"
            )
        if maps[name].shape[:2] != (h, w):
            raise DataError(name, f"is {maps[name].shape[1]}x{maps[name].shape[0]}, but the picture is {w}x{h}")
    moved = {name: Preprocessor.moved(name, maps[name], prepared.geometry) for name in names}
    return prepared._replace(more=moved)


def _ms_since(start: float) -> float:
    return (time.perf_counter() - start) * 1000
