"""Faults of a data set, all of them at once, before training meets them one by one."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from paddleseg.datasets.base import Dataset, ListError
from paddleseg.datasets.checks import CURE_0_255, check_size, count_values, is_0_255, strange_values
from paddleseg.doctor.report import Report, counted, few
from paddleseg.errors import DataError, Problem
from paddleseg.geometry import Size
from paddleseg.progress import progress as with_progress
from paddleseg.transforms.image_io import read_image

_MANY = 8
"""More strange values than that are no classes of another data set, but soft edges."""


@dataclass(frozen=True)
class PairProblem(Problem):
    """A fault of some pairs, without which training could do (`on_error: skip`)."""


@dataclass
class Pair:
    """What one image and its label showed: faults, or sizes and label values."""

    image: Path
    label: Path | None
    faults: list[PairProblem] = field(default_factory=list)
    digest: str = ""
    size: Size | None = None
    counts: np.ndarray = field(default_factory=lambda: np.zeros(256, np.int64))

    @property
    def is_empty(self) -> bool:
        """Whether the label shows background and nothing else."""
        return bool(self.counts[0]) and not self.counts[1:].any()


def open_datasets(roles: Iterable[str], build: Callable[[str], Dataset]) -> tuple[dict[str, Dataset], list[Problem]]:
    """The data sets that can be opened, as far as they can, and what is wrong with their lists."""
    datasets: dict[str, Dataset] = {}
    problems: list[Problem] = []
    for role in roles:
        try:
            datasets[role] = build(role)
        except DataError as error:
            problems += [_in(role, problem) for problem in error.problems]
            if isinstance(error, ListError) and error.dataset is not None:
                datasets[role] = error.dataset
    return datasets, problems


def examine(datasets: Mapping[str, Dataset], *, sample: int | None = None, progress: bool = False) -> Report:
    """Read the pairs of every data set and list what is wrong.

    Args:
        datasets: Data sets by role ("train", "val", ...).
        sample: Look at that many evenly spaced pairs of each instead of all.
    """
    report = Report()
    pairs: dict[str, list[Pair]] = {}
    for role, dataset in datasets.items():
        entries = list(dict.fromkeys(dataset.entries))  # training may repeat them
        if sample is not None and sample < len(entries):
            entries = [entries[i] for i in np.linspace(0, len(entries) - 1, sample).astype(int)]
        with ThreadPoolExecutor() as pool:
            looks = pool.map(lambda entry, dataset=dataset: _look(dataset, *entry), entries)
            pairs[role] = list(with_progress(looks, f"Reading {role}", len(entries), show=progress))
        found, remarks = _findings(pairs[role], dataset)
        report.problems += [_in(role, problem) for problem in found]
        report.notes += [f"{role}: {remark}" for remark in remarks]
        report.add(role, [pair.size for pair in pairs[role]], _total(pairs[role]), dataset.num_classes)
    report.problems += _shared_pictures(pairs)
    return report


def check_sample(datasets: Mapping[str, Dataset], size: int = 64, skipping: Collection[str] = ()) -> None:
    """The doctor's look at a sample, at the start of every training.

    Args:
        skipping: Roles of which pairs that cannot be used are left out in training, and no reason not to start.

    Raises:
        DataError: Faults that the whole data set very likely has more of.
    """
    report = examine(datasets, sample=size)
    for note in report.notes:
        print(f"Data: {note}")
    skipped = tuple(f"{role}: " for role in skipping)
    report.problems = [
        problem
        for problem in report.problems
        if not (isinstance(problem, PairProblem) and problem.where.startswith(skipped))
    ]
    report.raise_problems()


def _look(dataset: Dataset, image: Path, label: Path | None) -> Pair:
    pair = Pair(image, label)
    try:
        pair.size = read_image(image, dataset.img_channels).shape[:2]
        pair.digest = hashlib.sha256(image.read_bytes()).hexdigest()
    except DataError as error:
        pair.faults += _of_pairs(error.problems)
    if label is None:
        return pair
    try:
        # Without its image, a label is still read, so that its own faults are named in the same run.
        values = dataset.read_label(label, pair.size)
        if pair.size:
            check_size(values.shape[:2], pair.size, image, label)
        pair.counts = count_values(values)
    except DataError as error:
        pair.faults += _of_pairs(error.problems)
    return pair


def _findings(pairs: Sequence[Pair], dataset: Dataset) -> tuple[list[Problem], list[str]]:
    """Problems and remarks of one role."""
    problems: list[Problem] = [fault for pair in pairs for fault in pair.faults]
    remarks = []
    total, classes = _total(pairs), dataset.num_classes
    masks = [pair for pair in pairs if is_0_255(pair.counts, classes)]
    if len(masks) > sum(bool(pair.counts[1]) for pair in pairs):
        what = f"0 and 255 but no 1, so nobody, in {counted(masks, 'label')} ({few(_labels(masks))})"
        problems.append(Problem("labels", what, CURE_0_255))
    else:
        if masks:
            remarks.append(
                f"255 but no 1 in {counted(masks, 'label')} ({few(_labels(masks))}): fine where 255 is meant to be "
                "ignored; masks of 0 and 255 have to be changed to 0 and 1"
            )
        problems += _strange(pairs, dataset)
        if total[0] and not total[1:].any():
            problems.append(Problem("labels", "all are background from border to border", "check the label files"))
    empty = [pair for pair in pairs if pair.is_empty]
    if empty:
        share = f"{100 * len(empty) / len(pairs):.0f} %"
        remarks.append(f"nothing but background in {counted(empty, 'label')}, {share} ({few(_labels(empty))})")
    absent = [str(number) for number in range(1, classes) if not total[number]]
    if absent and len(absent) < classes - 1:
        remarks.append(f"no label shows class {', '.join(absent)}")
    return problems, remarks


def _strange(pairs: Sequence[Pair], dataset: Dataset) -> list[PairProblem]:
    """Label values that are no class, with the files that hold them."""
    hint = f"classes are 0..{dataset.num_classes - 1}, and {dataset.ignore_index} is ignored; "
    values = strange_values(_total(pairs), dataset.num_classes, dataset.ignore_index)
    if len(values) > _MANY:
        holders = [pair for pair in pairs if strange_values(pair.counts, dataset.num_classes, dataset.ignore_index)]
        what = f"{len(values)} values between {values[0]} and {values[-1]} are no class: {counted(holders, 'label')}"
        hint += "soft edges and JPEG spoil masks: save them hard, as PNG"
        return [PairProblem("labels", f"{what} ({few(_labels(holders))})", hint)]
    problems = []
    for value in values:
        holders = [pair for pair in pairs if pair.counts[value]]
        pixels = sum(int(pair.counts[value]) for pair in holders)
        what = f"value {value} is no class: {pixels} pixels in {counted(holders, 'label')} ({few(_labels(holders))})"
        problems.append(PairProblem("labels", what, hint + "`label_map` changes values on reading"))
    return problems


def _shared_pictures(pairs: Mapping[str, Sequence[Pair]]) -> list[Problem]:
    """Pictures that two roles have in common: a score on them says nothing."""
    problems = []
    roles = list(pairs)
    for place, role in enumerate(roles):
        known = {pair.digest: pair.image for pair in pairs[role] if pair.digest}
        for other in roles[place + 1 :]:
            shared = [(known[pair.digest], pair.image) for pair in pairs[other] if pair.digest in known]
            if shared:
                shown = few([a.name if a.name == b.name else f"{a.name} = {b.name}" for a, b in shared])
                what = f"have {counted(shared, 'picture')} in common ({shown})"
                problems.append(Problem(f"{role} and {other}", what, f"take them out of the {role} list"))
    return problems


def _total(pairs: Sequence[Pair]) -> np.ndarray:
    return sum((pair.counts for pair in pairs), np.zeros(256, np.int64))


def _labels(pairs: Sequence[Pair]) -> list[str]:
    return [pair.label.name for pair in pairs if pair.label is not None]


def _in(role: str, problem: Problem) -> Problem:
    return replace(problem, where=f"{role}: {problem.where}")


def _of_pairs(problems: Sequence[Problem]) -> list[PairProblem]:
    return [PairProblem(problem.where, problem.what, problem.hint) for problem in problems]
