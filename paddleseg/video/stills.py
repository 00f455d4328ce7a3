"""A folder of pictures as a clip."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np

from paddleseg.images.color import to_srgb
from paddleseg.images.io import list_images, read_image
from paddleseg.video.moments import Info, Moment, moments, no_frames, spans


class Stills:
    """The pictures that lie in a folder, in the order of the numbers in their names, at an even pace.

    Raises:
        DataError: There are none, or the first is broken.
    """

    def __init__(self, folder: Path, rate: Fraction, start: Fraction, end: Fraction | None):
        found = list_images(folder)
        paths = sorted((path for path, name in found if "/" not in name), key=_by_number)
        if not paths:
            raise no_frames(str(folder))
        self._moments = moments(map(_read, paths), rate, start, end)
        self._first = next(self._moments, None)
        if self._first is None:
            raise no_frames(str(folder), start, end)
        size = self._first.image.shape[:2]
        self.info = Info(str(folder), size, rate, 1 / rate, *spans(len(paths), rate, start, end))
        if found.passed_over:
            self.info.remarks.append(found.remark())
        if below := len(found) - len(paths):
            self.info.remarks.append(f"Passed over {below} pictures in folders below {folder}")

    def __iter__(self) -> Iterator[Moment]:
        assert self._first is not None
        yield self._first
        yield from self._moments

    def close(self) -> None:
        """There is nothing to let go of."""


def _read(path: Path) -> np.ndarray:
    return to_srgb(read_image(path), path)


def _by_number(path: Path) -> list[tuple[int, str]]:
    """Frame 10 comes after frame 9."""
    parts = re.split(r"(\d+)", path.name)
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts]
