"""Many picture files through one predictor; a bad file is named and the others go on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from paddleseg.errors import DataError, Problem
from paddleseg.images.io import list_images, read_image
from paddleseg.inference.outputs import distinct
from paddleseg.inference.predictor import Predictor, SegResult
from paddleseg.progress import progress

Sink = Callable[[str, np.ndarray, SegResult], None]
"""Takes a picture's name below the input folder, the picture, and what was found."""


@dataclass
class Report:
    """What became of the files: how many were done, what was wrong with the others, and the times of each picture."""

    done: int = 0
    problems: list[Problem] = field(default_factory=list)
    timings: list[dict[str, float]] = field(default_factory=list)

    def raise_if_any_failed(self) -> None:
        """Raise a `DataError` that names every file that could not be done."""
        if self.problems:
            total = self.done + len(self.problems)
            raise DataError(
                [*self.problems, Problem("", f"{len(self.problems)} of {total} pictures could not be done")]
            )


def predict_files(predictor: Predictor, source: str | Path, sink: Sink, *, batch_size: int = 1) -> Report:
    """Predict an image file, every image below a folder, or the images of a list file.

    Raises:
        DataError: There is no picture at all.
        OutputError: A result cannot be written.
    """
    found = list_images(source)
    names = distinct([name for _, name in found])
    report = Report()
    files = list(zip([path for path, _ in found], names, strict=True))
    chunks = [files[start : start + batch_size] for start in range(0, len(files), batch_size)]
    for chunk in progress(chunks, "Predicting"):
        _predict_chunk(predictor, chunk, sink, report)
    return report


def _predict_chunk(predictor: Predictor, files: Sequence[tuple[Path, str]], sink: Sink, report: Report) -> None:
    read: list[tuple[str, np.ndarray]] = []
    for path, name in files:
        try:
            read.append((name, read_image(path, predictor.card.input.channels)))
        except DataError as error:
            report.problems.extend(error.problems)
    for name, image, result in _results(predictor, read, report):
        sink(name, image, result)
        report.timings.append(result.timing_ms)
        report.done += 1


def _results(
    predictor: Predictor, read: Sequence[tuple[str, np.ndarray]], report: Report
) -> Iterator[tuple[str, np.ndarray, SegResult]]:
    """The results of pictures together or, where one of them cannot be prepared, one at a time to learn which."""
    try:
        results = predictor.batch([image for _, image in read]) if read else []
    except DataError as error:
        if len(read) == 1:
            report.problems.extend(Problem(f"{read[0][0]}: {p.where}", p.what, p.hint) for p in error.problems)
            return
        for single in read:
            yield from _results(predictor, [single], report)
        return
    for (name, image), result in zip(read, results, strict=True):
        yield name, image, result
