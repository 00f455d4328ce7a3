"""What colour the foreground has behind a matte's soft edge, from coarse to fine.

After Germer et al., "Fast Multi-Level Foreground Estimation" (ICPR 2020): colours of foreground and background change
little where alpha does not, and mix to the photo. It is solved on a copy of few pixels first; each finer one begins
with what the coarser one found. Only pixels near what is soft are asked for: others show their colour.
"""

from __future__ import annotations

import cv2
import numpy as np

from paddleseg.compiled import Passes, allowed
from paddleseg.images.mattes import opacity

_LEAST = 1e-5
"""How much neighbours of one alpha count (the paper's regularisation)."""
_SMALL, _SWEEPS_SMALL, _SWEEPS = 32, 10, 2
"""Up to which side a level is swept more often, and how often (the paper's numbers)."""
_NEAR = np.ones((3, 3), np.uint8)

_passes = Passes("paddleseg.images.foreground_passes")


def estimate_foreground(photo: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """The foreground's colours, RGB uint8 (H, W, 3); where nothing is soft they are the photo's own.

    Args:
        photo: RGB uint8 (H, W, 3).
        alpha: Its matte (H, W), uint8 or float in [0, 1].

    Example:
        >>> front = estimate_foreground(photo, predictor(photo).alpha)
    """
    matte = opacity(alpha)
    soft = ((matte > 0) & (matte < 255)).view(np.uint8)
    left, top, wide, high = cv2.boundingRect(soft)
    picture = photo.copy()
    if not wide:
        return picture
    # Some surroundings, for the colours beyond the edge.
    reach = max(max(photo.shape[:2]) // 16, 8)
    window = np.s_[max(top - reach, 0) : top + high + reach, max(left - reach, 0) : left + wide + reach]
    front = _solved(photo[window].astype(np.float32) / 255, matte[window].astype(np.float32) / 255)
    inside = soft[window] > 0
    picture[window][inside] = np.rint(front[inside] * 255).astype(np.uint8)
    return picture


def _solved(image: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """The foreground (H, W, 3) float32 in [0, 1]."""
    h, w = alpha.shape
    levels = int(np.ceil(np.log2(max(h, w))))
    front = _mean_of(image, alpha > 0.9)
    back = _mean_of(image, alpha < 0.1)
    for level in range(1, levels + 1):
        size = (round(w ** (level / levels)), round(h ** (level / levels)))
        last = level == levels
        small = image if last else cv2.resize(image, size, interpolation=cv2.INTER_AREA)
        share = alpha if last else cv2.resize(alpha, size, interpolation=cv2.INTER_AREA)
        front, back = (cv2.resize(each, size, interpolation=cv2.INTER_LINEAR) for each in (front, back))
        _settle(small, share, front, back, _SWEEPS_SMALL if max(size) <= _SMALL else _SWEEPS)
    return front


def _mean_of(image: np.ndarray, where: np.ndarray) -> np.ndarray:
    colour = image[where].mean(axis=0) if where.any() else image.reshape(-1, 3).mean(axis=0)
    return np.full((1, 1, 3), colour, np.float32)


def _settle(image: np.ndarray, alpha: np.ndarray, front: np.ndarray, back: np.ndarray, sweeps: int) -> None:
    """Bring the colours of one level to rest, in place."""
    one, none = alpha == 1, alpha == 0
    front[one], back[none] = image[one], image[none]
    soft = (~(one | none)).view(np.uint8)
    wanted = cv2.dilate(soft, _NEAR) if max(alpha.shape) > _SMALL else np.ones_like(soft)
    if allowed() and _passes.load():
        loaded = _passes.loaded
        assert loaded is not None
        given = [np.ascontiguousarray(each) for each in (image, alpha, wanted)]
        for _ in range(sweeps):
            loaded.sweep(*given, np.float32(_LEAST), front, back)
        return
    for number in range(2 * sweeps):  # of the squares of a chess board in turn, which settles as fast
        _sweep(image, alpha, wanted, number % 2, front, back)


def _sweep(
    image: np.ndarray, alpha: np.ndarray, wanted: np.ndarray, color: int, front: np.ndarray, back: np.ndarray
) -> None:
    """The plain form of a sweep, of every other pixel."""
    h, w = alpha.shape
    rows, columns = np.nonzero(wanted)
    chosen = (rows + columns) % 2 == color
    rows, columns = rows[chosen], columns[chosen]
    share = alpha[rows, columns][:, None]
    total = np.zeros_like(share)
    ahead, behind = np.zeros((len(rows), 3), np.float32), np.zeros((len(rows), 3), np.float32)
    for down, right in ((1, 0), (-1, 0), (0, 1), (0, -1)):
        near = np.clip(rows + down, 0, h - 1), np.clip(columns + right, 0, w - 1)
        weight = np.float32(_LEAST) + np.abs(share - alpha[near][:, None])
        total += weight
        ahead += weight * front[near]
        behind += weight * back[near]
    ahead /= total
    behind /= total
    rest = 1 - share
    off = (image[rows, columns] - share * ahead - rest * behind) / (total + share**2 + rest**2)
    front[rows, columns] = np.clip(ahead + share * off, 0, 1)
    back[rows, columns] = np.clip(behind + rest * off, 0, 1)
