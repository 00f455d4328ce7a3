"""How a graph is brought into 8 bits: what its ranges are learnt by, and which layers stay in float."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

import onnx

from paddleseg.card import Card
from paddleseg.errors import ConfigError, ExportError, few
from paddleseg.export.quantize.graph import Layer, folded, layers_of
from paddleseg.export.quantize.observe import Observer, histograms, inputs_of, of_all_shapes
from paddleseg.export.quantize.write import WeightBits, in_8_bits

PHOTOS = 32
"""Photos that ranges are learnt from, where nothing else is said."""


@dataclass(frozen=True)
class Recipe:
    """What decides how a graph looks in 8 bits.

    Args:
        observer: What a tensor's range is made of: "minmax" of all that occurs, "percentile" of all but one value in
            10,000 at each end, "mse" and "kl" of what gives the least squared error or divergence.
        weight_bits: As of `in_8_bits`.
        keep: Layers that stay in float, by name (`*` for anything); None for the first and the last two.
        photos: Photos at most that ranges are learnt from.
        ranges: Of the layers' inputs, by layer, where training has used them.
    """

    observer: Observer = "percentile"
    weight_bits: WeightBits = 7
    keep: tuple[str, ...] | None = None
    photos: int = PHOTOS
    ranges: Mapping[str, tuple[float, float]] | None = None

    def kept(self, layers: Sequence[Layer]) -> list[Layer]:
        """The layers that stay in float.

        Raises:
            ConfigError: A pattern fits none.
        """
        # Between these and the picture, or the probability, nothing evens an error out.
        return [*layers[:1], *layers[1:][-2:]] if self.keep is None else named(layers, self.keep)


def quantize(source: Path, made: Path, card: Card, photos: Sequence[Path], recipe: Recipe) -> None:
    """Write the graph `made` in 8 bits.

    Args:
        source: A float graph of paddle2onnx.
        photos: What the ranges are learnt from; some of all shapes are taken.

    Raises:
        ExportError: There are no photos, or no layer to bring into 8 bits.
        ConfigError: The recipe names layers that are not there.
        DataError: A photo cannot be read.
    """
    if not photos:
        raise ExportError("--precision int8", "needs photos to learn ranges from", "add --calibrate PHOTOS")
    model = folded(source)
    layers = layers_of(model)
    kept = recipe.kept(layers)
    if not (wanted := [layer for layer in layers if layer not in kept]):
        raise ExportError("--precision int8", "would leave every layer in float", "keep fewer layers")
    tensors = list(inputs_of(card, of_all_shapes(photos, recipe.photos)))
    found = histograms(model, tensors_of(wanted), tensors)
    ranges = {name: histogram.range(recipe.observer) for name, histogram in found.items()}
    for layer in wanted:
        if recipe.ranges and layer.name in recipe.ranges:
            ranges[layer.input] = recipe.ranges[layer.name]
    onnx.save(in_8_bits(model, wanted, ranges, recipe.weight_bits), made)


def tensors_of(layers: Collection[Layer]) -> list[str]:
    """The tensors that are in 8 bits with their layers."""
    return [name for layer in layers for name in (layer.input, layer.output)]


def named(layers: Sequence[Layer], patterns: Collection[str], where: str = "keep") -> list[Layer]:
    """The layers whose names fit one of `patterns`.

    Raises:
        ConfigError: A pattern fits none.
    """
    for pattern in patterns:
        if not any(fnmatchcase(layer.name, pattern) for layer in layers):
            hint = f"the layers are {few([layer.name for layer in layers])}"
            raise ConfigError(where, f"no layer is called {pattern!r}", hint)
    return [layer for layer in layers if any(fnmatchcase(layer.name, pattern) for pattern in patterns)]
