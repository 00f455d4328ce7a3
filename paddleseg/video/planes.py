"""Frames of luma and chroma at half size, the form of nearly all clips, to RGB and back by compiled passes."""

from __future__ import annotations

from functools import lru_cache

import av
import numpy as np

from paddleseg.compiled import Passes

_FORMATS = ("yuv420p", "yuvj420p")
_SHARES = {1: (0.2126, 0.0722), 5: (0.299, 0.114), 6: (0.299, 0.114)}
"""By the numbers of ITU-T H.273: what luma has of red and of blue."""
_SMALLEST = 16
"""Sides of frames from which on FFmpeg's results at the frame's border are the same."""

_passes = Passes("paddleseg.video.colour_passes")


def picture_of(frame: av.VideoFrame, matrix: int, full: bool) -> np.ndarray | None:
    """A frame as RGB (H, W, 3); None where FFmpeg has to convert it.

    Args:
        matrix: That its numbers were made by, of ITU-T H.273.
        full: Whether they reach from 0 to 255, not from 16 to 235.
    """
    if not _fits(frame.height, frame.width, frame.format.name, matrix):
        return None
    planes = _planes(frame)
    if planes is None:
        return None
    assert _passes.loaded is not None
    rgb = np.empty((frame.height, frame.width, 3), np.uint8)
    _passes.loaded.to_rgb(*planes, _to_rgb(matrix, full, _passes.loaded.PLACES), rgb)
    return rgb


def frame_of_planes(picture: np.ndarray, pixels: str, matrix: int, full: bool) -> av.VideoFrame | None:
    """RGB (H, W, 3) as such a frame, the other way round; None where FFmpeg has to convert it."""
    if picture.ndim != 3 or picture.shape[2] != 3:
        return None
    h, w, _ = picture.shape
    if not _fits(h, w, pixels, matrix):
        return None
    frame = av.VideoFrame(w, h, pixels)
    planes = _planes(frame)
    if planes is None:
        return None
    assert _passes.loaded is not None
    _passes.loaded.from_rgb(np.ascontiguousarray(picture), _from_rgb(matrix, full, _passes.loaded.PLACES), *planes)
    return frame


def _fits(h: int, w: int, pixels: str, matrix: int) -> bool:
    known = _passes.loaded is not None and pixels in _FORMATS and matrix in _SHARES
    return known and h % 2 == 0 and w % 2 == 0 and min(h, w) >= _SMALLEST


def _planes(frame: av.VideoFrame) -> list[np.ndarray] | None:
    """Each plane with its rows as long as they are in memory; None of a frame that stands upside down there."""
    if any(plane.line_size < plane.width for plane in frame.planes):
        return None
    arrays = (np.frombuffer(memoryview(plane), np.uint8) for plane in frame.planes)
    shapes = ((plane.height, plane.line_size) for plane in frame.planes)
    return [array[: h * w].reshape(h, w) for array, (h, w) in zip(arrays, shapes, strict=True)]


@lru_cache
def _to_rgb(matrix: int, full: bool, places: int) -> np.ndarray:
    """As `colour_passes.to_rgb` takes it."""
    red, blue = _SHARES[matrix]
    green = 1 - red - blue
    luma, chroma = _ranges(full)
    of_v, of_u = 2 * (1 - red) / chroma / 16, 2 * (1 - blue) / chroma / 16
    parts = np.array([1 / luma, of_v, -of_u * blue / green, -of_v * red / green, of_u])
    return np.array([*np.rint(parts * 2**places), 0 if full else 16], np.int32)


@lru_cache
def _from_rgb(matrix: int, full: bool, places: int) -> np.ndarray:
    """As `colour_passes.from_rgb` takes it."""
    red, blue = _SHARES[matrix]
    shares = np.array([red, 1 - red - blue, blue])
    luma, chroma = _ranges(full)
    u = (np.array([0, 0, 1]) - shares) / (2 * (1 - blue)) * chroma / 64
    v = (np.array([1, 0, 0]) - shares) / (2 * (1 - red)) * chroma / 64
    starts = np.array([0.5 if full else 16.5, 128.5])
    return np.rint(np.concatenate([luma * shares, u, v, starts]) * 2**places).astype(np.int32)


def _ranges(full: bool) -> tuple[float, float]:
    """How much of 256 steps luma and chroma use, as shares of 255."""
    return (1.0, 1.0) if full else (219 / 255, 224 / 255)
