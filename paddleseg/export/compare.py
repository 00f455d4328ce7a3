"""An export on real photos: how far its masks are from those of the model it came from, and what they take."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from paddle import nn

from paddleseg.card import Card, VerifiedExport, load_card
from paddleseg.device import device_name
from paddleseg.errors import DataError, ExportError, Problem
from paddleseg.export.targets import written
from paddleseg.export.targets.base import Precision, Target
from paddleseg.export.verify import MASK_TOLERANCE, allowed, engine_faults, hint, logits_of, precision_of, tolerance_of
from paddleseg.images.io import read_image
from paddleseg.inference.predictor import Predictor, Prepared
from paddleseg.inference.runtimes.dygraph import evaluating
from paddleseg.metrics.segmentation import Confusion

MIOU_TOLERANCE = 5e-3
"""Of int8, whose probabilities and single pixels may be others."""
_TIMED = 40  # calls of each runtime at least, over all photos
_CLASSES = 256  # of a mask in uint8; those that do not occur count for nothing


class _Compared:
    """One target's figures, photo by photo."""

    def __init__(self, target: type[Target], folder: Path, rounds: int, precision: Precision, most_lost: float):
        self.target, self.rounds, self.precision, self.most_lost = target, rounds, precision, most_lost
        self.predictor = Predictor.from_export(folder, target.name, threads=1)
        self.largest, self.mask_difference, self.masks = 0.0, 0.0, 0
        self.beyond: tuple[float, float] | None = None  # a difference, and what was allowed
        self.confusion = Confusion(_CLASSES, ignore_index=-1)
        self.times: list[float] = []

    def update(self, prepared: Prepared, wanted: np.ndarray, wanted_mask: np.ndarray | None, most: float) -> None:
        """Take one photo; `wanted` is what the model makes of it, and `wanted_mask` the mask.

        Args:
            most: How far a value may be from the model's.
        """
        have = self.predictor.run([prepared])[0]
        if self.predictor.card.output.kind == "argmax":
            difference = float(np.mean(have != wanted))
        else:
            difference = float(np.abs(have - wanted).max())
        self.largest = max(self.largest, difference) if difference == difference else math.nan
        if not difference <= most:
            self.beyond = self.beyond or (difference, most)
        mask = self.predictor.complete(have, prepared).classes
        if mask is not None and wanted_mask is not None:
            self.mask_difference = max(self.mask_difference, float(np.mean(mask != wanted_mask)))
            self.confusion.update(mask, wanted_mask)
            self.masks += 1
        for _ in range(self.rounds):
            start = time.perf_counter()
            self.predictor.run([prepared])
            self.times.append(1000 * (time.perf_counter() - start))

    def problems(self, card: Card) -> Iterator[Problem]:
        where = f"the exported graph in {self.target.title}"
        cure = hint(card, self.precision)
        if self.precision == "int8" and self.masks:
            if not self.lost <= self.most_lost:
                what = f"its masks have {100 * self.lost:.2g} mIoU less than the model's"
                yield Problem(where, f"{what}, where {100 * self.most_lost:g} is allowed", cure)
            return
        if self.beyond:
            difference, most = self.beyond
            what = f"differs by {difference:.2g} from the model on a photo, where {most:.2g} is allowed"
            yield Problem(where, what, cure)
        if not self.mask_difference <= MASK_TOLERANCE:
            share = f"{self.mask_difference:.2%} of a photo's mask are of another class than in the model's"
            yield Problem(where, f"{share}, where {MASK_TOLERANCE:.1%} are allowed", cure)

    @property
    def lost(self) -> float:
        """What the masks' mIoU lacks to 1, with the model's masks as labels."""
        return 1 - self.confusion.compute()["mIoU"]

    def result(self, photos: int, command: str) -> VerifiedExport:
        p50, p95 = np.percentile(self.times, (50, 95))
        return VerifiedExport(
            target=self.target.name,  # type: ignore[arg-type]  # the card knows the names of all targets
            precision=self.precision,
            largest_difference=short(self.largest),
            photos=photos,
            mask_difference=short(self.mask_difference) if self.masks else None,
            mIoU_difference=short(self.lost) if self.masks else None,
            device=device_name(),
            threads=1,
            p50_ms=short(p50),
            p95_ms=short(p95),
            command=command,
        )


def compare(
    folder: str | Path,
    model: nn.Layer,
    photos: Sequence[Path],
    command: str = "",
    precision: Precision = "fp32",
    most_lost: float = MIOU_TOLERANCE,
) -> list[VerifiedExport]:
    """Run an export on photos in every runtime it was written for, in turns, and compare with `model`.

    Args:
        folder: With the card.
        photos: Image files.
        command: What the figures in the card are to be known by.
        precision: That the files were written in.
        most_lost: What the mIoU of masks in 8 bits may lack to 1, with the model's as labels.

    Raises:
        ExportError: A runtime fails, or differs by more than rounding; all that do are named.
        DataError: Photos cannot be read; all of them are named.
    """
    card, place = load_card(folder)
    reference, logits = Predictor.from_model(model, card), logits_of(model, card)
    argmax = card.output.kind == "argmax"
    rounds = math.ceil(_TIMED / len(photos))
    unreadable: list[Problem] = []
    with evaluating(model):
        compared = [
            _Compared(target, place, rounds, precision_of(target, precision), most_lost) for target in written(card)
        ]
        for path in photos:
            try:
                prepared = reference.prepare(read_image(path, card.input.channels))
            except DataError as error:
                unreadable += error.problems
                continue
            wanted = reference.run([prepared])[0]
            mask = reference.complete(wanted.copy(), prepared).classes
            most = MASK_TOLERANCE if argmax else allowed(logits.runtime(prepared.tensor[None]))
            for each in compared:
                with engine_faults(card, each.target.title):
                    each.update(prepared, wanted, mask, most if argmax else tolerance_of(each.precision, most))
    if unreadable:
        raise DataError(unreadable)
    if problems := [problem for each in compared for problem in each.problems(card)]:
        raise ExportError(problems)
    return [each.result(len(photos), command) for each in compared]


def table(rows: Sequence[VerifiedExport]) -> str:
    """The figures as lines for a terminal."""
    titles = ("target", "probability", "mask pixels", "mIoU", "p50 ms", "p95 ms")
    lines = [titles, *(_cells(row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(titles))]
    return "\n".join(
        "  ".join(cell.rjust(width) if number else cell.ljust(width) for number, (cell, width) in enumerate(pairs))
        for pairs in (list(zip(line, widths, strict=True)) for line in lines)
    )


def _cells(row: VerifiedExport) -> tuple[str, ...]:
    share = "-" if row.mask_difference is None else f"{row.mask_difference:.3%}"
    miou = "-" if row.mIoU_difference is None else f"{row.mIoU_difference:.1e}"
    name = row.target if row.precision == "fp32" else f"{row.target} {row.precision}"
    return (name, f"{row.largest_difference:.1e}", share, miou, f"{row.p50_ms:.2f}", f"{row.p95_ms:.2f}")


def short(value: float) -> float:
    """Three digits, which is more than two runs agree in."""
    return float(f"{value:.3g}")
