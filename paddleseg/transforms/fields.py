"""What a sample's maps are made of. A map's kind says how it is moved, what fills it, and what a batch makes of it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from paddleseg.geometry import Flip, Step, Warp
from paddleseg.transforms import functional


@dataclass(frozen=True)
class Kind:
    """A kind of map (H, W) or (H, W, K).

    Args:
        smooth: Whether a value between those of two pixels means something: such maps are interpolated, others take the
            nearest pixel.
        fill: What stands where the image has no pixels; None: what a transform fills labels with.
        dtype: What a batch holds; None: whole numbers as int64, all others as float32.
        unit: Whether whole numbers stand for 0 to 1, so that a batch divides them by their type's largest.
        mirror: Pairs of values that change places in a mirrored picture, such as a left and a right eye.

    Example:
        >>> class Rooms(Dataset):
        ...     FIELDS = {"depth": DEPTH, "shade": Kind("shade", smooth=True, fill=0.0, dtype="float32")}
    """

    name: str
    smooth: bool = False
    fill: float | None = None
    dtype: str | None = None
    unit: bool = False
    mirror: tuple[tuple[int, int], ...] = ()

    def moved(self, array: np.ndarray, step: Step, label_fill: int = 255) -> np.ndarray:
        """The map after a geometry step."""
        fill = label_fill if self.fill is None else self.fill
        if self.smooth:
            return functional.move(array, step, "LINEAR", fill)
        moved = functional.move_label(array, step, label_fill if self.fill is None else int(self.fill))
        return self._mirrored(moved) if self.mirror and mirrors(step) else moved

    def _mirrored(self, array: np.ndarray) -> np.ndarray:
        result = array.copy()
        for one, other in self.mirror:
            result[array == one], result[array == other] = other, one
        return result

    def batched(self, array: np.ndarray) -> np.ndarray:
        """What a batch holds in the place of the samples' values."""
        if self.unit and array.dtype.kind in "iu":
            return array / np.float32(np.iinfo(array.dtype).max)
        whole = array.dtype.kind in "iub"
        return array.astype(self.dtype or ("int64" if whole else "float32"), copy=False)

    def lay_over(self, under: np.ndarray, over: np.ndarray) -> None:
        """Put a map of shares of pixels over another one, in place: what both leave open stays open."""
        whole = np.iinfo(under.dtype).max if under.dtype.kind in "iu" else 1.0
        covered = over + under * (1 - over / np.float32(whole))
        under[...] = np.rint(covered) if under.dtype.kind in "iu" else covered


def mirrors(step: Step) -> bool:
    """Whether left and right change places: by one flip, not by two, which are half a turn."""
    if isinstance(step, Warp):
        (a, b, _), (c, d, _) = step.matrix
        return a * d < b * c
    return isinstance(step, Flip) and step.horizontal != step.vertical


IMAGE = Kind("image", smooth=True, dtype="float32")
"""A picture: interpolated and filled as the transform says."""
CLASSES = Kind("classes", dtype="int64")
SOFT = Kind("soft", dtype="int64")
"""The foreground's probability as 0 to 254, and 255 where it is not known, which no interpolation may blend."""
EDGE = Kind("edge", dtype="int64")
INSTANCES = Kind("instances", fill=0, dtype="int64")
"""Numbers of objects, 0 where there is none."""
ALPHA = Kind("alpha", smooth=True, fill=0.0, dtype="float32", unit=True)
"""How much of a pixel is the foreground's: 0 to 1, or whole numbers from 0 to their type's largest."""
DEPTH = Kind("depth", smooth=True, fill=0.0, dtype="float32")
"""A measured quantity, 0 where there is none."""
TRIMAP = Kind("trimap", fill=0.0, dtype="float32", unit=True)
"""What of a matte is known: 0 is background, 255 foreground, 128 not known. No interpolation may blend them."""
COLOR = Kind("color", smooth=True, fill=0.0, dtype="float32", unit=True)
"""Colours (H, W, 3) beside the image's own, uint8 until a batch makes them 0 to 1: what it was composed of."""
PLAIN = Kind("plain")
"""A map of which nothing is known: moved as labels are, values kept."""

KINDS = {kind.name: kind for kind in (IMAGE, SOFT, EDGE, INSTANCES, ALPHA, TRIMAP, DEPTH)} | {
    "label": CLASSES,
    "foreground": COLOR,
    "background": COLOR,
}
"""The kinds of maps with these names, where nobody says otherwise."""


@dataclass
class Field:
    """A map of a sample, and its kind."""

    array: np.ndarray
    kind: Kind = field(default=PLAIN)
