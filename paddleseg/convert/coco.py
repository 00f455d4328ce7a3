"""COCO's instance files as labels of chosen categories."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from paddleseg.convert.masks import plan_masks, with_the_others
from paddleseg.datasets.annotations import Annotations
from paddleseg.errors import DataError, Problem, few
from paddleseg.files import atomic_write_text
from paddleseg.images.io import write_png
from paddleseg.progress import progress
from paddleseg.targets import name_below, refuse_overwriting


@dataclass
class Converted:
    """What `convert_coco` wrote: class names, masks, and what a person should know of them."""

    classes: list[str]
    count: int
    notes: list[str] = field(default_factory=list)


def convert_coco(
    file: Path,
    target: Path,
    categories: Sequence[str] | None = None,
    *,
    empty: bool = False,
    independent: bool = False,
    palette: np.ndarray | None = None,
) -> Converted:
    """Write a mask for every image of an instance file, and `class_names.txt`, all of it below `target`.

    Args:
        categories: What becomes class 1, 2, ...; all of the file's, by their ids, where none are named.
        empty: Images without any of these too, all background.
        independent: A mask of 0 and 1 for each category, side by side in one file, since objects may lie over others.
        palette: Colours (256, 3) of the masks.

    Raises:
        OutputError: A mask would lie over a photo or the file, or several images would share one; nothing is written.
        DataError: The file is no instance file, or lacks a category; or objects cannot be drawn: all are named, and the
            masks of other images are written.
    """
    annotations = Annotations.load(file)
    names = list(dict.fromkeys(categories or annotations.names()))
    classes = annotations.classes(names)
    images = list(annotations.images(classes, empty))
    notes = [*annotations.remarks]
    moved = [image.name for image in images if name_below(image.name) != Path(image.name.replace("\\", "/")).as_posix()]
    if moved:
        notes.append(
            f"{len(moved)} images are named by paths that lead elsewhere: masks have their last part: {few(moved)}"
        )
    # Where the photos are is not said in the file: beside it, or where masks are to be written.
    sources = [(file.parent / image.name.replace("\\", "/"), name_below(image.name)) for image in images]
    planned = plan_masks(target, sources, inputs=[file])
    listed = target / "class_names.txt"
    refuse_overwriting([file], [listed])
    problems: list[Problem] = []
    seen: dict[str, list[str]] = {}
    counted: Counter[str] = Counter()
    numbers = range(1, len(names) + 1)
    for image, (_, result) in zip(images, progress(planned, "Drawing masks"), strict=True):
        odd: Counter[str] = Counter()
        try:
            each = (
                [{ident: 1 for ident in classes if classes[ident] == n} for n in numbers] if independent else [classes]
            )
            write_png(result, np.hstack([image.mask(one, odd) for one in each]), palette)
        except DataError as error:
            problems += error.problems
        counted += odd
        for what in odd:
            seen.setdefault(what, []).append(image.name)
    notes += [f"{counted[what]} objects {what} ({few(where)})" for what, where in seen.items()]
    if not images:
        notes.append(f"none of its {annotations.count} images shows any of these")
    atomic_write_text(listed, "\n".join(["_background_", *names]))
    if problems:
        bad = len({problem.where.rpartition(": ")[0] for problem in problems})
        raise DataError(with_the_others(problems, len(images) - bad, "masks", target))
    return Converted(["_background_", *names], len(images), notes)
