"""People before another background, compiled: pixels of the edge are mixed, all others copied or left."""

from __future__ import annotations

import numpy as np

from paddleseg.compiled import jit, reads, writes

_BLOCK = 32
"""Pixels that are looked at together: most lie wholly in front or behind."""
_PARTS = 32
"""Of the distance between two pixels, which places are rounded to, as OpenCV's `remap` does."""


@jit()
def _kinds(block: np.ndarray) -> tuple[np.uint8, np.uint8]:
    """0 where all of a matte's pixels are 0, and 255 where all are 255."""
    some, every = np.uint8(0), np.uint8(255)
    for k in range(len(block)):
        some = np.uint8(some | block[k])
        every = np.uint8(every & block[k])
    return some, every


@jit(reads("u1", 1), writes("u1", 1))
def _copy(photo: np.ndarray, picture: np.ndarray) -> None:
    for k in range(len(photo)):
        picture[k] = photo[k]


@jit(reads("u1", 1), reads("u1", 1), writes("u1", 1))
def _blend(photo: np.ndarray, matte: np.ndarray, picture: np.ndarray) -> None:
    for k in range(len(matte)):
        share = np.uint32(matte[k])
        if share == 0:
            continue
        rest = np.uint32(np.uint32(255) - share)
        for c in range(3):
            mixed = np.uint32(photo[3 * k + c]) * share + np.uint32(picture[3 * k + c]) * rest + np.uint32(127)
            picture[3 * k + c] = np.uint32(mixed) // np.uint32(255)


@jit(reads("u1", 1), reads("u1", 1), writes("u1", 1))
def mix(photo: np.ndarray, matte: np.ndarray, picture: np.ndarray) -> None:
    """Lay a photo over a picture, by its matte; all uint8, pixel by pixel, three numbers each of the first and last.

    Args:
        picture: The background, overwritten.
    """
    begun = 0  # of the pixels before `start` that are to be copied together
    for start in range(0, len(matte), _BLOCK):
        block = matte[start : start + _BLOCK]
        some, every = _kinds(block)
        if every == 255:
            continue
        _copy(photo[3 * begun : 3 * start], picture[3 * begun : 3 * start])
        begun = start + len(block)
        if some:
            _blend(photo[3 * start : 3 * begun], block, picture[3 * start : 3 * begun])
    _copy(photo[3 * begun :], picture[3 * begun :])


@jit()
def _at(small: np.ndarray, y: np.float32, x: np.float32, c: int) -> np.float32:
    """A channel of a picture (h, w, 3) float32 at a place between its pixels, in parts of their distance."""
    h, w, _ = small.shape
    down, right = int(np.rint(y * np.float32(_PARTS))), int(np.rint(x * np.float32(_PARTS)))
    top, left = down // _PARTS, right // _PARTS
    low, far = (
        np.float32(down - top * _PARTS) / np.float32(_PARTS),
        np.float32(right - left * _PARTS) / np.float32(_PARTS),
    )
    high, near = np.float32(1) - low, np.float32(1) - far
    above, below = min(max(top, 0), h - 1), min(max(top + 1, 0), h - 1)
    before, after = min(max(left, 0), w - 1), min(max(left + 1, 0), w - 1)
    upper = small[above, before, c] * (high * near) + small[above, after, c] * (high * far)
    return upper + small[below, before, c] * (low * near) + small[below, after, c] * (low * far)


@jit(reads("u1", 3), reads("u1", 2), reads("f4", 3), reads("f4", 3), writes("u1", 3), "b1")
def mix_fronts(
    photo: np.ndarray, matte: np.ndarray, front: np.ndarray, back: np.ndarray, picture: np.ndarray, over: bool
) -> None:
    """Give the edge its foreground's colour: local means of foreground and background, and what they leave unexplained.

    Args:
        photo, matte: (H, W, 3) and (H, W) uint8.
        front, back: The means (h, w, 3) float32, of smaller pictures.
        picture: Overwritten: the background, over which foreground is laid, or the photo's copy.
        over: Whether it is the background.
    """
    rows, columns = matte.shape
    down = np.float32(front.shape[0] / rows)
    right = np.float32(front.shape[1] / columns)
    half, most = np.float32(0.5), np.float32(255)
    for i in range(rows):
        y = (np.float32(i) + half) * down - half
        for start in range(0, columns, _BLOCK):
            block = matte[i, start : start + _BLOCK]
            some, every = _kinds(block)
            if some == 0:
                continue
            if every == 255:
                if over:
                    stop = start + len(block)
                    _copy(photo[i, start:stop].reshape(-1), picture[i, start:stop].reshape(-1))
                continue
            for j in range(start, start + len(block)):
                opacity = np.uint32(matte[i, j])
                if opacity == 0:
                    continue
                x = (np.float32(j) + half) * right - half
                share = np.float32(opacity) / most
                for c in range(3):
                    value = np.uint32(photo[i, j, c])
                    if opacity < 255:
                        ahead, behind = _at(front, y, x, c), _at(back, y, x, c)
                        colour = ahead + share * (np.float32(value) - share * ahead - (np.float32(1) - share) * behind)
                        value = np.uint32(min(max(np.rint(colour), np.float32(0)), most))
                    if over:
                        rest = np.uint32(picture[i, j, c]) * np.uint32(np.uint32(255) - opacity)
                        value = np.uint32(value * opacity + rest + np.uint32(127)) // np.uint32(255)
                    picture[i, j, c] = value
