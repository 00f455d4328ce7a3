"""Fingerprints of pictures that survive resizing and recompression, and the pairs of pictures that share one.

pHash: Zauner, "Implementation and benchmarking of perceptual image hash functions", 2010, sec. 3.1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

_SIDE = 32
_KEPT = 8
_THUMB = 16
_BANDS = 4
_REACH = 7
"""Bits that two fingerprints of one picture may differ in. With 4 bands of 16 bits, one band differs in at most one
of them, which is what the search relies on."""
_ALIKE = 0.97
"""Correlation of two thumbnails of one picture."""
_FLAT = 8.0
"""Contrast, of 255, below which a picture has no face to recognise it by."""
_CROWD = 64
"""Pictures that share a band and are looked at; without a limit a set of near-equal pictures would cost n * n."""


@dataclass(frozen=True)
class Fingerprint:
    """What a picture can be recognised by.

    Args:
        bits: 64 signs of the lowest frequencies, as one number.
        mirrored: The same of the picture mirrored left to right.
        thumb: (16, 16) grey, of mean 0 and length 1.
        contrast: Standard deviation of the grey picture.
    """

    bits: int
    mirrored: int
    thumb: np.ndarray
    contrast: float


def fingerprint(image: np.ndarray) -> Fingerprint:
    """The fingerprint of an image (H, W, 1 or 3)."""
    grey = cv2.resize(image, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    grey = (grey if grey.ndim == 2 else grey.mean(2)).astype(np.float32)
    low = cv2.dct(grey)[:_KEPT, :_KEPT]
    signs = np.where(np.arange(_KEPT) % 2, -1, 1)  # what mirroring does to the columns' cosines
    thumb = np.asarray(cv2.resize(grey, (_THUMB, _THUMB), interpolation=cv2.INTER_AREA), np.float32)
    thumb = thumb - thumb.mean()
    thumb = thumb / max(float(np.linalg.norm(thumb)), 1e-6)
    return Fingerprint(_pack(low), _pack(low * signs), thumb, float(grey.std()))


def _pack(low: np.ndarray) -> int:
    bits = low > np.median(low)
    return int.from_bytes(np.packbits(bits).tobytes(), "big")


def lookalikes(first: Sequence[Fingerprint], second: Sequence[Fingerprint]) -> list[tuple[int, int]]:
    """Indices (of `first`, of `second`) of pictures that look the same, or mirrored, in time linear in their number."""
    found = _search(first, second, mirrored=False) | _search(first, second, mirrored=True)
    return sorted(found)


def _search(first: Sequence[Fingerprint], second: Sequence[Fingerprint], *, mirrored: bool) -> set[tuple[int, int]]:
    a = np.array([look.bits for look in first], np.uint64)
    b = np.array([look.mirrored if mirrored else look.bits for look in second], np.uint64)
    found: set[tuple[int, int]] = set()
    if not len(a) or not len(b):
        return found
    one_off = np.array([0] + [1 << bit for bit in range(16)], np.uint16)
    for band in range(_BANDS):
        keys = _band(a, band)
        order = np.argsort(keys, kind="stable")
        probes = (_band(b, band)[:, None] ^ one_off).ravel()
        start = np.searchsorted(keys[order], probes, "left")
        count = np.minimum(np.searchsorted(keys[order], probes, "right") - start, _CROWD)
        other = np.repeat(np.arange(len(probes)) // len(one_off), count)
        offset = np.arange(count.sum()) - np.repeat(count.cumsum() - count, count)
        one = order[np.repeat(start, count) + offset]
        near = _distance(a[one], b[other]) <= _REACH
        found |= set(zip(one[near].tolist(), other[near].tolist(), strict=True))
    return {(i, j) for i, j in found if _same(first[i], second[j], mirrored=mirrored)}


def _band(bits: np.ndarray, band: int) -> np.ndarray:
    return ((bits >> np.uint64(16 * band)) & np.uint64(0xFFFF)).astype(np.uint16)


def _distance(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Bits in which the numbers differ."""
    return np.unpackbits((a ^ b).view(np.uint8).reshape(-1, 8), axis=1).sum(1)


def _same(a: Fingerprint, b: Fingerprint, *, mirrored: bool) -> bool:
    thumb = b.thumb[:, ::-1] if mirrored else b.thumb
    return min(a.contrast, b.contrast) > _FLAT and float((a.thumb * thumb).sum()) > _ALIKE
