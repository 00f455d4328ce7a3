"""The guided filter's last step at the photo's size, compiled."""

from __future__ import annotations

import numpy as np

from paddleseg.compiled import jit, reads, writes

SOFT = 2
"""Kind of a pixel of the small copy that has to be worked out; 0 and 1 are wholly background and foreground."""


@jit(reads("f4", 1), reads("u1", 2), reads("f4", 1), writes("f4", 1))
def _widen(row: np.ndarray, kinds: np.ndarray, shares: np.ndarray, wide: np.ndarray) -> None:
    """A row of the small copy, enlarged bilinearly where one of the rows around it needs it."""
    side, w = len(shares), len(row)
    for j in range(w):
        if kinds[0, j] != SOFT and kinds[-1, j] != SOFT and (len(kinds) < 3 or kinds[1, j] != SOFT):
            continue
        before, here, after = row[max(j - 1, 0)], row[j], row[min(j + 1, w - 1)]
        for k in range(side):
            share = shares[k]
            if share < 0:
                wide[j * side + k] = here * (np.float32(1) + share) - before * share
            else:
                wide[j * side + k] = here * (np.float32(1) - share) + after * share


@jit(*[reads("f4", 1)] * 4, "f4", "f4", reads("u1", 1), writes("f4", 1))
def _mix(
    slope: np.ndarray,
    next_slope: np.ndarray,
    offset: np.ndarray,
    next_offset: np.ndarray,
    high: float,
    low: float,
    light: np.ndarray,
    prob: np.ndarray,
) -> None:
    """A row between two rows of slopes and two of offsets."""
    for x in range(len(prob)):
        value = (slope[x] * high + next_slope[x] * low) * np.float32(light[x])
        value += offset[x] * high + next_offset[x] * low
        prob[x] = min(max(value, np.float32(0)), np.float32(1))


@jit(reads("f4", 1), "f4", reads("u1", 1), writes("u1", 1), writes("u1", 1))
def _tell(prob: np.ndarray, threshold: float, table: np.ndarray, inside: np.ndarray, opacity: np.ndarray) -> None:
    for x in range(len(prob)):
        inside[x] = prob[x] > threshold
    for x in range(len(prob)):
        opacity[x] = table[np.uint8(np.rint(prob[x] * np.float32(255)))]


@jit(
    *[reads("f4", 2)] * 2,
    reads("u1", 2),
    "i8",
    reads("u1", 2),
    "f4",
    reads("u1", 1),
    writes("f4", 2),
    *[writes("u1", 2)] * 2,
)
def apply_lines(
    slope: np.ndarray,
    offset: np.ndarray,
    kinds: np.ndarray,
    side: int,
    light: np.ndarray,
    threshold: float,
    table: np.ndarray,
    prob: np.ndarray,
    inside: np.ndarray,
    opacity: np.ndarray,
) -> None:
    """`prob = clip(slope * light + offset, 0, 1)`, the lines enlarged bilinearly; and what is made of it at once.

    Args:
        slope, offset: Of the small copy (h, w).
        kinds: Of its pixels.
        side: Rows and columns of the photo in one of its pixels; the last one may have fewer.
        light: The photo's brightness (H, W) uint8.
        threshold: Of `inside`.
        table: Opacity of a probability in 255ths.
        prob, inside, opacity: The results (H, W).
    """
    rows, columns = light.shape
    h, w = slope.shape
    wide = np.empty((2, 2, w * side), np.float32)  # slopes and offsets of two rows, enlarged: row r is in place r % 2
    shares = (np.arange(side).astype(np.float32) + np.float32(0.5)) / np.float32(side) - np.float32(0.5)
    ready = -1
    for y in range(rows):
        i = y // side
        below = shares[y - i * side]
        top, bottom = (i, min(i + 1, h - 1)) if below >= 0 else (max(i - 1, 0), i)
        low = below if below >= 0 else np.float32(1) + below
        high = np.float32(1) - low
        while ready < bottom:
            ready += 1
            _widen(slope[ready], kinds[max(ready - 1, 0) : ready + 2], shares, wide[0, ready % 2])
            _widen(offset[ready], kinds[max(ready - 1, 0) : ready + 2], shares, wide[1, ready % 2])
        start = 0
        while start < w:
            kind = kinds[i, start]
            stop = start + 1
            while stop < w and kinds[i, stop] == kind:
                stop += 1
            part = slice(start * side, min(stop * side, columns))
            if kind == SOFT:
                _mix(
                    wide[0, top % 2][part],
                    wide[0, bottom % 2][part],
                    wide[1, top % 2][part],
                    wide[1, bottom % 2][part],
                    high,
                    low,
                    light[y][part],
                    prob[y][part],
                )
                _tell(prob[y, part], threshold, table, inside[y, part], opacity[y, part])
            else:
                prob[y, part] = kind
                inside[y, part] = kind
                opacity[y, part] = 255 * kind
            start = stop
