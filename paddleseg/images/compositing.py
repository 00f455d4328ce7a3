"""A person cut out, or put before another background, with clean colours at the edge.

Mattes are uint8 (H, W), 0 to 255, or float (H, W) in [0, 1]. What is wholly foreground or background is copied, so the
work grows with the length of the edge.
"""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np

from paddleseg.compiled import Passes
from paddleseg.images.backgrounds import Background, background_from
from paddleseg.images.local_mean import LocalMean, Shrunk
from paddleseg.images.mattes import opacity

__all__ = ["background_from", "compose", "cutout", "foreground_color", "opacity", "replace"]

# The radius of the estimate of the foreground's colour, as a share of the longer side; it has to span the soft edge.
_EDGE_SHARE = 0.02
_STRIP_PIXELS = 1 << 20

_passes = Passes("paddleseg.images.blend_passes")


def cutout(photo: np.ndarray, alpha: np.ndarray, front: np.ndarray | None = None) -> np.ndarray:
    """The foreground with transparency, RGBA uint8 (H, W, 4); the old background's colour is taken out of the edge.

    Args:
        front: The foreground's colours, where they are known already.
    """
    matte = opacity(alpha)
    picture = cv2.cvtColor(foreground_color(photo, matte) if front is None else front, cv2.COLOR_RGB2RGBA)
    return cv2.insertChannel(matte, picture, 3)


def compose(
    photo: np.ndarray, alpha: np.ndarray, background: Background, front: np.ndarray | None = None
) -> np.ndarray:
    """The foreground of a photo before a background, RGB uint8.

    Args:
        front: The foreground's colours, where they are known already.
    """
    behind = background(photo, alpha)
    if front is not None:
        return replace(front, alpha, behind, unmix=False, overwrite=not background.foreign)
    return replace(photo, alpha, behind, unmix=background.foreign, overwrite=not background.foreign)


def replace(
    photo: np.ndarray, alpha: np.ndarray, background: np.ndarray, *, unmix: bool = True, overwrite: bool = False
) -> np.ndarray:
    """The foreground of a photo before another picture of its size, RGB uint8.

    Args:
        unmix: Take the old background's colour out of the edge; no need where the new one looks like it.
        overwrite: Whether the background is not needed any more: its memory may become the picture's.
    """
    matte = opacity(alpha)
    picture = background if overwrite and background.flags.c_contiguous else background.copy()
    if (passes := _passes.loaded) is not None:
        photo, matte = np.ascontiguousarray(photo), np.ascontiguousarray(matte)
        if unmix:
            passes.mix_fronts(photo, matte, *(mean.small for mean in _means(photo, matte)), picture, True)
        else:
            passes.mix(photo.reshape(-1), matte.reshape(-1), picture.reshape(-1))
        return picture
    cv2.copyTo(photo, (matte == 255).view(np.uint8), picture)
    for places, front in _fronts(photo, matte) if unmix else _edges(photo, matte):
        share = matte.reshape(-1).take(places).astype(np.uint16)[:, None]
        mixed = front.astype(np.uint16) * share
        numbers = _numbers(places)
        mixed += picture.reshape(-1).take(numbers).astype(np.uint16) * (255 - share)
        mixed += 127
        picture.reshape(-1)[numbers] = mixed // 255
    return picture


def foreground_color(photo: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """What colour the foreground has where it is mixed with the background, RGB uint8.

    After Forte, "Approximate Fast Foreground Colour Estimation" (ICIP 2021): local means of sure foreground and sure
    background, then what they leave unexplained; the paper's repeated passes are not needed for edges this narrow.
    """
    picture, matte = photo.copy(), opacity(alpha)
    if (passes := _passes.loaded) is not None:
        photo, matte = np.ascontiguousarray(photo), np.ascontiguousarray(matte)
        passes.mix_fronts(photo, matte, *(mean.small for mean in _means(photo, matte)), picture, False)
        return picture
    for places, front in _fronts(photo, matte):
        picture.reshape(-1)[_numbers(places)] = front
    return picture


def _means(photo: np.ndarray, matte: np.ndarray) -> tuple[LocalMean, LocalMean]:
    """What colours foreground and background have around each pixel."""
    shrunk = Shrunk(photo, matte, max(photo.shape[:2]) * _EDGE_SHARE)
    return LocalMean(shrunk, of_foreground=True), LocalMean(shrunk, of_foreground=False)


def _fronts(photo: np.ndarray, matte: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Where the edge's pixels are, row by row, and what colour (n, 3) uint8 the foreground has there."""
    means: tuple[LocalMean, LocalMean] | None = None
    for places, mixed in _edges(photo, matte):
        if means is None:
            means = _means(photo, matte)
        share = (matte.reshape(-1).take(places).astype(np.float32) / 255)[:, None]
        front, back = means[0].at(places), means[1].at(places)
        front += share * (mixed - share * front - (1 - share) * back)
        yield places, np.clip(np.rint(front, out=front), 0, 255, out=front).astype(np.uint8)


def _edges(photo: np.ndarray, matte: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Where the edge's pixels are, row by row, and their colours (n, 3); some at a time, so that memory stays small."""
    shares = matte.reshape(-1)
    for start in range(0, len(shares), _STRIP_PIXELS):
        # As uint8, 0 less 1 is 255: only what is neither 0 nor 255 ends up below 254.
        places = np.flatnonzero(shares[start : start + _STRIP_PIXELS] - np.uint8(1) < 254) + start
        if len(places):
            yield places, photo.reshape(-1).take(_numbers(places))


def _numbers(places: np.ndarray) -> np.ndarray:
    """Where the three numbers of each pixel are (n, 3): NumPy is several times as slow at taking rows of three."""
    return 3 * places[:, None] + np.arange(3)
