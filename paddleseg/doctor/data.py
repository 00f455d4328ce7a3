"""Faults of a data set, all of them at once, before training meets them one by one."""

from __future__ import annotations

import hashlib
import io
from collections import defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from rich.console import Console
from rich.table import Table

from paddleseg.datasets.base import Dataset
from paddleseg.datasets.checks import CURE_0_255, is_0_255, strange_values
from paddleseg.doctor.contact_sheet import contact_sheet
from paddleseg.errors import DataError, Problem
from paddleseg.files import atomic_path
from paddleseg.progress import progress as with_progress
from paddleseg.transforms.image_io import read_image, read_label

_SHOWN = 5


@dataclass
class Pair:
    """What one image and its label showed: a fault of reading, or sizes and label values."""

    image: Path
    label: Path | None
    fault: str = ""
    digest: str = ""
    size: tuple[int, int] = (0, 0)
    label_size: tuple[int, int] | None = None
    counts: np.ndarray = field(default_factory=lambda: np.zeros(256, np.int64))


@dataclass
class Report:
    """What the doctor found.

    Args:
        problems: Faults that would spoil or stop a run.
        notes: What a person should know, and may well be meant so.
        pairs: Every pair that was looked at, by role.
    """

    problems: list[Problem]
    notes: list[str]
    pairs: Mapping[str, list[Pair]]
    num_classes: int

    def raise_problems(self) -> None:
        """Raise all problems together as one `DataError`, if there are any."""
        if self.problems:
            raise DataError(self.problems)

    def table(self) -> str:
        """Images, sizes and the share of every class, by role."""
        table = Table("", "pairs", "faulty", "smallest", "largest", "share of each class, %")
        for role, pairs in self.pairs.items():
            good = [pair for pair in pairs if not pair.fault]
            counts = sum((pair.counts for pair in good), np.zeros(256, np.int64))
            total = max(int(counts.sum()), 1)
            shares = ", ".join(f"{100 * counts[c] / total:.1f}" for c in range(self.num_classes))
            sizes = sorted({pair.size for pair in good}, key=lambda size: size[0] * size[1]) or [(0, 0)]
            small, large = (f"{w}x{h}" for h, w in (sizes[0], sizes[-1]))
            table.add_row(role, str(len(pairs)), str(len(pairs) - len(good)), small, large, shares)
        console = Console(file=io.StringIO(), width=110)
        console.print(table)
        return console.file.getvalue().rstrip()  # type: ignore[attr-defined]


def examine(datasets: Mapping[str, Dataset], *, sample: int | None = None, progress: bool = False) -> Report:
    """Read the pairs of every data set and list what is wrong.

    Args:
        datasets: Data sets by role ("train", "val", ...).
        sample: Look at that many evenly spaced pairs of each instead of all.
    """
    problems: list[Problem] = []
    notes: list[str] = []
    pairs: dict[str, list[Pair]] = {}
    for role, dataset in datasets.items():
        entries = dataset.entries
        if sample is not None and sample < len(entries):
            entries = [entries[i] for i in np.linspace(0, len(entries) - 1, sample).astype(int)]
        with ThreadPoolExecutor() as pool:
            looks = pool.map(lambda entry, dataset=dataset: _look(dataset, *entry), entries)
            pairs[role] = list(with_progress(looks, f"Reading {role}", len(entries), show=progress))
        problems += _faults(role, pairs[role], dataset)
        notes += _notes(role, pairs[role])
    problems += _shared_pictures(pairs)
    return Report(problems, notes, pairs, next(iter(datasets.values())).num_classes)


def check_sample(datasets: Mapping[str, Dataset], size: int = 64) -> None:
    """The doctor's look at a sample, at the start of every training.

    Raises:
        DataError: Faults that the whole data set very likely has more of.
    """
    report = examine(datasets, sample=size)
    for note in report.notes:
        print(f"Data: {note}")
    report.raise_problems()


def write_contact_sheet(datasets: Mapping[str, Dataset], path: Path, each: int = 24) -> Path:
    """Write a picture of evenly spaced samples of every data set, labels laid over them."""
    samples = []
    for dataset in datasets.values():
        for index in np.linspace(0, len(dataset) - 1, min(each, len(dataset))).astype(int):
            try:
                sample = dataset.read(int(index))
            except DataError:
                continue  # named among the problems
            if sample.label is not None:
                samples.append((sample.image, sample.label))
    with atomic_path(path) as temporary:
        cv2.imwrite(str(temporary), contact_sheet(samples)[..., ::-1])
    return path


def _look(dataset: Dataset, image: Path, label: Path | None) -> Pair:
    pair = Pair(image, label)
    try:
        pair.digest = hashlib.sha256(image.read_bytes()).hexdigest() if image.is_file() else ""
        pair.size = read_image(image, dataset.img_channels).shape[:2]
        if label is not None:
            values = dataset.map_label(read_label(label))
            pair.label_size = values.shape
            pair.counts = np.bincount(values.ravel(), minlength=256)
    except DataError as error:
        pair.fault = str(error.problems[0])
    return pair


def _faults(role: str, pairs: Sequence[Pair], dataset: Dataset) -> list[Problem]:
    problems = [Problem(role, pair.fault) for pair in pairs if pair.fault]
    good = [pair for pair in pairs if not pair.fault and pair.label is not None]
    problems += [
        Problem(
            f"{role}: {pair.label}",
            f"is {pair.label_size[1]}x{pair.label_size[0]}, but {pair.image} is {pair.size[1]}x{pair.size[0]}",
            "pair the right files, or save the label at the image's size",
        )
        for pair in good
        if pair.label_size is not None and pair.label_size != pair.size
    ]
    total = sum((pair.counts for pair in good), np.zeros(256, np.int64))
    if is_0_255(total, dataset.num_classes):
        what = f"labels hold 0 and 255 and no 1, so nothing is ever person: {_names(pair.label for pair in good)}"
        return [*problems, Problem(role, what, CURE_0_255)]
    strange = defaultdict(list)
    for pair in good:
        for value in strange_values(pair.counts, dataset.num_classes, dataset.ignore_index):
            strange[value].append(pair.label)
    for value, files in sorted(strange.items()):
        pixels = sum(int(pair.counts[value]) for pair in good)
        what = f"label value {value} is no class: {pixels} pixels in {len(files)} files ({_names(files)})"
        hint = f"classes are 0..{dataset.num_classes - 1}; label_map changes values on reading"
        problems.append(Problem(role, what, hint))
    if good and not total[1 : dataset.num_classes].any() and not strange:
        problems.append(Problem(role, "no label shows anything but background", "check the label files"))
    return problems


def _notes(role: str, pairs: Sequence[Pair]) -> list[str]:
    empty = [
        pair.label
        for pair in pairs
        if not pair.fault and pair.label is not None and not pair.counts[1:255].any() and pair.counts[0]
    ]
    return [f"{role}: {len(empty)} labels are all background ({_names(empty)})"] if empty else []


def _shared_pictures(pairs: Mapping[str, Sequence[Pair]]) -> list[Problem]:
    """Pictures that two roles have in common: a score on them says nothing."""
    problems = []
    roles = list(pairs)
    for place, role in enumerate(roles):
        known = {pair.digest: pair.image for pair in pairs[role] if pair.digest}
        for other in roles[place + 1 :]:
            shared = [(known[pair.digest], pair.image) for pair in pairs[other] if pair.digest in known]
            if shared:
                shown = ", ".join(f"{a.name} = {b.name}" for a, b in shared[:_SHOWN])
                what = f"{len(shared)} pictures are the same ({shown})"
                problems.append(Problem(f"{role} and {other}", what, f"take them out of the {role} list"))
    return problems


def _names(files) -> str:
    names = [Path(file).name for file in files]
    return ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")
