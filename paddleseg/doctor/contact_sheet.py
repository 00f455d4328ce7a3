"""One picture of many samples, so that a person sees in a second what the numbers cannot say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import cv2
import numpy as np

from paddleseg.datasets.base import Dataset
from paddleseg.doctor.files import file_facts
from paddleseg.errors import DataError, Problem
from paddleseg.geometry import Size
from paddleseg.images.io import write_png
from paddleseg.targets import refuse_overwriting
from paddleseg.transforms.functional import fit_inside
from paddleseg.transforms.sample import Sample

_TILE: Size = (192, 192)
_COLUMNS = 6
_CAPTION = 14
_IGNORED = (230, 60, 60)
# The colours of classes 1, 2, ...; background stays as it is.
_CLASSES = ((60, 200, 90), (70, 130, 240), (240, 190, 40), (190, 80, 220), (40, 200, 210), (240, 120, 40))


def inputs_of(datasets: Mapping[str, Dataset]) -> list[Path]:
    """All files that data sets are read from: their lists, images and labels."""
    lists = [dataset.list_file for dataset in datasets.values()]
    files = [path for dataset in datasets.values() for entry in dataset.entries for path in entry]
    return [path for path in (*lists, *files) if path is not None]


def write_contact_sheet(datasets: Mapping[str, Dataset], path: Path, each: int = 24) -> tuple[int, list[Problem]]:
    """Write evenly spaced samples of every data set, labels laid over them, as a PNG.

    Classes are tinted, ignored pixels red. Where no pair can be read, nothing is written.

    Returns:
        How many pairs it shows, and what is wrong with those that cannot be read.

    Raises:
        OutputError: `path` is one of the data sets' files.
    """
    refuse_overwriting(inputs_of(datasets), [path])
    problems: list[Problem] = []
    tiles = [
        _captioned(tile(sample.image, sample.label, dataset.ignore_index), f"{role} {Path(sample.path).name}")
        for role, dataset in datasets.items()
        for sample in samples(dataset, each, problems)
    ]
    shown = len(tiles)
    if not shown:
        return 0, problems
    tiles += [np.zeros_like(tiles[0])] * (-len(tiles) % _COLUMNS)
    rows = [np.hstack(tiles[start : start + _COLUMNS]) for start in range(0, len(tiles), _COLUMNS)]
    write_png(path, np.vstack(rows))
    return shown, problems


def samples(dataset: Dataset, count: int, problems: list[Problem]) -> Iterator[Sample]:
    """Evenly spaced ones; what is wrong with those that cannot be read joins the `problems`."""
    for index in np.linspace(0, len(dataset) - 1, min(count, len(dataset))).astype(int):
        try:
            # The same look as the check's, so that what it refuses is not shown here.
            for path in dataset.entries[int(index)]:
                if path is not None:
                    file_facts(path)
            yield dataset.read(int(index))
        except DataError as error:
            problems += error.problems
        except OSError as error:
            problems.append(Problem(str(error.filename), f"cannot be read: {error.strerror}"))


def tile(image: np.ndarray, label: np.ndarray | None, ignore_index: int) -> np.ndarray:
    """The whole photo, fitted into 192x192, with its label in colours."""
    h, w = fit_inside(image.shape[:2], _TILE)
    photo = cv2.resize(image, (w, h), interpolation=cv2.INTER_AREA)
    photo = np.broadcast_to(photo.reshape(h, w, -1), (h, w, 3)).copy()
    if label is not None and label.ndim == 2:
        small = cv2.resize(label, (w, h), interpolation=cv2.INTER_NEAREST_EXACT)
        colours = np.array(_CLASSES)[(small.astype(int) - 1) % len(_CLASSES)]
        colours[small == ignore_index] = _IGNORED
        photo = np.where(small[..., None] > 0, (photo + colours) // 2, photo).astype(np.uint8)
    return photo


def _captioned(photo: np.ndarray, caption: str) -> np.ndarray:
    """The photo in the middle of a square, with a line of text below."""
    h, w = photo.shape[:2]
    square = np.full((_TILE[0] + _CAPTION, _TILE[1], 3), 32, np.uint8)
    top, left = (_TILE[0] - h) // 2, (_TILE[1] - w) // 2
    square[top : top + h, left : left + w] = photo
    readable = caption.encode("ascii", "replace").decode()  # OpenCV's font knows no other letters
    return cv2.putText(square, readable, (3, _TILE[0] + 10), cv2.FONT_HERSHEY_SIMPLEX, 0.33, (255,) * 3, 1, cv2.LINE_AA)
