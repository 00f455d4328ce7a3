"""Faults of a data set, all of them at once, before training meets them one by one."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

import numpy as np

from paddleseg.datasets.base import Dataset, ListError
from paddleseg.doctor.alphas import alpha_findings
from paddleseg.doctor.duplicates import repeated_files, shared_pictures
from paddleseg.doctor.edges import edge_findings
from paddleseg.doctor.files import file_findings
from paddleseg.doctor.findings import Finding, Pair, names
from paddleseg.doctor.labels import content_findings, total, value_findings
from paddleseg.doctor.lists import line_numbers, list_findings, wrong_lines
from paddleseg.doctor.pairs import look
from paddleseg.doctor.report import Report, Role
from paddleseg.errors import DataError
from paddleseg.progress import progress as with_progress

_ALIKE, _OF_A_KIND = 3, 20
"""More faults of the same words become one; of more faults of a kind, only the first are told one by one."""
_SHAPES = {"9:16": 9 / 16, "2:3": 2 / 3, "3:4": 3 / 4, "1:1": 1.0, "4:3": 4 / 3, "3:2": 3 / 2, "16:9": 16 / 9}


def open_datasets(roles: Iterable[str], build: Callable[[str], Dataset]) -> tuple[dict[str, Dataset], list[Finding]]:
    """The data sets that can be opened, as far as they can, and what is wrong with their lists."""
    datasets: dict[str, Dataset] = {}
    problems: list[Finding] = []
    for role in roles:
        try:
            datasets[role] = build(role)
        except DataError as error:
            problems += [finding.of(role) for finding in wrong_lines(error.problems)]
            if isinstance(error, ListError) and error.dataset is not None:
                datasets[role] = error.dataset
    return datasets, problems


def examine(
    datasets: Mapping[str, Dataset], *, sample: int | None = None, thorough: bool = True, progress: bool = False
) -> Report:
    """Read the pairs of every data set and list what is wrong.

    Args:
        datasets: Data sets by role ("train", "val", ...).
        sample: Look at that many evenly spaced pairs of each instead of all.
        thorough: Look at lists and pixels as well; without, only at what ends a training.
    """
    report = Report()
    pairs = report.pairs
    for role, dataset in datasets.items():
        entries = list(dict.fromkeys(dataset.entries))  # training may repeat them
        if sample is not None and sample < len(entries):
            entries = [entries[i] for i in np.linspace(0, len(entries) - 1, sample).astype(int)]
        numbers = line_numbers(dataset)
        look_at = partial(look, dataset, thorough=thorough)
        with ThreadPoolExecutor() as pool:
            looks = pool.map(look_at, entries, [numbers.get(entry, 0) for entry in entries])
            pairs[role] = list(with_progress(looks, f"Reading {role}", len(entries), show=progress))
        report.add(role, _merged([fault for pair in pairs[role] for fault in pair.faults]), [])
        alphas = dataset.target == "alpha"
        report.add(role, *(alpha_findings(pairs[role]) if alphas else value_findings(pairs[role], dataset)))
        if thorough:
            report.add(role, *list_findings(pairs[role], dataset))
            report.add(role, *file_findings(pairs[role], dataset))
            if not alphas:
                report.add(role, *content_findings(pairs[role], dataset))
                report.add(role, *edge_findings(pairs[role], dataset))
            report.add(role, *repeated_files(pairs[role]))
        report.roles[role] = _figures(pairs[role], dataset.num_classes)
    report.problems += shared_pictures(pairs)
    return report


def check_sample(datasets: Mapping[str, Dataset], size: int = 64, skipping: Collection[str] = ()) -> None:
    """The doctor's look at a sample, at the start of every training.

    Args:
        skipping: Roles of which pairs that cannot be used are left out in training, and no reason not to start.

    Raises:
        DataError: Faults that the whole data set very likely has more of.
    """
    report = examine(datasets, sample=size, thorough=False)
    for note in report.notes:
        print(f"Data: {note}")
    report.problems = [fault for fault in report.problems if not (fault.optional and fault.role in skipping)]
    report.raise_problems()


def _merged(faults: Sequence[Finding]) -> list[Finding]:
    """Faults of many files with one cause as one finding."""
    alike: dict[tuple[str, str], list[Finding]] = defaultdict(list)
    for fault in faults:
        alike[fault.kind, fault.what].append(fault)
    kinds: dict[str, list[Finding]] = defaultdict(list)
    for (kind, _), group in alike.items():
        kinds[kind] += [_one(group, "and so for")] if len(group) > _ALIKE else group
    for kind, group in kinds.items():
        if len(group) > _OF_A_KIND:
            kinds[kind] = [*group[: _OF_A_KIND - 1], _one(group[_OF_A_KIND - 1 :], "and the like for")]
    return [fault for group in kinds.values() for fault in group]


def _one(group: Sequence[Finding], link: str) -> Finding:
    pairs = tuple(pair for fault in group for pair in fault.pairs)
    what = f"{group[0].what}; {link} {len(pairs) - 1} more ({names(pairs[1:])})"
    return replace(group[0], what=what, pairs=pairs)


def _figures(pairs: Sequence[Pair], num_classes: int) -> Role:
    sizes = sorted({pair.size for pair in pairs if pair.size}, key=lambda size: size[0] * size[1]) or [(0, 0)]
    counts = total(pairs)[:num_classes]
    rough = [pair.roughness for pair in pairs if pair.fit and np.isfinite(pair.roughness)]
    shapes = Counter(_shape(pair.size[1] / pair.size[0]) for pair in pairs if pair.size)
    return Role(
        pairs=len(pairs),
        unreadable=sum(pair.size is None for pair in pairs),
        smallest=[*sizes[0][::-1]],
        largest=[*sizes[-1][::-1]],
        class_shares=(counts / max(counts.sum(), 1)).tolist(),
        class_images=[sum(bool(pair.counts[number]) for pair in pairs) for number in range(num_classes)],
        shapes={shape: shapes[shape] for shape in ("narrower", *_SHAPES, "wider") if shapes[shape]},
        roughness=np.percentile(rough, [5, 25, 50, 75, 95]).round(2).tolist() if rough else [],
    )


def _shape(ratio: float) -> str:
    """The nearest of the usual aspect ratios (width to height)."""
    if not 0.5 <= ratio <= 2:
        return "narrower" if ratio < 1 else "wider"
    return min(_SHAPES, key=lambda shape: abs(np.log(_SHAPES[shape] / ratio)))
