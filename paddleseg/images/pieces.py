"""The connected pieces of a mask, by their outlines: ten times as fast as giving each pixel the number of its piece."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np


@dataclass
class Piece:
    """Pixels that touch, at corners too.

    Args:
        outline: (n, 1, 2) int32, x and y.
        holes: Outlines of what is left out, made of the piece's own pixels.
        area: In pixels.
    """

    outline: np.ndarray
    holes: list[np.ndarray] = field(default_factory=list)
    area: int = 0

    def draw(self, canvas: np.ndarray, value: int = 1) -> None:
        """Set the piece's pixels of a canvas (H, W) uint8."""
        cv2.drawContours(canvas, [self.outline, *self.holes], -1, (value,), cv2.FILLED)

    def drawn(self) -> np.ndarray:
        """The piece's pixels, 1 in zeros, in its window (h, w) uint8."""
        rows, columns = self.window()
        canvas = np.zeros((rows.stop - rows.start, columns.stop - columns.start), np.uint8)
        outlines = [self.outline, *self.holes]
        cv2.drawContours(canvas, outlines, -1, (1,), cv2.FILLED, offset=(-columns.start, -rows.start))
        return canvas

    def small_holes(self, share: float) -> list[np.ndarray]:
        """Outlines of the holes that are smaller than a share of the piece."""
        return [hole for hole in self.holes if _within(hole, -1) < share * self.area]

    def window(self, rim: int = 0) -> tuple[slice, slice]:
        """The rows and columns that it spans, and `rim` pixels around."""
        left, top, w, h = cv2.boundingRect(self.outline)
        return (
            slice(max(top - rim, 0), top + h + rim),
            slice(max(left - rim, 0), left + w + rim),
        )


def pieces(mask: np.ndarray) -> list[Piece]:
    """The pieces of what is not 0 in a mask (H, W) uint8."""
    outlines, family = cv2.findContours(mask, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    found: dict[int, Piece] = {}
    if not outlines:
        return []
    parents = family[0][:, 3].tolist()
    for index, (outline, parent) in enumerate(zip(outlines, parents, strict=True)):
        if parent < 0:
            found[index] = Piece(outline, area=_within(outline, 1))
    for outline, parent in zip(outlines, parents, strict=True):
        if parent >= 0:
            found[parent].holes.append(outline)
            found[parent].area -= _within(outline, -1)
    return list(found.values())


def _within(outline: np.ndarray, border: int) -> int:
    """Pixels within an outline, with those that it runs through (1) or without them (-1), by Pick's theorem."""
    steps = len(outline) if len(outline) > 1 else 0
    return round(cv2.contourArea(outline) + border * steps / 2 + 1)
