"""Coloured and black-and-white masks as classes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from paddleseg.datasets.mattes import read_matte
from paddleseg.errors import ConfigError, DataError, Problem
from paddleseg.images.io import list_images, read_image, write_png
from paddleseg.images.paint import palette
from paddleseg.progress import progress

Color = tuple[int, int, int]
_SHOWN = 5


def voc_colors(num_classes: int = 21) -> dict[Color, int]:
    """The colours of PASCAL VOC's masks and their classes; the pale border between objects is ignored."""
    table = palette()
    return {_triple(table[number]): number for number in [*range(num_classes), 255]}


def parse_colors(pairs: Sequence[str]) -> dict[Color, int]:
    """`R,G,B=CLASS` pairs from a command line.

    Raises:
        ConfigError: One of them is no such pair.
    """
    colors = {}
    for pair in pairs:
        match = re.fullmatch(r"(\d+),(\d+),(\d+)=(\d+)", pair)
        if match is None or max(map(int, match.groups())) > 255:
            raise ConfigError("--color", f"{pair!r} is not R,G,B=CLASS", "for instance 255,255,255=1")
        red, green, blue, number = map(int, match.groups())
        colors[red, green, blue] = number
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
    distance = ((found[:, None] - known) ** 2).sum(axis=2)
    exact = distance.min(axis=1) == 0
    table = numbers[distance.argmin(axis=1)]
    if nearest:
        return table[place].reshape(picture.shape[:2]), []
    table[~exact] = 255
    return table[place].reshape(picture.shape[:2]), [_triple(color) for color in found[~exact]]


def convert_masks(
    source: Path,
    target: Path,
    colors: Mapping[Color, int] | None = None,
    *,
    threshold: int = 128,
    nearest: bool = False,
) -> int:
    """Write a mask of classes, as PNG, for every mask below `source`; folders stay as they are.

    Args:
        colors: The class of each colour; None for black-and-white masks and mattes, where a grey value or opacity from
            `threshold` on is class 1.
        nearest: See `classes_of`.

    Returns:
        How many there were.

    Raises:
        DataError: Masks are broken or hold colours without a class; nothing is written for these, and all are named.
    """
    problems: list[Problem] = []
    unknown: list[Color]
    masks = list_images(source)
    for path, name in progress(masks, "Converting masks"):
        try:
            if colors is None:
                label, unknown = (read_matte(path) >= threshold).astype(np.uint8), []
            else:
                label, unknown = classes_of(read_image(path), colors, nearest)
        except DataError as error:
            problems += error.problems
            continue
        if unknown:
            shown = ", ".join("{},{},{}".format(*color) for color in unknown[:_SHOWN])
            what = f"holds {len(unknown)} colours that stand for no class: {shown}{', ...' * (len(unknown) > _SHOWN)}"
            problems.append(Problem(str(path), what, "name them with --color, or take the nearest with --nearest"))
            continue
        write_png((target / name).with_suffix(".png"), label)
    if problems:
        raise DataError(problems)
    return len(masks)


def _triple(color: np.ndarray) -> Color:
    red, green, blue = (int(value) for value in color)
    return red, green, blue
