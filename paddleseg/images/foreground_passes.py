"""Foreground and background colours of a matte, compiled: one sweep over the pixels of a level."""

from __future__ import annotations

import numpy as np

from paddleseg.compiled import jit, reads, writes


@jit(reads("f4", 3), reads("f4", 2), reads("u1", 2), "f4", writes("f4", 3), writes("f4", 3))
def sweep(
    image: np.ndarray, alpha: np.ndarray, wanted: np.ndarray, least: float, front: np.ndarray, back: np.ndarray
) -> None:
    """Settle each wanted pixel's two colours by its own mixture and by its four neighbours, in place, row by row.

    Args:
        image: (H, W, 3) in [0, 1]; `alpha` (H, W) likewise.
        wanted: 1 where colours are sought, 0 where they stand.
        least: How much neighbours of one alpha count.
        front, back: The colours (H, W, 3).
    """
    h, w = alpha.shape
    for y in range(h):
        for x in range(w):
            if wanted[y, x] == 0:
                continue
            share = alpha[y, x]
            rest = np.float32(1) - share
            total = np.float32(0)
            ahead0 = ahead1 = ahead2 = behind0 = behind1 = behind2 = np.float32(0)
            for side in range(4):
                j = min(max(y + (side == 0) - (side == 1), 0), h - 1)
                i = min(max(x + (side == 2) - (side == 3), 0), w - 1)
                weight = least + abs(share - alpha[j, i])
                total += weight
                ahead0 += weight * front[j, i, 0]
                ahead1 += weight * front[j, i, 1]
                ahead2 += weight * front[j, i, 2]
                behind0 += weight * back[j, i, 0]
                behind1 += weight * back[j, i, 1]
                behind2 += weight * back[j, i, 2]
            # Means of the neighbours, and what they leave unexplained of the mixture, shared out by alpha.
            scale = np.float32(1) / (total + share * share + rest * rest)
            for c in range(3):
                ahead = (ahead0 if c == 0 else (ahead1 if c == 1 else ahead2)) / total
                behind = (behind0 if c == 0 else (behind1 if c == 1 else behind2)) / total
                off = (image[y, x, c] - share * ahead - rest * behind) * scale
                front[y, x, c] = min(max(ahead + share * off, np.float32(0)), np.float32(1))
                back[y, x, c] = min(max(behind + rest * off, np.float32(0)), np.float32(1))
