"""What several networks together think of photos, as labels for another network to learn from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from paddleseg.errors import ConfigError, DataError, Problem
from paddleseg.images.io import read_image, write_png
from paddleseg.inference.postprocess import foreground
from paddleseg.inference.predictor import Predictor
from paddleseg.progress import progress
from paddleseg.targets import plan

_CERTAIN, _UNKNOWN = 254, 255


def predictor_of(source: str, runtime: str | None = None, threads: int = 0) -> Predictor:
    """The network of a `zoo://` name or of a folder that export wrote."""
    open_it = Predictor.from_zoo if "://" in source else Predictor.from_export
    return open_it(source, runtime, threads=threads)


def soft_label(predictors: Sequence[Predictor], image: np.ndarray, most_spread: float = 1.0) -> np.ndarray:
    """The foreground's probability as (H, W) uint8, 0 to 254: the mean over networks, and over the photo and its
    mirror image.

    Args:
        most_spread: Standard deviation of the networks' probabilities above which they disagree about a pixel: it
            becomes 255, for unknown. It is never above 0.5.

    Raises:
        ConfigError: A network has more than two classes, or gives classes without probabilities.
    """
    total, squares = np.zeros((2, *image.shape[:2]), np.float32)
    for predictor in predictors:
        own = np.zeros_like(total)
        for turn in (1, -1):
            prob = predictor(np.ascontiguousarray(image[:, ::turn])).prob
            if prob is None or len(prob) > 2:
                raise ConfigError(predictor.card.name, "gives no probabilities of two classes", "leave it out")
            own += foreground(prob, predictor.card.output)[:, ::turn] / 2
        total += own
        squares += own * own
    mean = total / len(predictors)
    spread = np.sqrt(np.maximum(squares / len(predictors) - mean * mean, 0))
    label = np.rint(mean * _CERTAIN).astype(np.uint8)
    label[spread > most_spread] = _UNKNOWN
    return label


def write_soft_labels(
    predictors: Sequence[Predictor],
    images: Iterable[tuple[Path, str]],
    folder: Path,
    *,
    inputs: Iterable[Path] = (),
    most_spread: float = 1.0,
) -> int:
    """Write the soft label of every image to the place of its name below `folder`, as PNG.

    Those that are there already stay, so an interrupted run may be repeated.

    Args:
        images: With their names below the data set's folder.
        inputs: What else was read, such as the list that names the images.
        most_spread: As `soft_label`'s.

    Returns:
        How many were written.

    Raises:
        OutputError: One would lie over an input, or two images would share one; nothing is written.
        DataError: Photos cannot be read; all are named, and the labels of the others are written.
    """
    todo = [(path, target) for path, target in plan(folder, images, ".png", inputs=inputs) if not target.is_file()]
    problems: list[Problem] = []
    for path, target in progress(todo, "Soft labels", len(todo)):
        try:
            write_png(target, soft_label(predictors, read_image(path), most_spread))
        except DataError as error:
            problems += error.problems
    if problems:
        raise DataError(problems)
    return len(todo)
