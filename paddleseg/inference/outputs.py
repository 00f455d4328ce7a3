"""Which pictures are made of a result, and where they go."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from paddleseg import compat
from paddleseg.card import Card
from paddleseg.errors import ConfigError, DataError
from paddleseg.images import compositing
from paddleseg.images.backgrounds import Background
from paddleseg.images.foreground import estimate_foreground
from paddleseg.images.io import writable, write_image, write_png
from paddleseg.images.paint import as_rgb, flatten, overlay, palette
from paddleseg.inference.predictor import SegResult

# The first two carry PaddleSeg's folder names.
FOLDERS = {
    "pseudo_color": "pseudo_color_prediction",
    "overlay": "added_prediction",
    "mask": "mask",
    "alpha": "alpha",
    "cutout": "cutout",
    "background": "background",
}


_NOT_IN_A_NAME = re.compile(r'[\x00-\x1f\\/:*?"<>|]')


class Writer:
    """Writes the pictures asked for, each kind in a folder of its own, with the sub-folders of the input kept.

    Args:
        save_dir: Where the folders go.
        outputs: Keys of `FOLDERS`.
        colors: The palette (256, 3).
        background: What "background" puts behind the person.
        folders: Other folder names, by kind.
        classes: Class names, for the files of independent classes.
        mask_values: The grey value of each class in "mask", such as (0, 255); the class itself where none are given.

    Raises:
        ConfigError: `mask_values` are no grey values, or fewer than classes.
    """

    def __init__(
        self,
        save_dir: str | Path,
        outputs: Sequence[str],
        colors: np.ndarray,
        background: Background | None = None,
        folders: Mapping[str, str] | None = None,
        classes: Sequence[str] = (),
        mask_values: Sequence[int] = (),
    ):
        self.save_dir, self.outputs, self.colors = Path(save_dir), list(outputs), colors
        self.background, self.folders, self.classes = background, FOLDERS | dict(folders or {}), classes
        self.greys = greys_from(mask_values)
        self._kinds: dict[str, Callable[[Path, np.ndarray, SegResult], None]] = {
            "pseudo_color": self._pseudo_color,
            "overlay": self._overlay,
            "mask": self._mask,
            "alpha": self._alpha,
            "cutout": self._cutout,
            "background": self._background,
        }

    def __call__(self, name: str | Path, image: np.ndarray, result: SegResult) -> None:
        """Write all pictures of `image` (in sRGB), whose place below the input folder is `name`.

        Raises:
            DataError: The mask shows classes for which there is no colour.
        """
        for kind in self.outputs:
            self._kinds[kind](self.save_dir / self.folders[kind] / name, image, result)

    def targets(self, name: str | Path) -> Iterator[Path]:
        """The files that the pictures of `name` go to; of independent classes, all that have a name."""
        for kind in self.outputs:
            path = self.save_dir / self.folders[kind] / name
            if kind in ("overlay", "background"):
                yield writable(path)
            else:
                yield as_png(path)
            if kind == "mask":
                yield from (self._of_class(path, index) for index in range(len(self.classes)))

    def _pseudo_color(self, path: Path, image: np.ndarray, result: SegResult) -> None:
        write_png(as_png(path), self._coloured(path, result).astype(np.uint8, copy=False), self.colors)

    def _coloured(self, path: Path, result: SegResult) -> np.ndarray:
        """The numbers of the colours, (H, W)."""
        numbers = flatten(result.mask)
        highest = int(numbers.max(initial=0))
        if highest >= len(self.colors):
            what = f"shows class {highest}, but there are {len(self.colors)} colours"
            raise DataError(str(path), what, "`--outputs mask` writes the numbers, in 16 bits")
        return numbers

    def _mask(self, path: Path, image: np.ndarray, result: SegResult) -> None:
        if result.mask.ndim == 2:
            write_png(as_png(path), in_greys(result.mask, self.greys))
            return
        for index, plane in enumerate(result.mask):
            write_png(self._of_class(path, index), in_greys(plane, self.greys))

    def _of_class(self, path: Path, index: int) -> Path:
        name = self.classes[index] if index < len(self.classes) else str(index)
        return path.with_name(f"{path.stem}_{_NOT_IN_A_NAME.sub('_', name)}.png")

    def _overlay(self, path: Path, image: np.ndarray, result: SegResult) -> None:
        write_image(writable(path), overlay(image, self._coloured(path, result), self.colors))

    def _alpha(self, path: Path, image: np.ndarray, result: SegResult) -> None:
        write_png(as_png(path), result.opacity)

    def _cutout(self, path: Path, image: np.ndarray, result: SegResult) -> None:
        write_png(as_png(path), compositing.cutout(as_rgb(image), result.opacity, _front(image, result)))

    def _background(self, path: Path, image: np.ndarray, result: SegResult) -> None:
        assert self.background is not None
        front = _front(image, result) if self.background.foreign else None
        write_image(writable(path), compositing.compose(as_rgb(image), result.opacity, self.background, front))


def _front(image: np.ndarray, result: SegResult) -> np.ndarray | None:
    """The foreground's colours behind an alpha, whose edge is as wide as hair; a mask's is narrow."""
    return estimate_foreground(as_rgb(image), result.opacity) if result.output.kind == "alpha" else None


def greys_from(values: Sequence[int]) -> np.ndarray | None:
    """The table of a mask's greys, by class; None for no values, where the class itself is meant.

    Raises:
        ConfigError: They are no grey values, or fewer than two.
    """
    if not values:
        return None
    wrong = [value for value in values if not 0 <= value <= 255]
    if wrong or len(values) < 2:
        what = f"should be two or more grey values from 0 to 255, not {' '.join(map(str, values))}"
        raise ConfigError("mask_values", what, "such as: 0 255")
    return np.array(values, np.uint8)


def in_greys(mask: np.ndarray, greys: np.ndarray | None) -> np.ndarray:
    """A mask (H, W) with the grey of each class in its place; as it is where there are none.

    Raises:
        ConfigError: There is no grey for a class.
    """
    if greys is None:
        return mask
    highest = int(mask.max(initial=0))
    if highest >= len(greys):
        what = f"gives values of {len(greys)} classes, but a mask holds the class {highest}"
        raise ConfigError("mask_values", what, "give one value for each class")
    return greys[mask]


def card_palette(card: Card) -> np.ndarray:
    """The colours of a card's classes; of independent classes those begin at 1, as in `flatten`."""
    colors = [[0, 0, 0], *card.colors] if card.output.multilabel else card.colors
    return palette(colors, compat.first_color())


def as_png(path: Path) -> Path:
    return path.with_name(f"{path.stem}.png")


def distinct(names: Sequence[str]) -> list[str]:
    """The names, with a number added where two would write one file, as `a.jpg` and `a.png` of one folder would.

    `a.jpg` and `A.jpg` would too, on the file systems of Windows and macOS; so would two spellings of one accent.
    """
    taken: set[str] = set()
    found = []
    for name in names:
        given, suffix = os.path.splitext(name)  # noqa: PTH122 (a million paths take seconds to make)
        stem, count = given, 1
        while _as_one_file(stem) in taken:
            count += 1
            stem = f"{given}_{count}"
        taken.add(_as_one_file(stem))
        found.append(f"{stem}{suffix}")
    return found


def _as_one_file(stem: str) -> str:
    return unicodedata.normalize("NFC", stem).casefold()
