"""Composed pictures made ahead, on disk: picture i of a seed is the same whenever and wherever it is made."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from paddleseg.datasets.base import Dataset
from paddleseg.datasets.workers import Workers
from paddleseg.errors import ConfigError, DataError, OutputError, Problem
from paddleseg.files import atomic_write_bytes, atomic_write_text
from paddleseg.images.io import write_png
from paddleseg.progress import progress
from paddleseg.sources import read_json
from paddleseg.transforms.base import Compose
from paddleseg.transforms.compose_portrait import ComposePortrait
from paddleseg.transforms.functional import as_uint8

LIST_FILE, NOTE_FILE = "train.txt", "compose.json"
MOST_PICTURES = 99_999_999
"""What eight digits name."""
_JPEG_QUALITY = 95
# Pictures of one folder, and of one job: few enough that a job soon ends.
_FOLDER, _JOB = 1000, 8
# Jobs that wait at each worker.
_AHEAD = 2


@dataclass
class Composed:
    """What `compose` has done.

    Args:
        written: Pictures made by this call; the others were there.
        kept: Pictures in the list file.
        nbytes: Their size on disk.
        is_full: Whether the limit of the disk's use has ended it.
        failed: Pictures that could not be made.
        problems: Why not, each once: photos, labels and backgrounds that cannot be used.
    """

    written: int = 0
    kept: int = 0
    nbytes: int = 0
    is_full: bool = False
    failed: int = 0
    problems: list[Problem] = field(default_factory=list)
    lines: list[str] = field(default_factory=list, repr=False)


def compose(
    dataset: Dataset, output: str | Path, count: int, *, seed: int = 0, jobs: int = 1, max_bytes: float = float("inf")
) -> Composed:
    """Write `count` composed pictures with their masks and a list file; what is there already is not made again.

    A picture that a broken photo or background would be part of is left out; another call makes it once that is mended.

    Args:
        dataset: Its transforms are used up to and with `ComposePortrait`, which composes every picture.
        output: Gets `images/`, `masks/`, `train.txt`, and `compose.json`, which says what they were made of.
        jobs: Processes.
        max_bytes: Once the pictures take so much, no more are made (but for those that the processes have begun).

    Raises:
        ConfigError: The data set has no `ComposePortrait`.
        OutputError: The folder holds pictures made in another way, or cannot be written.
    """
    output, dataset = Path(output), only_composing(dataset)
    _note(output, dataset, seed)
    _sweep(output)
    done = Composed()
    try:
        for start, sizes, written, problems in _results(dataset, output, count, seed, jobs):
            done.written += written
            done.problems = list(dict.fromkeys([*done.problems, *problems]))
            for index, nbytes in enumerate(sizes, start):
                if nbytes is None:
                    done.failed += 1
                    continue
                if done.nbytes + nbytes > max_bytes:
                    done.is_full = True
                    break
                done.nbytes += nbytes
                done.kept += 1
                done.lines.append(" ".join(names(index)))
            if done.is_full:
                break
    finally:
        # Also after Ctrl-C: what is there can be trained on.
        if done.lines:
            atomic_write_text(output / LIST_FILE, "".join(f"{line}\n" for line in done.lines))
    return done


def only_composing(dataset: Dataset) -> Dataset:
    """The data set with its transforms up to `ComposePortrait`, which is certain to compose.

    Raises:
        ConfigError: It has none.
    """
    chain = dataset.transforms.transforms
    for number, transform in enumerate(chain):
        if isinstance(transform, ComposePortrait):
            composing, result = copy.copy(transform), copy.copy(dataset)
            composing.prob = 1.0
            result.transforms = Compose([*chain[:number], composing])
            return result
    hint = "add `{type: ComposePortrait, backgrounds: my_rooms}`"
    raise ConfigError("train_dataset.transforms", "has no ComposePortrait", hint)


def names(index: int) -> tuple[str, str]:
    """Image and mask of a picture, below the output folder."""
    place = f"{index // _FOLDER:04d}/{index:08d}"
    return f"images/{place}.jpg", f"masks/{place}.png"


def make(dataset: Dataset, output: Path, seed: int, index: int) -> None:
    """Write picture `index`. Every photo has its turn before any has its second."""
    turn, place = divmod(index, len(dataset))
    photo = int(np.random.default_rng([seed, turn]).permutation(len(dataset))[place])
    sample = dataset.sample(photo, np.random.default_rng([seed, turn, photo]))
    image, mask = (output / name for name in names(index))
    ok, coded = cv2.imencode(
        ".jpg", cv2.cvtColor(as_uint8(sample.image), cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY]
    )
    assert ok and sample.label is not None
    write_png(mask, sample.label)
    atomic_write_bytes(image, coded.tobytes())  # last: where an image is, its mask is too


def make_some(
    dataset: Dataset, _memory: Any, output: Path, seed: int, indices: range
) -> tuple[list[int | None], int, list[Problem]]:
    """The sizes on disk of these pictures, None for those that cannot be made; how many were made, and why not all."""
    sizes: list[int | None] = []
    written, problems = 0, []
    for index in indices:
        image, mask = (output / name for name in names(index))
        if not image.is_file():
            try:
                make(dataset, output, seed, index)
            except DataError as error:
                problems += error.problems
                sizes.append(None)
                continue
            written += 1
        sizes.append(image.stat().st_size + mask.stat().st_size)
    return sizes, written, problems


def _results(
    dataset: Dataset, output: Path, count: int, seed: int, jobs: int
) -> Iterator[tuple[int, list[int | None], int, list[Problem]]]:
    """The first picture of every job and what `make_some` gives, in order."""
    starts = range(0, count, _JOB)  # ranges as they are needed: a hundred million pictures are many parts
    jobs = min(jobs, len(starts))
    if jobs <= 1:
        for start in progress(starts, "Composing", len(starts)):
            yield start, *make_some(dataset, None, output, seed, _part(start, count))
        return
    with Workers(dataset, jobs) as workers:
        for start in starts[: jobs * _AHEAD]:
            workers.submit(make_some, output, seed, _part(start, count))
        for number, start in enumerate(progress(starts, "Composing", len(starts))):
            result = workers.result()
            for following in starts[number + jobs * _AHEAD : number + jobs * _AHEAD + 1]:
                workers.submit(make_some, output, seed, _part(following, count))
            yield start, *result


def _part(start: int, count: int) -> range:
    """The pictures of one job."""
    return range(start, min(start + _JOB, count))


def _note(output: Path, dataset: Dataset, seed: int) -> None:
    """Leave a note of what the pictures are made of, or compare with the one that is there."""
    composing = dataset.transforms.transforms[-1]
    assert isinstance(composing, ComposePortrait)
    settings = {name: value for name, value in vars(composing).items() if name not in ("source", "backgrounds")}
    note = {
        "seed": seed,
        "photos": _digest([path for entry in dataset.entries for path in entry]),
        "backgrounds": _digest(composing.backgrounds),
        "transforms": [type(transform).__name__ for transform in dataset.transforms.transforms],
        "settings": {name: str(value) for name, value in settings.items()},
    }
    file = output / NOTE_FILE
    if file.is_file():
        before = read_json(file)
        changed = [name for name in note if not isinstance(before, dict) or before.get(name) != note[name]]
        if changed:
            what = f"holds pictures that were made with other {', '.join(changed)}"
            raise OutputError(str(output), what, "choose another folder, or delete this one")
        return
    if output.exists() and any(output.iterdir()):
        raise OutputError(str(output), "is not empty, and nothing in it says what it holds", "choose another folder")
    atomic_write_text(file, json.dumps(note, indent=1))


def _digest(paths: Sequence[Path | None]) -> str:
    return f"{len(paths)} files, {hashlib.sha256(repr(list(map(str, paths))).encode()).hexdigest()[:16]}"


def _sweep(output: Path) -> None:
    """Delete what a killed process was writing."""
    for kind in ("images", "masks"):
        for file in (output / kind).glob("*/.*"):
            file.unlink(missing_ok=True)
