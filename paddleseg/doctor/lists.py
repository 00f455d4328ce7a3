"""The list files themselves: what an editor, another system or a script made of them."""

from __future__ import annotations

import errno
import os
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path

from paddleseg.datasets.base import Dataset, Entry, split_line
from paddleseg.doctor.findings import Finding, Pair, as_finding, counted
from paddleseg.errors import Problem, few
from paddleseg.images.io import IMAGE_EXTENSIONS, read_lines

_SEPARATORS = {",": "a comma", ";": "a semicolon", "|": "a bar", "\t": "a tab"}
_LEFTOVERS = {"thumbs.db", ".ds_store", "desktop.ini"}
_FILE = rf"\S.*?(?:{'|'.join(map(re.escape, IMAGE_EXTENSIONS))})"
_TWO_FILES = re.compile(rf"({_FILE})\s+({_FILE})", re.IGNORECASE)
_MANY = 10


def line_numbers(dataset: Dataset) -> dict[Entry, int]:
    """The line that names each pair first; empty for data sets without list files."""
    if dataset.list_file is None:
        return {}
    numbers: dict[Entry, int] = {}
    for number, line in enumerate(read_lines(dataset.list_file), 1):
        if line.strip():
            numbers.setdefault(entry_of(line, dataset), number)
    return numbers


def entry_of(line: str, dataset: Dataset) -> Entry:
    """The pair that a line begins with."""
    columns = [dataset.root / column for column in split_line(line, dataset.separator)]
    return columns[0], columns[1] if len(columns) > 1 else None


def wrong_lines(problems: Sequence[Problem]) -> list[Finding]:
    """What the reading of a list complained about, with its cause where all lines share one."""
    by_file: dict[str, list[Problem]] = defaultdict(list)
    for problem in problems:
        by_file[problem.where.rpartition(":")[0] or problem.where].append(problem)
    found: list[Finding] = []
    for file, wrong in by_file.items():
        lines = [line for line in read_lines(file) if line.strip()] if len(wrong) > 1 and Path(file).is_file() else []
        separator = next((mark for mark in _SEPARATORS if lines and all(line.count(mark) == 1 for line in lines)), None)
        if separator is not None:
            what = f"{_SEPARATORS[separator]} stands between the paths of all {len(lines)} lines"
            hint = f"add `separator: {separator!r}` to the data set".replace("'", '"')
            found.append(Finding(file, what, hint, kind="list.separator"))
            continue
        found += [as_finding(_blanks(problem), "list.line") for problem in wrong[:_MANY]]
        if len(wrong) > _MANY:
            found.append(Finding(file, f"{len(wrong) - _MANY} more lines like these", wrong[0].hint, kind="list.line"))
    return found


def _blanks(problem: Problem) -> Problem:
    """With a better hint for names that hold blanks."""
    line = problem.what.partition(": ")[2].strip("'\"")
    if not _TWO_FILES.fullmatch(line):
        return problem
    hint = 'names hold blanks: put a comma between image and label, and add `separator: ","` to the data set'
    return Problem(problem.where, problem.what, hint)


def list_findings(pairs: Sequence[Pair], dataset: Dataset) -> tuple[list[Finding], list[Finding]]:
    """Problems and notes on the list of one data set."""
    file = dataset.list_file
    if file is None:
        return [], []
    content = file.read_bytes()
    notes = []
    if content.startswith(b"\xef\xbb\xbf"):
        what = "begins with a byte order mark"
        notes.append(Finding(str(file), what, "other tools take it for part of the first name", kind="list.bom"))
    if b"\r\n" in content:
        notes.append(Finding(str(file), "has line ends of Windows", "other tools may trip over them", kind="list.crlf"))
    lines = [split_line(line, dataset.separator) for line in read_lines(file) if line.strip()]
    absolute = [columns[0] for columns in lines if Path(columns[0]).is_absolute()]
    if absolute:
        what = f"names {counted(absolute, 'pair')} by absolute paths ({few(absolute)})"
        hint = "they hold on this machine only: write them relative to dataset_root"
        notes.append(Finding(str(file), what, hint, kind="list.absolute"))
    notes += _case_clashes(file, dataset.entries)
    problems = list(_odd_pairs(pairs, dataset))
    (problems if dataset.mode != "train" else notes).extend(_repeats(dataset))
    return problems, notes


def _case_clashes(file: Path, entries: Sequence[Entry]) -> Iterator[Finding]:
    spellings: dict[str, set[str]] = defaultdict(set)
    for image, _ in entries:
        spellings[str(image).casefold()].add(image.name)
    clashes = [" / ".join(sorted(names)) for names in spellings.values() if len(names) > 1]
    if clashes:
        what = f"names differ in upper and lower case only: {few(clashes)}"
        yield Finding(str(file), what, "on Windows and macOS they are one file: rename them", kind="list.case")


def _odd_pairs(pairs: Sequence[Pair], dataset: Dataset) -> Iterator[Finding]:
    labels: dict[Path, list[Pair]] = defaultdict(list)
    for pair in pairs:
        labels[pair.image].append(pair)
        if pair.image.name.lower() in _LEFTOVERS or pair.image.name.startswith("._"):
            what = f"{pair.image.name} is no photo, but a leftover of Windows or macOS"
            hint = "take the line out, and leave such files out when a list is made"
            yield Finding(pair.place(dataset), what, hint, kind="list.leftover", pairs=(pair,), optional=True)
        elif pair.image == pair.label:
            what = f"{pair.image.name} is named as image and as label"
            hint = "write the label's path in the second column"
            yield Finding(pair.place(dataset), what, hint, kind="list.same", pairs=(pair,), optional=True)
    for image, group in labels.items():
        if len(group) > 1:
            what = (
                f"{image.name} has {len(group)} labels: {few([str(pair.label and pair.label.name) for pair in group])}"
            )
            hint = "keep the line with the right one"
            where = group[1].place(dataset)
            yield Finding(where, what, hint, kind="list.labels", pairs=tuple(group), optional=True)


def _repeats(dataset: Dataset) -> Iterator[Finding]:
    assert dataset.list_file is not None
    numbers: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for number, line in enumerate(read_lines(dataset.list_file), 1):
        if line.strip():
            columns = split_line(line, dataset.separator)
            numbers[tuple(os.path.normpath(column) for column in columns)].append(number)
    repeated = [(columns[0], found) for columns, found in numbers.items() if len(found) > 1]
    if repeated:
        named = few([f"{name} in lines {', '.join(map(str, found[:4]))}" for name, found in repeated])
        hint = "each counts again: fine for training where meant as a weight; take the others out"
        where = f"{dataset.list_file}:{repeated[0][1][1]}"
        yield Finding(where, f"{counted(repeated, 'pair')} listed more than once ({named})", hint, kind="list.repeat")


def cure_for(path: Path, root: Path, error: OSError) -> str:
    """One thing to do about a file that cannot be opened."""
    if error.errno == errno.ELOOP:
        return "the link leads back to itself: make it anew"
    if path.is_symlink():
        return f"it is a link to {path.readlink()}, which is not there"
    if isinstance(error, PermissionError):
        return "you may not read it: `chmod a+r` helps its owner"
    if path.is_dir():
        return "it is a folder: name a file in it"
    name = str(path.relative_to(root)) if path.is_relative_to(root) else str(path)
    if name.strip("\"'") != name:
        return "leave the quotation marks out of the list"
    if "\\" in name:
        return "write / instead of \\ in the list"
    if re.match(r"https?:/", name):
        return "lists name files: download it first"
    inside = root.parent / name
    if inside.exists() or (not Path(name).is_absolute() and Path(name).exists()):
        return f"paths are relative to dataset_root: leave {Path(name).parts[0]}/ out of the lines"
    if not path.is_relative_to(root):
        return "an absolute path holds on one machine only: write it relative to dataset_root"
    other = _other_spelling(path, root)
    return f"there is {other}: write it as it is spelled" if other else "correct the list, or dataset_root"


def _other_spelling(path: Path, root: Path) -> Path | None:
    """The file below root with other upper and lower case, or with another suffix."""
    here = root
    for part in path.relative_to(root).parts:
        spellings = _folder(here, here.stat().st_mtime_ns) if here.is_dir() else {}
        found = part if (here / part).exists() else spellings.get(part.casefold()) or spellings.get(Path(part).stem)
        if found is None:
            return None
        here /= found
    return here.relative_to(root)


@lru_cache(maxsize=64)
def _folder(folder: Path, changed: int) -> dict[str, str]:
    """Names in a folder by their lower-case form and by their stem."""
    names = [path.name for path in folder.iterdir()]
    return {Path(name).stem: name for name in names} | {name.casefold(): name for name in names}
