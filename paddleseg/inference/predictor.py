"""A picture in, a mask of its size out; whichever engine runs the network."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from paddleseg import zoo
from paddleseg.card import Card, Output, load_card, read_card
from paddleseg.errors import ConfigError, ExportError
from paddleseg.geometry import Geometry
from paddleseg.inference import postprocess
from paddleseg.inference.augment import TestAugmentation, predict_prob
from paddleseg.inference.edges import refine_edges
from paddleseg.inference.preprocess import Preprocessor
from paddleseg.inference.runtime import Dygraph, OnnxRuntime, PaddleInference, PaddleOptions, Runtime

if TYPE_CHECKING:
    from paddle import nn


@dataclass(frozen=True)
class SegResult:
    """What a network says about one picture.

    Args:
        mask: Classes (H, W) uint8; of independent classes (C, H, W) with 0 and 1.
        prob: Probabilities (C, H, W) float32; None where the exported graph gives classes only.
        timing_ms: Milliseconds for "pre", "net" and "post"; of a batch, each picture's share.
        output: What the channels of `prob` mean.
    """

    mask: np.ndarray
    prob: np.ndarray | None
    timing_ms: dict[str, float]
    output: Output = field(default_factory=Output)

    @property
    def alpha(self) -> np.ndarray:
        """A matte (H, W) float32 in [0, 1] of everything but the background; hard-edged where there is no `prob`."""
        if self.prob is None:
            return (self.mask > 0).astype(np.float32)
        return postprocess.to_alpha(postprocess.foreground(self.prob, self.output))


class Predictor:
    """Runs a model on pictures as its card says.

    Args:
        card: Preprocessing, output and classes.
        runtime: What runs the network.
        looks: Scales, flips and sliding window; one look at the whole picture by default.

    Example:
        >>> predictor = Predictor.from_export("output/export")
        >>> result = predictor(rgb)  # uint8 (H, W, 3)
        >>> result.mask.shape == rgb.shape[:2]
        True
    """

    def __init__(self, card: Card, runtime: Runtime, looks: TestAugmentation | None = None):
        self.card, self.runtime, self.looks = card, runtime, looks
        self.preprocess = Preprocessor(card.preprocess)

    @classmethod
    def from_export(
        cls,
        folder: str | Path,
        runtime: Literal["paddle", "onnx"] | None = None,
        device: str = "cpu",
        threads: int = 0,
        options: PaddleOptions | None = None,
    ) -> Predictor:
        """The model in a folder that export wrote, or beside a card written by hand.

        Args:
            folder: The folder, or a card in it.
            runtime: Paddle Inference, or ONNX Runtime (which needs no Paddle). Without a choice ONNX Runtime is for
                cards that name an ONNX file only.
            device: "cpu" or "gpu".
            threads: CPU threads; 0 leaves the choice to the engine.
            options: Everything that Paddle Inference can be told, in place of `device` and `threads`.

        Raises:
            ExportError: A file is missing or damaged.
        """
        card, place = load_card(folder)
        if runtime == "onnx" or (runtime is options is None and card.files.onnx and not card.files.graph):
            return cls(card, OnnxRuntime(_file(place, card.files.onnx, "onnx"), device=device, threads=threads))
        graph, params = (_file(place, getattr(card.files, name), name) for name in ("graph", "params"))
        return cls(card, PaddleInference(graph, params, options or PaddleOptions(device=device, threads=threads)))

    @classmethod
    def from_model(cls, model: nn.Layer, card: Card, looks: TestAugmentation | None = None) -> Predictor:
        """A model in memory, on Paddle's current device."""
        return cls(card, Dygraph(model, card.output), looks)

    @classmethod
    def from_zoo(cls, name: str, runtime: Literal["dygraph", "onnx"] = "dygraph", threads: int = 0) -> Predictor:
        """Published weights, such as "pp_humanseg_v1_lite"; those that are not packed are fetched on first use.

        Args:
            runtime: The model in memory, or the graph beside the weights on ONNX Runtime (which needs no Paddle).
            threads: CPU threads of ONNX Runtime; 0 leaves the choice to it.

        Raises:
            WeightsError: There are no weights of that name, or they cannot be had.
        """
        path = zoo.card_path(name)
        card = read_card(path)
        if runtime == "onnx":
            return cls(card, OnnxRuntime(zoo.onnx_path(name), threads=threads))
        from paddleseg.models.build import build_network
        from paddleseg.models.weights import load_weights

        if card.model is None:
            raise ConfigError(str(path), "names no model", "add model: {type: ...}")
        model = build_network(card.model.model_dump())
        load_weights(model, zoo.weights_path(name))
        return cls.from_model(model, card)

    def __call__(self, image: np.ndarray) -> SegResult:
        """Segment one picture, RGB (or grey, as the card says) uint8 (H, W, C)."""
        return self.batch([image])[0]

    def batch(self, images: Sequence[np.ndarray]) -> list[SegResult]:
        """Segment pictures together where their inputs are of one size, else one after the other."""
        for image in images:
            self._check(image)
        start = time.perf_counter()
        inputs = [self.preprocess(image) for image in images]
        shares = {"pre": _ms_since(start) / len(images)}
        start = time.perf_counter()
        outputs = self._run([tensor for tensor, _ in inputs])
        shares["net"] = _ms_since(start) / len(images)
        results = []
        for image, output, (_, geometry) in zip(images, outputs, inputs, strict=True):
            start = time.perf_counter()
            mask, prob = self._finish(output, geometry, image)
            results.append(SegResult(mask, prob, shares | {"post": _ms_since(start)}, self.card.output))
        return results

    def _check(self, image: np.ndarray) -> None:
        channels = self.card.input.channels
        if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != channels:
            raise ValueError(f"a picture should be uint8 (H, W, {channels}), not {image.dtype} {image.shape}")

    def _run(self, tensors: list[np.ndarray]) -> list[np.ndarray]:
        most = self.card.input.shape[0] or len(tensors)
        if len({tensor.shape for tensor in tensors}) > 1:
            most = 1
        outputs: list[np.ndarray] = []
        for start in range(0, len(tensors), most):
            batch = np.stack(tensors[start : start + most])
            given = len(batch)
            if self.card.input.shape[0]:  # a graph of a fixed batch takes no other
                batch = np.concatenate([batch, np.repeat(batch[-1:], self.card.input.shape[0] - given, axis=0)])
            self._check_shape(batch)
            outputs.extend(self._forward(batch)[:given])
        return outputs

    def _check_shape(self, batch: np.ndarray) -> None:
        shape = self.card.input.shape
        if any(want not in (None, have) for want, have in zip(shape, batch.shape, strict=True)):
            what = f"takes inputs of shape {shape}, but the card's steps gave {list(batch.shape)}"
            raise ExportError(
                self.card.name or "the graph", what, "correct `preprocess`, or export with open height and width"
            )

    def _forward(self, batch: np.ndarray) -> np.ndarray:
        if self.card.output.kind == "argmax":
            return self.runtime(batch)
        return predict_prob(self.forward, batch, self.looks)

    def forward(self, batch: np.ndarray) -> np.ndarray:
        output = self.runtime(batch)
        return (
            postprocess.activate(output, self.card.output.activation) if self.card.output.kind == "logits" else output
        )

    def _finish(
        self, output: np.ndarray, geometry: Geometry, image: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray | None]:
        if self.card.output.kind == "argmax":
            return geometry.invert(output.reshape(geometry.size).astype(np.uint8), "nearest"), None
        prob = postprocess.restore(self._without_specks(output), geometry, self.card.output)
        if self.card.edge_radius:
            prob = refine_edges(prob, image, self.card.edge_radius / geometry.zoom, self.card.threshold)
            prob = self._without_specks(prob)  # along fine edges some pixels come off
        return postprocess.to_mask(prob, self.card.output, self.card.threshold), prob

    def _without_specks(self, prob: np.ndarray) -> np.ndarray:
        if not self.card.smallest_part:
            return prob
        return postprocess.drop_specks(prob, self.card.threshold, self.card.smallest_part)


def _file(folder: Path, name: str | None, what: str) -> Path:
    if name is None:
        hint = "export with --onnx" if what == "onnx" else "export the model again"
        raise ExportError(str(folder), f"its card names no {what} file", hint)
    if not (folder / name).is_file():
        raise ExportError(str(folder / name), "is named by the card but is not there", "export the model again")
    return folder / name


def _ms_since(start: float) -> float:
    return (time.perf_counter() - start) * 1000
