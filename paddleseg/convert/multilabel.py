"""Data sets whose classes may lie over each other: photos, masks of all classes side by side, and lists."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from paddleseg.datasets.annotations import Annotations
from paddleseg.errors import DataError, Problem
from paddleseg.files import atomic_write_text
from paddleseg.images.io import read_image, write_image, write_png
from paddleseg.progress import progress
from paddleseg.targets import name_below, plan

Pair = Callable[[Path], tuple[np.ndarray, np.ndarray]]
"""Gives the picture (H, W, 3) and the masks (H, K * W) of a source."""


@dataclass
class Divided:
    """What was written: how many pairs each list names, and what a person should know of the data."""

    classes: Sequence[str]
    counts: dict[str, int]
    notes: list[str] = field(default_factory=list)


def coco_multilabel(photos: Path, file: Path, target: Path, share: float, seed: int = 0) -> Divided:
    """The photos of a COCO instance file, a mask for each category side by side, and the lists of two parts.

    Args:
        photos: The folder of the photos.
        share: Of photos for training; the others are for validation.
        seed: Of the division.

    Raises:
        DataError: The file is no instance file; or photos are missing or of another size, or objects cannot be drawn:
            all are named, the other pairs are written, and no list is.
        OutputError: A result would lie over an input; nothing is written.
    """
    annotations = Annotations.load(file)
    names = annotations.names()
    classes = annotations.classes(names)
    images = list(annotations.images(classes))
    sources = [(photos / image.name.replace("\\", "/"), name_below(image.name)) for image in images]
    known = dict(zip([source for source, _ in sources], images, strict=True))
    each = [{ident: 1 for ident in classes if classes[ident] == number} for number in range(1, len(names) + 1)]
    odd: Counter[str] = Counter()

    def pair(source: Path) -> tuple[np.ndarray, np.ndarray]:
        image = known[source]
        picture = read_image(source)
        if picture.shape[:2] != tuple(image.size):
            what = f"is {picture.shape[1]}x{picture.shape[0]}, in {file.name} {image.size[1]}x{image.size[0]}"
            raise DataError(str(source), what, "name the folder that the file belongs to")
        return picture, np.hstack([image.mask(one, odd) for one in each])

    done = write_pairs(sources, target, share, seed, pair, [file])
    return Divided(names, done, [*annotations.remarks, *(f"{count} objects {what}" for what, count in odd.items())])


def write_pairs(
    sources: Sequence[tuple[Path, str]],
    target: Path,
    share: float,
    seed: int,
    pair: Pair,
    inputs: Sequence[Path],
) -> dict[str, int]:
    """Divide the sources, write `images/PART`, `annotations/PART` and `PART.txt`.

    Args:
        sources: What stands for each pair, with the pair's name.
        share: Of pairs for training.
        inputs: What is read besides.

    Returns:
        How many pairs each list names.

    Raises:
        DataError: Some cannot be read: all are named, the others are written, and no list is.
        OutputError: A result would lie over an input; nothing is written.
    """
    order = np.random.default_rng(seed).permutation(len(sources))
    first = set(order[: int(len(sources) * share)].tolist())
    parts = ["train" if place in first else "val" for place in range(len(sources))]
    named = [(source, f"{part}/{name}") for (source, name), part in zip(sources, parts, strict=True)]
    photos = plan(target / "images", named, ".jpg", inputs=inputs)
    masks = plan(target / "annotations", named, ".png", inputs=inputs)
    lines: dict[str, list[str]] = {"train": [], "val": []}
    problems: list[Problem] = []
    for part, (source, photo), (_, mask) in zip(parts, progress(photos, "Writing pairs"), masks, strict=True):
        try:
            picture, label = pair(source)
        except DataError as error:
            problems += error.problems
            continue
        write_image(photo, picture)
        write_png(mask, label)
        lines[part].append(f"{photo.relative_to(target).as_posix()} {mask.relative_to(target).as_posix()}\n")
    if problems:
        raise DataError(problems)
    target.mkdir(parents=True, exist_ok=True)
    for part, listed in lines.items():
        if listed:  # parts may be converted one by one, into one folder
            atomic_write_text(target / f"{part}.txt", "".join(listed))
    return {part: len(listed) for part, listed in lines.items()}
