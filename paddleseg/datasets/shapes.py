"""Outlines and run lengths as masks, as COCO and labelme write them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from paddleseg.geometry import Size


def polygon_mask(points: Sequence[Sequence[float]] | np.ndarray, size: Size) -> np.ndarray:
    """The pixels whose centres lie inside a polygon (N, 2) of x, y, by the even-odd rule, as bool (H, W).

    Every edge flips all pixels to the right of it, in the rows that it crosses; what is flipped an odd number of times
    is inside.
    """
    start = np.asarray(points, np.float64).reshape(-1, 2)
    end = np.roll(start, -1, axis=0)
    inside = np.zeros(size, bool)
    # Only the box around it is looked at.
    left, top = np.clip(np.floor(start.min(axis=0)), 0, size[::-1]).astype(int)
    right, bottom = np.clip(np.ceil(start.max(axis=0)), 0, size[::-1]).astype(int)
    centre = np.arange(top, bottom) + 0.5
    row, edge = np.nonzero((start[:, 1] <= centre[:, None]) != (end[:, 1] <= centre[:, None]))
    slope = (end[edge, 0] - start[edge, 0]) / (end[edge, 1] - start[edge, 1])
    x = start[edge, 0] + slope * (centre[row] - start[edge, 1])
    flips = np.zeros((bottom - top, right - left + 1), np.uint8)
    np.add.at(flips, (row, np.clip(np.ceil(x - 0.5) - left, 0, right - left).astype(int)), 1)
    # Sums wrap around at 256, which leaves odd odd.
    inside[top:bottom, left:right] = flips.cumsum(axis=1, dtype=np.uint8)[:, :-1] & 1
    return inside


def rle_mask(counts: Sequence[int] | str | bytes, size: Size) -> np.ndarray:
    """COCO's run lengths as bool (H, W): column after column, 0 and 1 in turn, as numbers or packed in a string.

    Raises:
        ValueError: The runs do not fill the picture.
    """
    runs = np.asarray(_unpacked(counts) if isinstance(counts, (str, bytes)) else counts, np.int64)
    h, w = size
    if runs.sum() != h * w or (runs < 0).any():
        raise ValueError(f"run lengths sum up to {runs.sum()}, not to {h} x {w}")
    return (np.repeat(np.arange(len(runs)) % 2, runs) == 1).reshape(w, h).T


def _unpacked(text: str | bytes) -> list[int]:
    """Run lengths from COCO's string: five bits a character, lowest first; the fourth on less that two before."""
    runs: list[int] = []
    value = shift = 0
    for character in text.encode() if isinstance(text, str) else text:
        bits = character - 48
        value |= (bits & 31) << shift
        shift += 5
        if bits & 32:
            continue
        if bits & 16:  # the sign
            value -= 1 << shift
        runs.append(value + (runs[-2] if len(runs) > 2 else 0))
        value = shift = 0
    return runs
