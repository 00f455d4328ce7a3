"""`paddleseg data prepare`: is a published data set complete, and which images are for what?"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from paddleseg.datasets.base import Dataset, Entry, split_line
from paddleseg.datasets.layout import Pattern
from paddleseg.datasets.published import PREPARED, Published, find_split, missing_files, no_folder
from paddleseg.errors import DataError, OutputError, Problem, few
from paddleseg.files import atomic_write_text
from paddleseg.images.io import read_lines

_LOOKS = 5


@dataclass
class Prepared:
    """What `prepare` found and wrote."""

    counts: dict[str, int]
    files: list[Path] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def prepare(dataset: type[Published], root: Path, save_dir: Path | None = None, seed: int = 0) -> Prepared:
    """Check the layout, write `train.txt`, `val.txt`, ... and compare the counts with the published ones.

    Files that are there already stay as they are. Lists are written only where nothing is missing.

    Args:
        root: The unpacked folder.
        save_dir: Where to write the lists; `root` by default.
        seed: Of the division, for data without an official one.

    Raises:
        DataError: Images or labels are missing, or some that were looked at do not fit; all such faults are named.
        OutputError: A list of another content is there already.
    """
    if not root.is_dir():
        raise no_folder(dataset, root)
    made = _listed(root) if dataset.SPLITS is PREPARED and (save_dir or root) == root else {}
    kept = "the lists are there already: checked, and kept as they are"
    parts, notes = (made, [kept]) if made else _parts(dataset, root, seed)
    problems = [problem for entries in parts.values() for problem in missing_files(entries, root, dataset.SOURCE)]
    if problems:
        raise DataError(problems)
    prepared = Prepared({mode: len(entries) for mode, entries in parts.items()}, notes=notes)
    for mode, entries in parts.items():
        _write(prepared, (save_dir or root) / f"{mode}.txt", entries, root)
    if (save_dir or root) == root or dataset.SPLITS is not PREPARED:
        _look(dataset, root, parts)
    prepared.notes += dataset.remarks(root, parts)
    sources = {*(source for each in dataset.SPLITS.values() for source in each), dataset.WHOLE}
    leftovers = sum(source.leftovers(root) for source in sources if isinstance(source, Pattern))
    if leftovers:
        prepared.notes.append(f"passed over {leftovers} files of macOS (._*)")
    prepared.notes.append(compare_counts(prepared.counts, dataset.COUNTS))
    return prepared


def _listed(root: Path) -> dict[str, list[Entry]]:
    """The pairs of lists that came with the data, or were made before."""
    found = {}
    for mode, (source,) in PREPARED.items():
        if source.exists(root):
            found[mode], problems = source.find(root)
            if problems:
                raise DataError(problems)
    return found


def _parts(dataset: type[Published], root: Path, seed: int) -> tuple[dict[str, list[Entry]], list[str]]:
    divided = dataset.divide(root, seed)
    if divided:
        return divided, []
    parts: dict[str, list[Entry]] = {}
    absent: list[Problem] = []
    problems: list[Problem] = []
    for mode, sources in dataset.SPLITS.items():
        if not any(source.exists(root) for source in sources):
            absent.append(Problem(str(root), f"{mode}: holds no {' and no '.join(map(str, sources))}", dataset.SOURCE))
            continue
        parts[mode], found = find_split(dataset, root, mode)
        problems += found
    if problems or not parts:
        raise DataError(problems or absent)
    return parts, [problem.what for problem in absent]


def _write(prepared: Prepared, path: Path, entries: Sequence[Entry], root: Path) -> None:
    text = list_text(entries, root)
    if path.is_file():
        if [line.split() for line in read_lines(path) if line.strip()] == [line.split() for line in text.splitlines()]:
            return
        prepared.notes.append(f"{path} is there already, with other lines: left as it is (--save_dir writes elsewhere)")
        return
    atomic_write_text(path, text)
    prepared.files.append(path)


def list_line(names: Sequence[str], separator: str) -> str | None:
    """A line of a list, with names that hold the separator in quotation marks; None where reading gives other names."""
    if not all(name.isprintable() for name in names):  # not UTF-8, or with line breaks
        return None
    line = separator.join(name if split_line(name, separator) == [name] else f'"{name}"' for name in names)
    return line if split_line(line, separator) == [*names] else None


def list_text(entries: Sequence[Entry], root: Path, separator: str = " ") -> str:
    """The lines of a list file, with paths relative to `root`; names that hold the separator in quotation marks.

    Raises:
        OutputError: Names cannot stand in a list: reading would make other ones of them. All are counted.
    """
    lines, wrong = [], []
    for entry in entries:
        names = [Path(os.path.relpath(path, root)).as_posix() for path in entry if path is not None]
        line = list_line(names, separator)
        if line is None:
            wrong.append(separator.join(names))
        else:
            lines.append(line)
    if wrong:
        more = f"; and so for {len(wrong) - 1} more: {few(wrong[1:])}" if len(wrong) > 1 else ""
        what = f"cannot be written as a line of a list with {separator!r} between its columns{more}"
        raise OutputError(wrong[0], what, "rename the file: no quotation marks, no line breaks, no blanks at the ends")
    return "".join(f"{line}\n" for line in lines)


def _look(dataset: type[Dataset], root: Path, parts: Mapping[str, Sequence[Entry]]) -> None:
    """Read a few pairs of every mode, which shows labels of another kind than expected."""
    problems: list[Problem] = []
    for mode, entries in parts.items():
        opened = dataset(dataset_root=root, mode=mode)
        for index in sorted(set(np.linspace(0, len(entries) - 1, _LOOKS).astype(int).tolist())):
            try:
                opened.read(index)
            except DataError as error:
                problems += error.problems
    if problems:
        raise DataError(problems)


def compare_counts(counts: Mapping[str, int], published: Mapping[str, Mapping[str, int]]) -> str:
    """One line on how many images there are and how many there should be."""
    if not published:
        return "how many there should be is not published"
    differences = []
    for version, expected in published.items():
        ours = {**counts, "all": sum(counts.values())}
        wrong = [
            f"{mode} {ours[mode]:,} of {number:,}"
            for mode, number in expected.items()
            if ours.get(mode, number) != number  # a part that is not there has been named before
        ]
        if not wrong:
            return f"as many as {version}"
        differences.append(f"{version}: {', '.join(wrong)}")
    return "not as many as published (" + "; ".join(differences) + ")"
