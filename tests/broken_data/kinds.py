"""A small data set to break, and the list of the ways to break it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import yaml
from PIL import Image

from paddleseg.images.io import read_label

TRAIN, VAL = 8, 2


class DataSet:
    """A small data set in `root`, and its configuration beside it."""

    def __init__(self, root: Path):
        self.root = root
        self.train, self.val = root / "train.txt", root / "val.txt"
        self.arguments: dict = {"type": "Dataset", "dataset_root": str(root), "num_classes": 2}

    def image(self, index: int, name: str = "train") -> Path:
        return self.root / self.lines(name)[index].split()[0]

    def label(self, index: int, name: str = "train") -> Path:
        return self.root / self.lines(name)[index].split()[1]

    def lines(self, name: str = "train") -> list[str]:
        return (self.root / f"{name}.txt").read_text().splitlines()

    def write(self, lines: list[str], name: str = "train") -> None:
        (self.root / f"{name}.txt").write_text("\n".join(lines) + "\n")

    def change(self, index: int, change: Callable[[str], str], name: str = "train") -> None:
        lines = self.lines(name)
        lines[index] = change(lines[index])
        self.write(lines, name)

    def relabel(self, change: Callable[[np.ndarray], np.ndarray], *indices: int) -> None:
        for index in indices or range(TRAIN):
            Image.fromarray(change(read_label(self.label(index))).astype(np.uint8)).save(self.label(index))

    def config(self) -> Path:
        sets = {
            f"{role}_dataset": {**self.arguments, f"{role}_path": str(self.root / f"{role}.txt")}
            for role in ("train", "val")
        }
        path = self.root.parent / f"{self.root.name}.yml"
        path.write_text(yaml.safe_dump(sets))
        return path


Fault = Callable[[DataSet], tuple[str, str, str]]
FAULTS: dict[str, Fault] = {}
NOTES: dict[str, Fault] = {}


def fault(function: Fault) -> Fault:
    """Breaks a data set; returns parts of the place, of what is said, and of the hint."""
    FAULTS[function.__name__] = function
    return function


def note(function: Fault) -> Fault:
    """As `fault`, for what may be meant so: it is mentioned, and the exit code is 0."""
    NOTES[function.__name__] = function
    return function
