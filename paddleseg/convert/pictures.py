"""Labels made visible: laid over their photos, and as coloured pictures."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np

from paddleseg.datasets.base import Dataset
from paddleseg.errors import DataError, Problem
from paddleseg.images.io import read_label, write_png
from paddleseg.images.paint import as_rgb, overlay, palette
from paddleseg.progress import progress


def show_labels(dataset: Dataset, folder: Path, predictions: Path | None = None) -> list[Path]:
    """Write a picture for each pair: the photo, the photo with its label, and with the prediction where there is one.

    Args:
        predictions: A folder of masks called like the images, in the same folders or all in one.

    Raises:
        DataError: A pair cannot be read.
    """
    written = []
    for index, (path, _) in enumerate(progress(dataset.entries, "Drawing")):
        below = path.relative_to(dataset.root) if path.is_relative_to(dataset.root) else Path(path.name)
        name = below.with_suffix(".png")
        sample = dataset.read(index)
        masks = [sample.label] if sample.label is not None else []
        for place in (predictions / name, predictions / name.name) if predictions else ():
            if place.is_file():
                h, w = sample.size
                masks.append(cv2.resize(read_label(place), (w, h), interpolation=cv2.INTER_NEAREST_EXACT))
                break
        picture = np.hstack([as_rgb(sample.image), *(overlay(sample.image, mask) for mask in masks)])
        written.append(folder / name)
        write_png(written[-1], picture)
    return written


def color_masks(masks: Iterable[tuple[Path, str]], folder: Path) -> int:
    """Write every mask as a palette picture of the same numbers, under its name in `folder`.

    Returns:
        How many there were.

    Raises:
        DataError: Some are broken or in colours already; all are named, the others are written.
    """
    problems: list[Problem] = []
    masks = list(masks)
    for path, name in progress(masks, "Colouring"):
        try:
            write_png((folder / name).with_suffix(".png"), read_label(path), palette())
        except DataError as error:
            problems += error.problems
    if problems:
        raise DataError(problems)
    return len(masks)
