"""Labels made visible: laid over their photos, and as coloured pictures."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np

from paddleseg.convert.masks import plan_masks, with_the_others
from paddleseg.datasets.base import Dataset
from paddleseg.errors import DataError, Problem
from paddleseg.files import is_file
from paddleseg.images.io import read_label, write_png
from paddleseg.images.paint import as_rgb, overlay, palette
from paddleseg.progress import progress
from paddleseg.targets import plan


def show_labels(dataset: Dataset, folder: Path, predictions: Path | None = None) -> list[Path]:
    """Write a picture for each pair: the photo, the photo with its label, and with the prediction where there is one.

    Args:
        predictions: A folder of masks called like the images, in the same folders or all in one.

    Raises:
        OutputError: A picture would lie over an input, or two images would share one; nothing is written.
        DataError: Pairs cannot be read; all are named, and the others are written.
    """
    entries = list(dict.fromkeys(dataset.entries))  # training may repeat them
    names = [_name_below(path, dataset.root) for path, _ in entries]
    files = [path for entry in entries for path in entry if path is not None]
    inputs = [*files, *([dataset.list_file] if dataset.list_file else [])]
    # One image may have several labels, each a picture of its own to look at.
    sources = [(label or image, name) for (image, label), name in zip(entries, names, strict=True)]
    planned = plan(folder, sources, ".png", inputs=inputs)
    written: list[Path] = []
    problems: list[Problem] = []
    places = {entry: place for place, entry in reversed([*enumerate(dataset.entries)])}
    for entry, name, (_, target) in zip(entries, names, progress(planned, "Drawing", len(planned)), strict=True):
        try:
            picture = _picture(dataset, places[entry], predictions, Path(name).with_suffix(".png"))
        except DataError as error:
            problems += error.problems
            continue
        write_png(target, picture)
        written.append(target)
    if problems:
        raise DataError(with_the_others(problems, len(written), "pictures", folder))
    return written


def _name_below(path: Path, root: Path) -> str:
    below = path.relative_to(root) if path.is_relative_to(root) else Path(path.name)
    return path.name if ".." in below.parts else below.as_posix()


def _picture(dataset: Dataset, index: int, predictions: Path | None, name: Path) -> np.ndarray:
    sample = dataset.read(index)
    masks = [sample.label] if sample.label is not None else []
    for place in (predictions / name, predictions / name.name) if predictions else ():
        if is_file(place):
            h, w = sample.size
            masks.append(cv2.resize(read_label(place), (w, h), interpolation=cv2.INTER_NEAREST_EXACT))
            break
    return np.hstack([as_rgb(sample.image), *(overlay(sample.image, mask) for mask in masks)])


def color_masks(masks: Iterable[tuple[Path, str]], folder: Path, *, inputs: Iterable[Path] = ()) -> int:
    """Write every mask as a palette picture of the same numbers, under its name in `folder`.

    Args:
        inputs: What else was read, such as the list that names the masks.

    Returns:
        How many there were.

    Raises:
        OutputError: A result would lie over an input, or two masks would share one; nothing is written.
        DataError: Some are broken or in colours already; all are named, the others are written.
    """
    problems: list[Problem] = []
    planned = plan_masks(folder, masks, inputs=inputs)
    for path, target in progress(planned, "Colouring"):
        try:
            write_png(target, read_label(path), palette())
        except DataError as error:
            problems += error.problems
    if problems:
        raise DataError(with_the_others(problems, len(planned) - len(problems), "masks", folder))
    return len(planned)
