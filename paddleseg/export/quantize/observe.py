"""Which values the tensors of a graph take on photos, and the ranges that 8 bits are spread over."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import numpy as np
import onnx

from paddleseg.card import Card
from paddleseg.images.io import image_size, read_image
from paddleseg.inference.preprocess import Preprocessor

Observer = Literal["minmax", "percentile", "mse", "kl"]
OBSERVERS: tuple[Observer, ...] = get_args(Observer)
Ranges = dict[str, tuple[float, float]]

_BINS = 2048
_LEVELS = 256
_SHARES = np.geomspace(0.05, 1, 60)
"""How much of the range that occurs is tried."""
_CUT = 1e-4  # what "percentile" leaves out at each end
_SHAPES = (2 / 3, 0.9, 1.12, 1.5)  # h / w between wide, landscape, square, portrait and tall photos


@dataclass
class Histogram:
    """How often a tensor's values occur, in equal bins from `low` to `high`."""

    low: float
    high: float
    counts: np.ndarray

    @property
    def centres(self) -> np.ndarray:
        edges = np.linspace(self.low, self.high, len(self.counts) + 1)
        return (edges[:-1] + edges[1:]) / 2

    def range(self, observer: Observer) -> tuple[float, float]:
        """The values that are not clipped; zero is among them, since padding adds zeros."""
        if observer == "minmax" or self.low == self.high:
            return self.low, self.high
        if observer == "percentile":
            shares = np.cumsum(self.counts) / self.counts.sum()
            first, last = np.searchsorted(shares, (_CUT, 1 - _CUT))
            return min(self.centres[first], 0.0), max(self.centres[min(last, _BINS - 1)], 0.0)
        cost = _squared_error if observer == "mse" else _divergence
        # One end after the other: it is seldom that both have a tail.
        high = min(_SHARES * self.high, key=lambda high: (cost(self, self.low, high), -high))
        low = min(_SHARES * self.low, key=lambda low: (cost(self, low, high), low))
        return float(low), float(high)


def _squared_error(histogram: Histogram, low: float, high: float) -> float:
    """What clipping and rounding change, squared (Banner et al., NeurIPS 2019, section 2)."""
    centres, step = histogram.centres, (high - low) / (_LEVELS - 1)
    rounded = np.round(np.clip(centres, low, high) / step) * step
    # Within a bin values are spread, which matters where bins are wider than steps.
    width = (histogram.high - histogram.low) / _BINS
    return float(np.sum(histogram.counts * ((rounded - centres) ** 2 + min(width, step) ** 2 / 12)))


def _divergence(histogram: Histogram, low: float, high: float) -> float:
    """Kullback-Leibler divergence between the values and the values in 256 levels (Migacz, GTC 2017)."""
    inside = (histogram.centres >= low) & (histogram.centres <= high)
    places = np.flatnonzero(inside)
    if len(places) < _LEVELS:
        return np.inf
    counts = histogram.counts[places].astype(np.float64)
    groups = np.arange(len(places)) * _LEVELS // len(places)
    held = counts > 0
    sums = np.bincount(groups, counts, _LEVELS)
    members = np.maximum(np.bincount(groups, held, _LEVELS), 1)
    spread = np.where(held, (sums / members)[groups], 0)
    # What is clipped falls upon the ends of the one, and is missing in the other.
    counts[0] += histogram.counts[: places[0]].sum()
    counts[-1] += histogram.counts[places[-1] + 1 :].sum()
    p, q = counts / counts.sum(), spread / max(spread.sum(), 1)
    held = p > 0
    return float(np.sum(p[held] * np.log(p[held] / np.maximum(q[held], 1e-9))))


def histograms(model: onnx.ModelProto, names: Iterable[str], tensors: Sequence[np.ndarray]) -> dict[str, Histogram]:
    """The values of a graph's tensors on inputs, of which two passes are made: for the ends, then for what is between.

    Args:
        tensors: Inputs (N, C, h, w).
    """
    names = list(dict.fromkeys(names))
    run = _session(model, names)
    ends = {name: [0.0, 0.0] for name in names}
    for tensor in tensors:
        for name, values in zip(names, run(tensor), strict=True):
            ends[name] = [min(ends[name][0], float(values.min())), max(ends[name][1], float(values.max()))]
    found = {name: Histogram(low, high, np.zeros(_BINS, np.int64)) for name, (low, high) in ends.items()}
    for tensor in tensors:
        for name, values in zip(names, run(tensor), strict=True):
            each = found[name]
            if each.high > each.low:
                each.counts += np.histogram(values, _BINS, (each.low, each.high))[0]
    return found


def _session(model: onnx.ModelProto, names: Sequence[str]) -> Callable[[np.ndarray], list[np.ndarray]]:
    import onnxruntime

    watched = onnx.ModelProto()
    watched.CopyFrom(model)
    there = {value.name for value in (*watched.graph.output, *watched.graph.input)}
    watched.graph.output.extend(onnx.ValueInfoProto(name=name) for name in names if name not in there)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(watched.SerializeToString(), options, providers=["CPUExecutionProvider"])
    (given,) = session.get_inputs()
    inside = [name for name in names if name != given.name]

    def run(tensor: np.ndarray) -> list[np.ndarray]:
        values = dict(zip(inside, session.run(inside, {given.name: tensor}), strict=True))
        return [tensor if name == given.name else values[name] for name in names]

    return run


def inputs_of(card: Card, photos: Iterable[Path]) -> Iterator[np.ndarray]:
    """The network's inputs (N, C, h, w) for photos.

    Raises:
        DataError: A photo cannot be read.
    """
    prepare = Preprocessor(card.preprocess)
    for path in photos:
        tensor, _ = prepare(read_image(path, card.input.channels))
        yield np.repeat(tensor[None], card.input.shape[0] or 1, axis=0)


def of_all_shapes(photos: Sequence[Path], count: int) -> list[Path]:
    """`count` of many photos: of wide, landscape, square, portrait and tall ones as many each as there are, evenly.

    Raises:
        DataError: A photo cannot be read.
    """
    if len(photos) <= count:
        return list(photos)
    few = photos[:: max(len(photos) // (20 * count), 1)]  # heads of so many are enough to know their shapes
    groups: dict[int, list[Path]] = {}
    for path in few:
        h, w = image_size(path)
        groups.setdefault(int(np.searchsorted(_SHAPES, h / w)), []).append(path)
    chosen: list[Path] = []
    for left, group in zip(range(len(groups), 0, -1), sorted(groups.values(), key=len), strict=True):
        share = min(len(group), (count - len(chosen)) // left)
        chosen += [group[place] for place in np.linspace(0, len(group) - 1, share).round().astype(int)]
    return chosen
