"""Repaired lists and labels in a folder of their own; the data set itself stays as it is."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from paddleseg.datasets.base import Dataset
from paddleseg.doctor.findings import Finding, Pair
from paddleseg.doctor.report import Report
from paddleseg.errors import OutputError
from paddleseg.files import atomic_dir
from paddleseg.images.io import read_label, write_png

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
        (temporary / "changes.txt").write_text("\n".join([*changes, ""]), encoding="utf-8")
    return changes


class _Repair:
    """The repair of one data set, written to `temporary`, which will be called `folder`."""

    def __init__(self, role: str, dataset: Dataset, found: Iterable[Finding], folder: Path, temporary: Path):
        self.role, self.dataset, self.folder, self.temporary = role, dataset, folder, temporary
        self.left_out: dict[int, str] = {}
        self.values: dict[int, dict[int, int]] = {}
        for finding in found:
            # Of two data sets' common pictures, the first of each couple belongs to this one.
            concerned = finding.pairs[::2] if finding.kind in _LEAKS else finding.pairs
            if finding.optional or finding.kind in _LEAKS:
                self.left_out |= {id(pair): finding.what for pair in concerned if id(pair) not in self.left_out}
            elif finding.kind in _MASKS:
                self.values |= {id(pair): {255: 1} for pair in concerned}
            elif finding.kind == "labels.offset":
                step = {value: value - 1 for value in range(1, dataset.num_classes + 1)}
                self.values |= {id(pair): step for pair in concerned}
        if dataset.label_map:
            self.values = {}  # reading would change the values once more

    def write(self, pairs: Iterable[Pair]) -> list[str]:
        changes = []
        lines: dict[str, None] = {}
        # The pairs were looked at once each; a list may name them again, in other words as well.
        repeated, relabelled = len(self.dataset.entries) - len(set(self.dataset.entries)), 0
        for pair in pairs:
            if id(pair) in self.left_out:
                changes.append(f"{self.role}: left out {pair.image}: {self.left_out[id(pair)]}")
                continue
            label = pair.label
            if label is not None and id(pair) in self.values:
                label = self._relabel(label, self.values[id(pair)])
                relabelled += 1
            columns = [self._written(path) for path in (pair.image, label) if path is not None]
            line = self.dataset.separator.join(columns)
            repeated += line in lines
            lines[line] = None
        if repeated:
            changes.append(f"{self.role}: took out {repeated} repeated line{'' if repeated == 1 else 's'}")
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
        name = Path("labels", *(part for part in inside.parts if part != "..")).with_suffix(".png")
        (self.temporary / name).parent.mkdir(parents=True, exist_ok=True)
        write_png(self.temporary / name, table[read_label(label)])
        return self.folder / name

    def _written(self, path: Path) -> str:
        text = Path(os.path.relpath(path, self.dataset.root)).as_posix()
        if self.dataset.separator == " " and len(text.split()) > 1:
            raise OutputError(str(self.folder), "the name holds blanks, which a list cannot", "choose another name")
        return text
