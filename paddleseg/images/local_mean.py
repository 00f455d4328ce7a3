"""The mean colour around each pixel of a photo, of the pixels that count there; found on a small copy."""

from __future__ import annotations

import cv2
import numpy as np

from paddleseg.images.small import halved, halvings

_RADIUS = 2.0
"""Radius of the Gaussian on the small copy, at least: enough for no pixel of it to show when it is enlarged."""
_TINY, _SURE = 1e-3, 20
_MOST_COLUMNS = 1 << 14  # OpenCV's remap takes no more than 2^15


class Shrunk:
    """A photo (H, W, 3) uint8 and its matte (H, W) uint8, as small as a Gaussian of `radius` pixels allows."""

    def __init__(self, photo: np.ndarray, opacity: np.ndarray, radius: float):
        times = halvings(radius / _RADIUS)
        self.size, self.radius = photo.shape[:2], max(radius / 2**times, 0.5)
        self.photo, self.opacity = (halved(each, times).astype(np.float32) for each in (photo, opacity))


class LocalMean:
    """Means of a photo's colours around each pixel.

    Args:
        shrunk: The photo.
        of_foreground: Whether the foreground's pixels count, or the background's.

    Attributes:
        small: They (h, w, 3) float32, of the small copy.
    """

    def __init__(self, shrunk: Shrunk, *, of_foreground: bool):
        self.size = shrunk.size
        # A pixel of the small copy of which more than a little is not meant would bring the wrong colour in.
        scale = shrunk.opacity * (_SURE / 255)
        share: np.ndarray = np.clip(scale + (1 - _SURE) if of_foreground else 1 - scale, 0, 1)
        colours: np.ndarray = shrunk.photo * cv2.merge([share, share, share])
        weighted = cv2.merge([*cv2.split(colours), share])
        # A little of a much wider mean, so that pixels far from any that counts have a colour at all.
        h, w = share.shape
        total: np.ndarray = cv2.GaussianBlur(weighted, (0, 0), shrunk.radius)
        total += _TINY * cv2.blur(weighted, (w | 1, h | 1))
        weight = np.maximum(total[..., 3], 1e-8)
        self.small = np.ascontiguousarray(total[..., :3])
        self.small /= cv2.merge([weight, weight, weight])

    def picture(self) -> np.ndarray:
        """All of the photo's size, uint8 (H, W, 3)."""
        small = np.clip(np.rint(self.small), 0, 255).astype(np.uint8)
        return cv2.resize(small, self.size[::-1], interpolation=cv2.INTER_LINEAR)

    def at(self, places: np.ndarray) -> np.ndarray:
        """Those of some pixels, given as places in the photo row by row: (n, 3) float32, as `picture` has them."""
        rows, columns = np.divmod(places.astype(np.int32), np.int32(self.size[1]))
        y, x = (
            (place.astype(np.float32) + 0.5) * (small / whole) - 0.5
            for place, small, whole in zip((rows, columns), self.small.shape, self.size, strict=False)
        )
        parts = [
            cv2.remap(self.small, x[None, part], y[None, part], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)[0]
            for start in range(0, len(places), _MOST_COLUMNS)
            if (part := slice(start, start + _MOST_COLUMNS))
        ]
        return np.concatenate(parts) if parts else np.empty((0, 3), np.float32)
