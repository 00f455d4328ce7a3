"""Portrait networks side by side: how each is asked, and what is counted of its answers."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from peers import Peer

from paddleseg import zoo
from paddleseg.card import Card, Step, read_card
from paddleseg.inference.predictor import Predictor
from paddleseg.inference.runtimes.base import Runtime
from paddleseg.metrics import BoundaryIoU, Confusion, Connectivity, Flicker, Metric

Run = Callable[[np.ndarray], tuple[np.ndarray, float]]
"""A photo to classes (H, W) and the network's milliseconds."""

_POST = {"smallest_part": 0.02, "edge_radius": 3.0, "faintest_part": 0.93}
"""The last one is what helped these networks most, on rooms that do not judge them: hardly anything."""


@dataclass
class Entry:
    """One network and what has been measured of it.

    Args:
        run: How it is asked.
        ious, boundary_ious: The person's in every photo.
        photos: Under each condition, of every photo the pixels by (label, mask), and those of the boundaries that are
            shared and that are in either.
        filled: The share of each empty room that is a person to it.
    """

    name: str
    run: Run
    metrics: list[Metric] = field(default_factory=lambda: [Confusion(2), BoundaryIoU(2), Connectivity(2)])
    ious: list[float] = field(default_factory=list)
    boundary_ious: list[float] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    groups: dict[str, Confusion] = field(default_factory=dict)
    photos: dict[str, list[np.ndarray]] = field(default_factory=dict)
    filled: list[float] = field(default_factory=list)
    clips: list[Metric] = field(default_factory=lambda: [Confusion(2), BoundaryIoU(2), Flicker()])

    def mask(self, rgb: np.ndarray) -> np.ndarray:
        mask, milliseconds = self.run(rgb)
        self.times.append(milliseconds)
        return mask

    def look(self, rgb: np.ndarray, label: np.ndarray, groups: Iterable[str]) -> None:
        """Measure a photo as it is."""
        mask = self.mask(rgb)
        for metric in (*self.metrics, *(self.groups.setdefault(name, Confusion(2)) for name in groups)):
            single = metric.of(mask, label)
            metric.merge(single)
            if isinstance(single, BoundaryIoU):
                self.boundary_ious.append(single.compute()["boundary_IoU"])
        either = ((mask == 1) | (label == 1)) & (label != 255)
        self.ious.append(float((mask == label)[either].mean()) if either.any() else 1.0)
        self.count("upright", mask, label)

    def count(self, condition: str, mask: np.ndarray, label: np.ndarray) -> None:
        confusion, boundary = Confusion(2).of(mask, label).totals, BoundaryIoU(2).of(mask, label).totals
        sums = [*confusion["confusion"].ravel(), *boundary["shared"], *boundary["either"]]
        self.photos.setdefault(condition, []).append(np.array(sums, float))

    def row(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for metric in self.metrics:
            found |= metric.compute()
        found |= {name: found[f"class_{name}"][1] for name in ("SC", "SC_without_specks")}
        worst = np.sort(self.ious)[: max(1, round(len(self.ious) / 10))]
        times = {"p50_ms": float(np.median(self.times)), "p95_ms": float(np.percentile(self.times, 95))}
        groups = {name: confusion.compute()["mIoU"] for name, confusion in sorted(self.groups.items())}
        found |= {"boundary_IoU_by_photo": float(np.nanmean(self.boundary_ious)), "worst_tenth": float(worst.mean())}
        found |= {"groups": groups, **self.on_clips()}
        return {"name": self.name, **found, **times}

    def on_clips(self) -> dict[str, float]:
        confusion, boundary, flicker = (metric.compute() for metric in self.clips)
        return {
            "clips_mIoU": confusion["mIoU"],
            "clips_boundary_IoU": boundary["boundary_IoU"],
            "flicker": flicker["flicker"],
        }

    def watch(self, rgb: np.ndarray, label: np.ndarray) -> None:
        """Measure the next frame of a clip."""
        mask = self.mask(rgb)
        for metric in self.clips:
            metric.update(mask, label)

    def restart(self) -> None:
        """The next frame begins a clip."""
        for metric in self.clips:
            if isinstance(metric, Flicker):
                metric.restart()


def ours(source: str, runtime: str) -> Entry:
    """A `zoo://` name, an exported folder, or `zoo://NAME@WEIGHTS`: other weights as that card finishes them."""
    name, _, weights = source.removeprefix("zoo://").partition("@")
    if weights:
        predictor = _with_weights(name, weights)
    elif source.startswith("zoo://"):
        card = read_card(zoo.card_path(name))
        predictor = Predictor.from_zoo(name, "onnx" if card.files.onnx else "dygraph", threads=1)
    else:
        predictor = Predictor.from_export(source, runtime, threads=1)  # type: ignore[arg-type]
    return Entry(f"ours: {weights or name.rstrip('/').rpartition('/')[2]}", asked(predictor))


def _with_weights(name: str, weights: str) -> Predictor:
    from paddleseg.models.build import build_network
    from paddleseg.models.weights import load_weights, resolve

    card = read_card(zoo.card_path(name))
    assert card.model is not None
    model = build_network(card.model.model_dump())
    load_weights(model, resolve(weights))
    return Predictor.from_model(model, card)


def asked(predictor: Predictor) -> Run:
    def run(rgb: np.ndarray) -> tuple[np.ndarray, float]:
        result = predictor(rgb)
        return result.mask, result.timing_ms["net"]

    return run


def peer_entry(peer: Peer, same_post: bool) -> Entry:
    """A peer as it is, or with the postprocessing of ours: edges and small pieces."""
    return Entry(peer.name, asked(finished_as_ours(peer)) if same_post else timed(peer))


def finished_as_ours(peer: Peer) -> Predictor:
    h, w = peer.size
    card = Card(name=peer.name, preprocess=[Step(type="Resize", target_size=[w, h])], classes=["background", "person"])
    return Predictor(card.with_finish(**_POST), _PeerRuntime(peer))


class _PeerRuntime(Runtime):
    """A peer as the runtimes here are: pictures of its size in, probabilities of both classes out."""

    name = "peer"
    inputs, outputs = ("x",), ("main",)

    def __init__(self, peer: Peer):
        self.peer = peer

    def run(self, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        pictures = np.rint(inputs["x"]).astype(np.uint8).transpose(0, 2, 3, 1)
        prob = [self.peer.finish(self.peer.infer(self.peer.prepare(picture))) for picture in pictures]
        person = np.stack(prob).astype(np.float32)
        return {"main": np.stack([1 - person, person], axis=1)}


def timed(peer: Peer) -> Run:
    """A peer that also says how long the network took."""
    spent: list[float] = []

    def infer(tensor: np.ndarray) -> np.ndarray:
        started = time.perf_counter()
        output = peer.infer(tensor)
        spent.append(1000 * (time.perf_counter() - started))
        return output

    clocked = Peer(peer.name, peer.size, peer.prepare, infer, peer.finish)
    return lambda rgb: ((clocked(rgb) > 0.5).astype(np.uint8), spent.pop())
