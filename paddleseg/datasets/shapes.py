"""Outlines and run lengths as masks, as COCO and labelme write them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from paddleseg.geometry import Size

_FAR = 1e12
_CROSSINGS = 1 << 22
"""Rows times edges that are looked at together."""


def polygon_mask(points: Sequence[Sequence[float]] | np.ndarray, size: Size) -> np.ndarray:
    """The pixels whose centres lie inside a polygon (N, 2) of x, y, by the even-odd rule, as bool (H, W).

    Every edge flips all pixels to the right of it, in the rows that it crosses; what is flipped an odd number of times
    is inside.

    Raises:
        ValueError: There are no points, or some are no numbers.
    """
    start = np.asarray(points, np.float64).reshape(-1, 2)
    if not len(start) or not (np.abs(start) < _FAR).all():
        raise ValueError(
            "its points are no finite numbers, or beyond all pictures" if len(start) else "it has no points"
        )
    end = np.roll(start, -1, axis=0)
    inside = np.zeros(size, bool)
    # Only the box around it is looked at.
    left, top = np.clip(np.floor(start.min(axis=0)), 0, size[::-1]).astype(int)
    right, bottom = np.clip(np.ceil(start.max(axis=0)), 0, size[::-1]).astype(int)
    centre = np.arange(top, bottom) + 0.5
    flips = np.zeros((bottom - top, right - left + 1), np.uint8)
    step = max(_CROSSINGS // max(len(centre), 1), 1)
    for first in range(0, len(start), step):
        one, two = start[first : first + step], end[first : first + step]
        row, edge = np.nonzero((one[:, 1] <= centre[:, None]) != (two[:, 1] <= centre[:, None]))
        slope = (two[edge, 0] - one[edge, 0]) / (two[edge, 1] - one[edge, 1])
        x = one[edge, 0] + slope * (centre[row] - one[edge, 1])
        np.add.at(flips, (row, np.clip(np.ceil(x - 0.5) - left, 0, right - left).astype(int)), 1)
    # Sums wrap around at 256, which leaves odd odd.
    inside[top:bottom, left:right] = flips.cumsum(axis=1, dtype=np.uint8)[:, :-1] & 1
    return inside


def rle_mask(counts: Sequence[int] | str | bytes, size: Size) -> np.ndarray:
    """COCO's run lengths as bool (H, W): column after column, 0 and 1 in turn, as numbers or packed in a string.

    Raises:
        ValueError: The runs are no numbers, or do not fill the picture.
    """
    h, w = size
    runs = np.asarray(_unpacked(counts) if isinstance(counts, (str, bytes)) else counts, np.float64).ravel()
    if not np.isfinite(runs).all() or (runs < 0).any() or (runs % 1).any():
        raise ValueError("its run lengths are no whole numbers from 0 on")
    if runs.sum() != h * w:
        raise ValueError(f"run lengths sum up to {runs.sum():.0f}, not to {h} x {w}")
    return (np.repeat(np.arange(len(runs)) % 2, runs.astype(np.int64)) == 1).reshape(w, h).T


def _unpacked(text: str | bytes) -> list[int]:
    """Run lengths from COCO's string: five bits a character, lowest first; the fourth on less that two before."""
    runs: list[int] = []
    value = shift = 0
    for character in text.encode("ascii", "replace") if isinstance(text, str) else text:
        bits = character - 48
        if not 0 <= bits < 64 or shift > 60:
            raise ValueError("its packed run lengths are damaged")
        value |= (bits & 31) << shift
        shift += 5
        if bits & 32:
            continue
        if bits & 16:  # the sign
            value -= 1 << shift
        runs.append(value + (runs[-2] if len(runs) > 2 else 0))
        value = shift = 0
    return runs
