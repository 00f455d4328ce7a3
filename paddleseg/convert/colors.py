"""Coloured and black-and-white masks as classes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from paddleseg.convert.masks import images_below, plan_masks, with_the_others
from paddleseg.errors import ConfigError, DataError, Problem, few
from paddleseg.images.io import read_image, write_png
from paddleseg.images.mattes import read_matte
from paddleseg.images.paint import palette
from paddleseg.progress import progress

Color = tuple[int, int, int]
_AT_ONCE = 1 << 14


def voc_colors(num_classes: int = 21) -> dict[Color, int]:
    """The colours of PASCAL VOC's masks and their classes; the pale border between objects is ignored."""
    table = palette()
    return {_triple(table[number]): number for number in [*range(num_classes), 255]}


def parse_colors(pairs: Sequence[str]) -> dict[Color, int]:
    """`R,G,B=CLASS` pairs from a command line.

    Raises:
        ConfigError: One of them is no such pair.
    """
    colors: dict[Color, int] = {}
    for pair in pairs:
        match = re.fullmatch(r"(\d+),(\d+),(\d+)=(\d+)", pair)
        if match is None or max(map(int, match.groups())) > 255:
            raise ConfigError("--color", f"{pair!r} is not R,G,B=CLASS", "for instance 255,255,255=1")
        red, green, blue, number = map(int, match.groups())
        if colors.setdefault((red, green, blue), number) != number:
            raise ConfigError("--color", f"{red},{green},{blue} is given two classes", "name each colour once")
    return colors


def classes_of(
    picture: np.ndarray, colors: Mapping[Color, int], nearest: bool = False
) -> tuple[np.ndarray, list[Color]]:
    """The classes (H, W) of a coloured mask, and the colours in it that stand for none, which become 255.

    Args:
        picture: RGB (H, W, 3).
        nearest: Let other colours stand for the class of the nearest one, which undoes JPEG and soft edges.
    """
    known = np.array(list(colors), np.int64)
    numbers = np.array(list(colors.values()), np.uint8)
    # Few colours occur in a mask, so each is looked up once.
    packed = picture.astype(np.uint32) @ np.array([1 << 16, 1 << 8, 1], np.uint32)
    values, place = np.unique(packed, return_inverse=True)
    found = np.stack([values >> 16, values >> 8 & 255, values & 255], axis=1).astype(np.int64)
    table, exact = np.zeros(len(found), np.uint8), np.zeros(len(found), bool)
    for start in range(0, len(found), _AT_ONCE):  # a photo has a million colours
        part = slice(start, start + _AT_ONCE)
        distance = ((found[part, None] - known) ** 2).sum(axis=2)
        table[part], exact[part] = numbers[distance.argmin(axis=1)], distance.min(axis=1) == 0
    if nearest:
        return table[place].reshape(picture.shape[:2]), []
    table[~exact] = 255
    return table[place].reshape(picture.shape[:2]), [_triple(color) for color in found[~exact]]


@dataclass
class Converted:
    """What `convert_masks` did: how many labels there are, and what a person should know of them."""

    count: int = 0
    notes: list[str] = field(default_factory=list)


def convert_masks(
    source: Path,
    target: Path,
    colors: Mapping[Color, int] | None = None,
    *,
    threshold: int = 128,
    nearest: bool = False,
) -> Converted:
    """Write a mask of classes, as PNG, for every mask below `source`; folders stay as they are.

    Args:
        colors: The class of each colour; None for black-and-white masks and mattes, where a grey value or opacity from
            `threshold` on is class 1. Where no mask of the folder holds more than 1, they are masks of 0 and 1.
        nearest: See `classes_of`.

    Raises:
        OutputError: A label would lie over an input, or two masks would become one label; nothing is written.
        DataError: Masks are broken or hold colours without a class; nothing is written for these, and all are named.
    """
    masks, notes = images_below(source)
    planned = plan_masks(target, masks)
    problems: list[Problem] = []
    reader = _Greys(threshold) if colors is None else _Colors(colors, nearest)
    for path, result in progress(planned, "Converting masks"):
        try:
            label = reader.label(path, result)
        except DataError as error:
            problems += error.problems
            continue
        if label is not None:
            write_png(result, label)
    problems += reader.finish()
    done = Converted(len(planned) - len(problems), notes + reader.notes())
    if problems:
        raise DataError(with_the_others(problems, done.count, "labels", target))
    return done


class _Colors:
    """Labels of masks whose colours have classes."""

    def __init__(self, colors: Mapping[Color, int], nearest: bool):
        self.colors, self.nearest = colors, nearest

    def label(self, path: Path, result: Path) -> np.ndarray:
        label, unknown = classes_of(read_image(path), self.colors, self.nearest)
        if unknown:
            shown = few(["{},{},{}".format(*color) for color in unknown])
            what = f"holds {len(unknown)} colours that stand for no class: {shown}"
            raise DataError(str(path), what, "name them with --color, or take the nearest with --nearest")
        return label

    def finish(self) -> list[Problem]:
        return []

    def notes(self) -> list[str]:
        return []


class _Greys:
    """Labels of black-and-white masks and mattes.

    A mask that holds 0 and 1 is kept until all are read: among its like it is a mask of 0 and 1, among masks of 0 and
    255 nobody can say what it is.
    """

    def __init__(self, threshold: int):
        self.threshold = threshold
        self.ones: list[tuple[Path, Path]] = []
        self.lossy: list[tuple[Path, Path]] = []
        self.faint: list[tuple[Path, Path, tuple[int, ...]]] = []
        self.brightest = 0
        self.kinds: dict[str, list[str]] = {}

    def label(self, path: Path, result: Path) -> np.ndarray | None:
        matte = read_matte(path)
        brightest = int(matte.opacity.max(initial=0))
        self.brightest = max(self.brightest, brightest)
        if matte.shallow and brightest > 1:
            self._note("of 16 bits that hold no value above 255, taken as 8 bits", path)
        if brightest == 1:
            (self.lossy if matte.lossy else self.ones).append((path, result))
            return None
        label = (matte.opacity >= self.threshold).astype(np.uint8)
        if brightest == 0:
            self._note("background and nothing else", path)
        elif brightest < self.threshold:
            self.faint.append((path, result, label.shape))
            return None
        elif label.all():
            self._note("foreground and nothing else", path)
        return label

    def finish(self) -> list[Problem]:
        """Write the labels of the masks that were kept, or say why not."""
        if 1 < self.brightest < self.threshold:
            what = f"reaches nowhere the threshold of {self.threshold}, as none here does: {self.brightest} is the most"
            return [Problem(str(path), what, "choose another --threshold") for path, *_ in self.faint]
        for path, result, size in self.faint:
            write_png(result, np.zeros(size, np.uint8))
            self._note(f"below the threshold of {self.threshold} everywhere, so background", path)
        if self.brightest > 1 and self.ones:
            what = "holds 0 and 1, while other masks here are brighter"
            hint = "is it a label already? convert it in a folder of its own"
            return [Problem(str(path), what, hint) for path, _ in self.ones] + self._write(self.lossy, self.threshold)
        for path, _ in self.ones:
            self._note("of 0 and 1: 1 is taken as foreground", path)
        return self._write([*self.ones, *self.lossy], 1 if self.ones else self.threshold)

    def _write(self, kept: Sequence[tuple[Path, Path]], threshold: int) -> list[Problem]:
        for path, result in kept:
            write_png(result, (read_matte(path).opacity >= threshold).astype(np.uint8))
            if threshold > 1:
                self._note("background and nothing else", path)
        return []

    def _note(self, what: str, path: Path) -> None:
        self.kinds.setdefault(what, []).append(path.name)

    def notes(self) -> list[str]:
        return [f"{len(names)} {what}: {few(names)}" for what, names in self.kinds.items()]


def _triple(color: np.ndarray) -> Color:
    red, green, blue = (int(value) for value in color)
    return red, green, blue
