"""Which pictures are made of a result, and where they go."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from paddleseg.card import Card
from paddleseg.images import compositing
from paddleseg.images.io import write_image, write_png
from paddleseg.images.paint import as_rgb, flatten, overlay, palette
from paddleseg.inference.predictor import SegResult

# The first two carry PaddleSeg's folder names.
FOLDERS = {
    "pseudo_color": "pseudo_color_prediction",
    "overlay": "added_prediction",
    "mask": "mask",
    "cutout": "cutout",
    "background": "background",
}


class Writer:
    """Writes the pictures asked for, each kind in a folder of its own, with the sub-folders of the input kept.

    Args:
        save_dir: Where the folders go.
        outputs: Keys of `FOLDERS`.
        colors: The palette (256, 3).
        background: What "background" puts behind the person.
        folders: Other folder names, by kind.
        classes: Class names, for the files of independent classes.
    """

    def __init__(
        self,
        save_dir: str | Path,
        outputs: Sequence[str],
        colors: np.ndarray,
        background: compositing.Background | None = None,
        folders: Mapping[str, str] | None = None,
        classes: Sequence[str] = (),
    ):
        self.save_dir, self.outputs, self.colors = Path(save_dir), list(outputs), colors
        self.background, self.folders, self.classes = background, FOLDERS | dict(folders or {}), classes
        self._kinds: dict[str, Callable[[Path, np.ndarray, SegResult], None]] = {
            "pseudo_color": self._pseudo_color,
            "overlay": self._overlay,
            "mask": self._mask,
            "cutout": self._cutout,
            "background": self._background,
        }

    def __call__(self, name: str | Path, image: np.ndarray, result: SegResult) -> None:
        """Write all pictures of `image`, whose place below the input folder is `name`."""
        for kind in self.outputs:
            self._kinds[kind](self.save_dir / self.folders[kind] / name, image, result)

    def _pseudo_color(self, path: Path, image: np.ndarray, result: SegResult) -> None:
        write_png(as_png(path), flatten(result.mask).astype(np.uint8), self.colors)

    def _mask(self, path: Path, image: np.ndarray, result: SegResult) -> None:
        if result.mask.ndim == 2:
            write_png(as_png(path), result.mask)
            return
        for index, plane in enumerate(result.mask):
            name = self.classes[index] if index < len(self.classes) else str(index)
            write_png(as_png(path.with_name(f"{path.stem}_{name}{path.suffix}")), plane)

    def _overlay(self, path: Path, image: np.ndarray, result: SegResult) -> None:
        write_image(path, overlay(image, result.mask, self.colors))

    def _cutout(self, path: Path, image: np.ndarray, result: SegResult) -> None:
        write_png(as_png(path), compositing.cutout(as_rgb(image), result.alpha))

    def _background(self, path: Path, image: np.ndarray, result: SegResult) -> None:
        assert self.background is not None
        photo, alpha = as_rgb(image), result.alpha
        write_image(path, compositing.replace(photo, alpha, self.background(photo, alpha)))


def card_palette(card: Card) -> np.ndarray:
    """The colours of a card's classes; of independent classes those begin at 1, as in `flatten`."""
    return palette([[0, 0, 0], *card.colors] if card.output.multilabel else card.colors)


def as_png(path: Path) -> Path:
    return path.with_name(f"{path.stem}.png")


def distinct(names: Sequence[str]) -> list[str]:
    """The names, with a number added where two would write one file, as `a.jpg` and `a.png` of one folder would."""
    taken: set[Path] = set()
    found = []
    for name in map(Path, names):
        stem, count = name.with_suffix(""), 1
        while stem in taken:
            count += 1
            stem = name.with_name(f"{name.stem}_{count}")
        taken.add(stem)
        found.append(f"{stem}{name.suffix}")
    return found
