"""Proof that an embedded graph gives the masks of the model that it came from."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from paddle import nn

from paddleseg.card import Card, VerifiedExport, load_card
from paddleseg.device import device_name
from paddleseg.errors import ExportError, Problem
from paddleseg.export.compare import MASK_TOLERANCE, MIOU_TOLERANCE, short
from paddleseg.export.embed.steps import Ending, split
from paddleseg.export.targets.base import Precision
from paddleseg.export.verify import engine_faults, hint, photo_like, tolerance_of
from paddleseg.images.io import read_image
from paddleseg.inference.postprocess import to_mask
from paddleseg.inference.predictor import Predictor, SegResult
from paddleseg.inference.runtimes.dygraph import evaluating
from paddleseg.inference.runtimes.onnx import OnnxRuntime
from paddleseg.metrics.segmentation import Confusion

EDGE_TOLERANCE = 0.1
"""Of a probability along an edge that the filter has moved: it works on a small copy of the photo, which OpenCV rounds
to whole numbers. Masks are held to the same pixels as without the filter."""
_TITLE = "embedded steps"
_MADE_UP = ((150, 200), (201, 131))  # sizes of pictures where there are no photos
_TIMED = 20


def check_embedded(
    folder: Path, model: nn.Layer, ending: Ending, photos: Sequence[Path], command: str, precision: Precision
) -> VerifiedExport:
    """Run an embedded graph on photos, or on made-up pictures where there are none, and compare it with `model`.

    Raises:
        ExportError: It fails, or differs by more than rounding.
        DataError: A photo cannot be read.
    """
    card, place = load_card(folder)
    kept, _ = split(card)
    reference = Predictor.from_model(model, card.model_copy(update={"postprocess": kept}))
    found, times = _Found(card, ending), []
    with evaluating(model), engine_faults(card, _TITLE):
        runtime = OnnxRuntime(place / str(card.files.embedded), threads=1)
        for picture in _pictures(card, photos):
            found.update(reference(picture), runtime(picture))
            for _ in range(max(1, _TIMED // max(len(photos), 1))):
                start = time.perf_counter()
                runtime(picture)
                times.append(1000 * (time.perf_counter() - start))
    if problems := found.problems(precision):
        raise ExportError(problems)
    p50, p95 = np.percentile(times, (50, 95))
    return VerifiedExport(
        target="embedded",
        precision=precision,
        largest_difference=short(found.largest),
        photos=len(photos) or None,
        mask_difference=short(found.mask),
        mIoU_difference=short(found.lost),
        device=device_name(),
        threads=1,
        p50_ms=short(p50),
        p95_ms=short(p95),
        command=command,
    )


class _Found:
    """The largest differences over pictures."""

    def __init__(self, card: Card, ending: Ending):
        self.card, self.ending = card, ending
        self.largest = self.mask = 0.0
        self.confusion = Confusion(256, ignore_index=-1)

    @property
    def lost(self) -> float:
        return 1 - self.confusion.compute()["mIoU"]

    def update(self, wanted: SegResult, have: np.ndarray) -> None:
        if self.ending == "prob":
            assert wanted.values is not None
            planes = have.reshape(-1, *have.shape[-2:])
            self.largest = max(self.largest, float(np.abs(planes - wanted.values[-len(planes) :]).max()))
            have = to_mask(planes, self.card.output, self.card.finish.threshold)
        self.mask = max(self.mask, float(np.mean(have != wanted.mask)))
        self.confusion.update(have, wanted.mask)
        if self.ending == "mask":
            self.largest = self.mask

    def problems(self, precision: Precision) -> list[Problem]:
        edges = any(step.type == "refine_edges" for step in self.card.postprocess)
        limit = max(tolerance_of(precision), EDGE_TOLERANCE if edges else 0)
        where, cure = f"the graph with {_TITLE}", hint(self.card, precision)
        problems = []
        if self.ending == "prob" and not self.largest <= limit:
            what = f"differs by {self.largest:.2g} from the model, where {limit:g} is allowed"
            problems.append(Problem(where, what, cure))
        share, most = (self.lost, MIOU_TOLERANCE) if precision == "int8" else (self.mask, MASK_TOLERANCE)
        if not share <= most:
            what = f"{share:.2%} of a mask are of another class than in the model's, where {most:.1%} are allowed"
            problems.append(Problem(where, what, cure))
        return problems


def _pictures(card: Card, photos: Sequence[Path]) -> Iterator[np.ndarray]:
    channels = card.input.channels
    for path in photos:
        yield read_image(path, channels)
    if not photos:
        for size in _MADE_UP:
            yield ((photo_like(size, channels).transpose(1, 2, 0) + 1) * 127.5).astype(np.uint8)
