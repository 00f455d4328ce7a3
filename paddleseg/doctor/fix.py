"""Repaired lists and labels in a folder of their own; the data set itself stays as it is."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from paddleseg.datasets.base import Dataset
from paddleseg.datasets.prepare import list_line
from paddleseg.doctor.findings import Finding, Pair
from paddleseg.doctor.lists import entry_of, line_numbers
from paddleseg.doctor.report import Report
from paddleseg.errors import OutputError, printable
from paddleseg.files import atomic_dir
from paddleseg.images.io import read_label, read_lines, write_png

_LEAKS = {"splits.duplicate", "splits.similar"}
_MASKS = {"labels.0-255", "labels.mixed"}


def refuse_used_folder(folder: Path) -> None:
    """Raise `OutputError` where there is something in the folder already."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise OutputError(str(folder), "exists and is not empty", "name a new folder for the repaired lists")


def repair(report: Report, datasets: Mapping[str, Dataset], folder: Path) -> list[str]:
    """Write lists without what cannot be used, and labels of 0 and 1 for those of 0 and 255 or of 1 and 2.

    Left out: pairs that cannot be read or do not fit each other (nothing is resized), repeated lines, and training
    pictures that another data set holds as well. Paths become relative to `dataset_root`, in their shortest form.

    Returns:
        What was changed, line by line; the same lines stand in `changes.txt` in the folder.

    Raises:
        OutputError: The folder is in use, or cannot be written.
    """
    refuse_used_folder(folder)
    changes: list[str] = []
    with atomic_dir(folder) as temporary:
        for role, dataset in datasets.items():
            found = [finding for finding in report.problems if finding.role == role]
            changes += _Repair(role, dataset, found, folder, temporary).write(report.pairs[role])
        closed = [finding for finding in report.problems if finding.role not in datasets and not finding.pairs]
        changes += [f"{f.role}: no list was written: {f.where}: {f.what}" for f in closed if f.role]
        (temporary / "changes.txt").write_text(printable("\n".join([*changes, ""])), encoding="utf-8")
    return changes


class _Repair:
    """The repair of one data set, written to `temporary`, which will be called `folder`."""

    def __init__(self, role: str, dataset: Dataset, found: Iterable[Finding], folder: Path, temporary: Path):
        self.role, self.dataset, self.folder, self.temporary = role, dataset, folder, temporary
        self.left_out: dict[int, str] = {}
        self.values: dict[int, dict[int, int]] = {}
        self.written: dict[str, Path] = {}
        for finding in found:
            # Of two data sets' common pictures, the first of each couple belongs to this one.
            concerned = finding.pairs[::2] if finding.kind in _LEAKS else finding.pairs
            if finding.optional or finding.kind in _LEAKS:
                for pair in concerned:
                    self.left_out.setdefault(id(pair), _reason(pair, finding))
            elif finding.kind in _MASKS:
                self.values |= {id(pair): {255: 1} for pair in concerned}
            elif finding.kind == "labels.offset":
                step = {value: value - 1 for value in range(1, dataset.num_classes + 1)}
                self.values |= {id(pair): step for pair in concerned}
        if dataset.label_map:
            self.values = {}  # reading would change the values once more

    def write(self, pairs: Iterable[Pair]) -> list[str]:
        changes = self._lines_that_are_no_pairs()
        lines: dict[str, None] = {}
        # The pairs were looked at once each; a list may name them again, in other words as well.
        listed = Counter(self.dataset.entries)
        repeated = [image for (image, _), count in listed.items() for _ in range(count - 1)]
        relabelled = 0
        for pair in pairs:
            if id(pair) in self.left_out:
                named = " ".join(str(path) for path in (pair.image, pair.label) if path is not None)
                changes.append(f"{self.role}: left out {named}: {self.left_out[id(pair)]}")
                continue
            label = pair.label
            if label is not None and id(pair) in self.values:
                label = self._relabel(label, self.values[id(pair)])
                relabelled += 1
            names = self._names(path for path in (pair.image, label) if path is not None)
            line = list_line(names, self.dataset.separator)
            if line is None:
                what = "cannot stand in a list: it holds quotation marks, line breaks, or blanks at an end"
                changes.append(f"{self.role}: left out {' '.join(names)}: {what}")
                continue
            if line in lines:
                repeated.append(pair.image)
            lines[line] = None
        if repeated:
            many = f"{len(repeated)} repeated line{'' if len(repeated) == 1 else 's'}"
            changes.append(f"{self.role}: took out {many}: {', '.join(map(str, repeated))}")
        if relabelled:
            changes.append(f"{self.role}: wrote {relabelled} labels anew, with values from 0")
        list_file = f"{self.role}.txt"
        (self.temporary / list_file).write_text("\n".join([*lines, ""]), encoding="utf-8")
        use = f"`{self.role}_path: {self.folder / list_file}`"
        if self.dataset.list_file is None:
            use = f"`type: Dataset`, `num_classes: {self.dataset.num_classes}` and {use}"
        changes.append(f"{self.role}: {len(lines)} pairs; use {use}")
        return changes

    def _relabel(self, label: Path, values: Mapping[int, int]) -> Path:
        """Write the label with other values; where it will lie."""
        table = np.arange(256, dtype=np.uint8)
        table[list(values)] = list(values.values())
        inside = label.relative_to(self.dataset.root) if label.is_relative_to(self.dataset.root) else Path(label.name)
        plain = Path("labels", self.role, *(part for part in inside.parts if part != "..")).with_suffix(".png")
        name, number = plain, 1
        while self.written.setdefault(str(name).casefold(), label) != label:  # m.png and m.tif, or a.png of two folders
            number += 1
            name = plain.with_stem(f"{plain.stem}_{number}")
        (self.temporary / name).parent.mkdir(parents=True, exist_ok=True)
        write_png(self.temporary / name, table[read_label(label)])
        return self.folder / name

    def _names(self, paths: Iterable[Path]) -> list[str]:
        return [Path(os.path.relpath(path, self.dataset.root)).as_posix() for path in paths]

    def _lines_that_are_no_pairs(self) -> list[str]:
        """What is said of the lines of a list that reading could not use."""
        file = self.dataset.list_file
        if file is None:
            return []
        used = set(line_numbers(self.dataset).keys()) & set(self.dataset.entries)
        said = []
        for number, line in enumerate(read_lines(file), 1):
            if line.strip() and entry_of(line, self.dataset) not in used:
                said.append(f"{self.role}: left out line {number} of {file}, which is no pair: {line.strip()}")
        return said


def _reason(pair: Pair, finding: Finding) -> str:
    """Why a pair is left out: its own fault where it has one, since a finding may speak of many pairs."""
    own = [f"{fault.where}: {fault.what}" for fault in pair.faults]
    if own:
        return "; ".join(own)
    if finding.kind in _LEAKS:
        place = next(place for place, other in enumerate(finding.pairs) if other is pair)
        return f"{finding.where}: the other has it as {finding.pairs[place + 1].image}"
    return f"{finding.where}: {finding.what}"
