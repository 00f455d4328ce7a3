"""Many picture files through one predictor; a bad file is named and the others go on."""

from __future__ import annotations

import errno
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np

from paddleseg import compiled
from paddleseg.card import Card
from paddleseg.errors import DataError, OutputError, Problem
from paddleseg.images.color import to_srgb
from paddleseg.images.io import list_images, read_image
from paddleseg.images.listing import Listing
from paddleseg.inference.outputs import Writer, distinct
from paddleseg.inference.predictor import SegResult
from paddleseg.progress import progress
from paddleseg.targets import refuse_overwriting


class Pictured(Protocol):
    """What makes results of pictures: a predictor, or several one after the other."""

    card: Card

    def batch(self, images: Sequence[np.ndarray]) -> list[SegResult]: ...


Sink = Callable[[str, np.ndarray, SegResult], None]
"""Takes a picture's name below the input folder, the picture in sRGB, and what was found."""
_MANY = 32
"""Pictures for which it is worth loading the compiled passes."""
# Faults of one name, after which the next file may well be written.
_OF_ONE_NAME = (errno.ENAMETOOLONG, errno.EINVAL, errno.EILSEQ)


@dataclass(frozen=True)
class _File:
    """A picture file, and its name below the input folder."""

    path: Path
    name: str


@dataclass
class Report:
    """What became of the files.

    Args:
        done: How many were done.
        problems: What was wrong with the others.
        timings: The times of each picture.
        passed_over: Files that lay beside the pictures and are none.
    """

    done: int = 0
    problems: list[Problem] = field(default_factory=list)
    timings: list[dict[str, float]] = field(default_factory=list)
    passed_over: list[Path] = field(default_factory=list)

    def raise_if_any_failed(self) -> None:
        """Raise a `DataError` that names every file that could not be done."""
        if self.problems:
            total = self.done + len(self.problems)
            raise DataError(
                [*self.problems, Problem("", f"{len(self.problems)} of {total} pictures could not be done")]
            )


def predict_files(
    predictor: Pictured,
    source: str | Path | Listing,
    sink: Sink,
    *,
    batch_size: int = 1,
    separator: str | None = None,
    keep: Iterable[str | Path] = (),
) -> Report:
    """Predict an image file, every image below a folder, the images of a list file, or a listing of one's own.

    Args:
        sink: What takes the results, such as a `Writer`.
        batch_size: Pictures at a time, where their inputs have one size.
        separator: What stands after the image in a line of the list, as for `list_images`.
        keep: Other files that must not be written over, such as the background.

    Raises:
        DataError: There is no picture at all.
        OutputError: A result would be written over an input, and nothing was written; or the folder or the disk takes
            no more files.
    """
    found = source if isinstance(source, Listing) else list_images(source, separator)
    if found.passed_over:
        print(found.remark(), file=sys.stderr)
    names = distinct([name for _, name in found])
    files = [_File(path, name) for (path, _), name in zip(found, names, strict=True)]
    if isinstance(sink, Writer):
        targets = (target for name in names for target in sink.targets(name))
        given = [] if isinstance(source, Listing) else [source]
        refuse_overwriting([*(file.path for file in files), *given, *keep], targets)
    if len(files) >= _MANY:
        compiled.load()
    report = Report(passed_over=found.passed_over)
    chunks = [files[start : start + batch_size] for start in range(0, len(files), batch_size)]
    for chunk in progress(chunks, "Predicting"):
        _predict_chunk(predictor, chunk, sink, report)
    return report


def _predict_chunk(predictor: Pictured, files: Sequence[_File], sink: Sink, report: Report) -> None:
    read: list[tuple[_File, np.ndarray]] = []
    for file in files:
        try:
            read.append((file, read_image(file.path, predictor.card.input.channels)))
        except DataError as error:
            report.problems.extend(error.problems)
    for file, image, result in _results(predictor, read, report):
        try:
            sink(file.name, to_srgb(image, file.path), result)
        except OutputError as error:
            if not is_of_one_name(error):
                raise
            report.problems.extend(error.problems)
            continue
        report.timings.append(result.timing_ms)
        report.done += 1


def is_of_one_name(error: OutputError) -> bool:
    """Whether only the name is at fault, so that the next file may well be written."""
    cause = error.__cause__
    return not isinstance(cause, OSError) or cause.errno in _OF_ONE_NAME


def _results(
    predictor: Pictured, read: Sequence[tuple[_File, np.ndarray]], report: Report
) -> Iterator[tuple[_File, np.ndarray, SegResult]]:
    """The results of pictures together or, where one of them cannot be prepared, one at a time to learn which."""
    try:
        results = predictor.batch([image for _, image in read]) if read else []
    except DataError as error:
        if len(read) == 1:
            report.problems.extend(Problem(f"{read[0][0].path}: {p.where}", p.what, p.hint) for p in error.problems)
            return
        for single in read:
            yield from _results(predictor, [single], report)
        return
    for (file, image), result in zip(read, results, strict=True):
        yield file, image, result
