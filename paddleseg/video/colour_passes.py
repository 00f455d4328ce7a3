"""Between RGB and luma with chroma at half size, compiled: what FFmpeg's filters do with their exact flags, in a third
of the time.

Chroma lies in the middle of two by two pixels. On the way to RGB it is enlarged bilinearly; on the way back it is the
mean of four by four pixels with the weights 1, 3, 3, 1. Sums are whole numbers: products with the matrix count 2^-20.
"""

from __future__ import annotations

import numpy as np

from paddleseg.compiled import jit, reads, writes

PLACES = 20


@jit(reads("u1", 1), reads("u1", 1), writes("i4", 1))
def _chroma(near: np.ndarray, far: np.ndarray, wide: np.ndarray) -> None:
    """A row between two rows of chroma, three times as near to the first one; enlarged, in 16ths."""
    last = len(near) - 1
    for i in range(len(near)):
        a = np.int32(3) * np.int32(near[i]) + np.int32(far[i])
        before, after = max(i - 1, 0), min(i + 1, last)
        left = np.int32(3) * np.int32(near[before]) + np.int32(far[before])
        right = np.int32(3) * np.int32(near[after]) + np.int32(far[after])
        wide[2 * i] = np.int32(3 * a + left)
        wide[2 * i + 1] = np.int32(3 * a + right)


@jit(reads("u1", 1), reads("i4", 1), reads("i4", 1), reads("i4", 1), writes("u1", 1))
def _to_rgb_row(luma: np.ndarray, u: np.ndarray, v: np.ndarray, matrix: np.ndarray, rgb: np.ndarray) -> None:
    bright, red, green_u, green_v, blue = matrix[0], matrix[1], matrix[2], matrix[3], matrix[4]
    black, half, most = matrix[5], np.int32(1 << (PLACES - 1)), np.int32(255)
    for x in range(len(luma)):
        y = np.int32((np.int32(luma[x]) - black) * bright + half)
        cu, cv = np.int32(u[x] - 2048), np.int32(v[x] - 2048)
        r = np.int32(np.int32(y + cv * red) >> PLACES)
        g = np.int32(np.int32(y + cu * green_u + cv * green_v) >> PLACES)
        b = np.int32(np.int32(y + cu * blue) >> PLACES)
        rgb[3 * x] = np.uint8(min(max(r, np.int32(0)), most))
        rgb[3 * x + 1] = np.uint8(min(max(g, np.int32(0)), most))
        rgb[3 * x + 2] = np.uint8(min(max(b, np.int32(0)), most))


@jit(reads("u1", 2), reads("u1", 2), reads("u1", 2), reads("i4", 1), writes("u1", 3))
def to_rgb(luma: np.ndarray, u: np.ndarray, v: np.ndarray, matrix: np.ndarray, rgb: np.ndarray) -> None:
    """A frame as RGB (H, W, 3), both sides even.

    Args:
        luma, u, v: Planes, whose rows may be longer than the frame's.
        matrix: (6,): what red has of luma; red of v, green of u and of v, blue of u, by 16; and the luma of black.
    """
    h, w, _ = rgb.shape
    wide_u, wide_v = np.empty(w, np.int32), np.empty(w, np.int32)
    for y in range(h):
        near = y // 2
        far = min(max(near + (1 if y % 2 else -1), 0), h // 2 - 1)
        _chroma(u[near, : w // 2], u[far, : w // 2], wide_u)
        _chroma(v[near, : w // 2], v[far, : w // 2], wide_v)
        _to_rgb_row(luma[y, :w], wide_u, wide_v, matrix, rgb[y].reshape(-1))


@jit(reads("u1", 1), reads("i4", 1), writes("u1", 1))
def _luma_row(rgb: np.ndarray, matrix: np.ndarray, luma: np.ndarray) -> None:
    red, green, blue, start = matrix[0], matrix[1], matrix[2], matrix[9]
    for x in range(len(luma)):
        r, g, b = np.int32(rgb[3 * x]), np.int32(rgb[3 * x + 1]), np.int32(rgb[3 * x + 2])
        luma[x] = np.uint8(np.int32(np.int32(r * red + g * green + b * blue + start) >> PLACES))


@jit(*[reads("u1", 1)] * 4, writes("i4", 2))
def _column_sums(above: np.ndarray, first: np.ndarray, second: np.ndarray, below: np.ndarray, sums: np.ndarray) -> None:
    """Of four rows of RGB, by their weights, each channel in a row of its own, a pixel from both ends repeated."""
    w = len(first) // 3
    for c in range(3):
        row = sums[c, 1 : w + 1]
        for x in range(w):
            inner = np.int32(first[3 * x + c]) + np.int32(second[3 * x + c])
            row[x] = np.int32(np.int32(above[3 * x + c]) + np.int32(below[3 * x + c]) + np.int32(3) * inner)
        sums[c, 0], sums[c, w + 1] = sums[c, 1], sums[c, w]


@jit(reads("i4", 2), reads("i4", 1), writes("u1", 1), writes("u1", 1))
def _chroma_row(sums: np.ndarray, matrix: np.ndarray, u: np.ndarray, v: np.ndarray) -> None:
    start = np.int32(matrix[10])
    red, green, blue = sums[0], sums[1], sums[2]
    for i in range(len(u)):
        j = 2 * i
        r = np.int32(red[j] + red[j + 3] + np.int32(3) * np.int32(red[j + 1] + red[j + 2]))
        g = np.int32(green[j] + green[j + 3] + np.int32(3) * np.int32(green[j + 1] + green[j + 2]))
        b = np.int32(blue[j] + blue[j + 3] + np.int32(3) * np.int32(blue[j + 1] + blue[j + 2]))
        u[i] = np.uint8(np.int32(np.int32(r * matrix[3] + g * matrix[4] + b * matrix[5] + start) >> PLACES))
        v[i] = np.uint8(np.int32(np.int32(r * matrix[6] + g * matrix[7] + b * matrix[8] + start) >> PLACES))


@jit(reads("u1", 3), reads("i4", 1), writes("u1", 2), writes("u1", 2), writes("u1", 2))
def from_rgb(rgb: np.ndarray, matrix: np.ndarray, luma: np.ndarray, u: np.ndarray, v: np.ndarray) -> None:
    """RGB (H, W, 3), both sides even, as planes.

    Args:
        matrix: (11,): what luma, u and v have of red, green and blue, those of u and v by 64; and what is added to
            luma, and to u and v.
        luma, u, v: Their rows may be longer than the frame's.
    """
    h, w, _ = rgb.shape
    sums = np.empty((3, w + 2), np.int32)
    for y in range(0, h, 2):
        _luma_row(rgb[y].reshape(-1), matrix, luma[y, :w])
        _luma_row(rgb[y + 1].reshape(-1), matrix, luma[y + 1, :w])
        above, below = rgb[max(y - 1, 0)].reshape(-1), rgb[min(y + 2, h - 1)].reshape(-1)
        _column_sums(above, rgb[y].reshape(-1), rgb[y + 1].reshape(-1), below, sums)
        _chroma_row(sums, matrix, u[y // 2, : w // 2], v[y // 2, : w // 2])
