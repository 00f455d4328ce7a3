"""Edges of a mask moved onto the photo's own: a network sees the photo small, so its edges enlarged are too smooth.

The guided filter (He, Sun and Tang, TPAMI 2013) takes the probability within a small window for a linear function of
the photo's brightness. As in the fast guided filter (He and Sun, arXiv 1505.00996), the functions are found on a small
copy and used at full size, so the work hardly grows with the photo.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from paddleseg.images.small import halved, halvings

WINDOW = 2.5
"""Radius in pixels of the small copy, at least: a smaller one would follow the photo's noise."""
EPSILON = 1e-3
"""Variance of brightness (of [0, 1]) below which a window has no edge to follow."""
STEEPNESS = 2.0
"""Probabilities are moved away from the threshold before, since a window's mean is less certain than its pixels."""


def refine_edges(prob: np.ndarray, image: np.ndarray, radius: float, threshold: float = 0.5) -> np.ndarray:
    """Two classes' probabilities with the photo's edges.

    Args:
        prob: Probabilities (C, H, W) float32, of both classes or of the foreground alone; overwritten, since at this
            size fresh memory costs as much as the arithmetic.
        image: The photo (H, W, C) uint8.
        radius: How far from a pixel the photo is looked at, in its pixels: two to four pixels of the network's input.
        threshold: Probability from which a pixel is foreground.

    Returns:
        `prob`.
    """
    light = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY) if image.shape[2] == 3 else image[..., 0]
    times = halvings(radius / WINDOW)
    small_light = halved(light, times).astype(np.float32)
    small_light /= 255
    h, w = small_light.shape
    steep = cv2.resize(prob[-1], (w, h), interpolation=cv2.INTER_LINEAR)
    np.clip(STEEPNESS * (steep - threshold) + threshold, 0, 1, out=steep)
    window = max(1, round(radius / 2**times))
    slope, offset = _lines(small_light, steep, window)
    slope /= 255
    foreground = prob[-1]
    foreground[:] = 0
    for strip in _strips(steep > 0, 2 * window + 1, light.shape):
        lit = light[strip.full].astype(np.float32)
        lit *= strip.enlarged(slope)
        lit += strip.enlarged(offset)
        np.clip(lit, 0, 1, out=foreground[strip.full])
    if len(prob) == 2:
        np.subtract(1, prob[1], out=prob[0])
    return prob


Box = tuple[slice, slice]


@dataclass(frozen=True)
class _Strip:
    """Some rows, few enough for what is made of them to stay in the processor's cache: a third of the time.

    Args:
        small: The rows and columns of the small copy that it needs.
        full: Those of the photo that it is.
        size: (h, w) of `small`, enlarged.
        above: Rows of these that are not part of it.
    """

    small: Box
    full: Box
    size: tuple[int, int]
    above: int

    def enlarged(self, small: np.ndarray) -> np.ndarray:
        """What a map of the small copy's size is here."""
        rows = self.full[0].stop - self.full[0].start
        large = cv2.resize(small[self.small], self.size[::-1], interpolation=cv2.INTER_LINEAR)
        return large[self.above : self.above + rows]


_STRIP_PIXELS = 1 << 16


def _strips(inside: np.ndarray, rim: int, size: tuple[int, ...]) -> Iterator[_Strip]:
    """The part of a photo of `size` that can be foreground, given what is on a small copy; all else is background."""
    (h, w), (y, x) = inside.shape, (size[0] // inside.shape[0], size[1] // inside.shape[1])
    if (h * y, w * x) != size:  # the small copy's pixels do not end where the photo's do
        yield _Strip(np.s_[:, :], np.s_[0 : size[0], 0 : size[1]], (size[0], size[1]), 0)
        return
    left, top, wide, high = cv2.boundingRect(inside.view(np.uint8))
    if not wide:
        return
    first, last = max(top - rim, 0), min(top + high + rim, h)
    left, right = max(left - rim, 0), min(left + wide + rim, w)
    step = max(1, _STRIP_PIXELS // ((right - left) * x * y))
    for top in range(first, last, step):
        bottom = min(top + step, last)
        above, below = max(top - 1, 0), min(bottom + 1, h)  # a row more on both sides, to interpolate with
        full = np.s_[top * y : bottom * y, left * x : right * x]
        yield _Strip(np.s_[above:below, left:right], full, ((below - above) * y, (right - left) * x), (top - above) * y)


def _lines(light: np.ndarray, prob: np.ndarray, radius: int) -> tuple[np.ndarray, np.ndarray]:
    """Slope and offset (h, w) of prob = slope * light + offset: the means of what fits best in the windows around."""

    def mean(plane: np.ndarray) -> np.ndarray:
        return cv2.blur(plane, (2 * radius + 1, 2 * radius + 1))

    mean_light, mean_prob = mean(light), mean(prob)
    variance = mean(light * light) - mean_light * mean_light
    slope = (mean(light * prob) - mean_light * mean_prob) / (variance + EPSILON)
    return mean(slope), mean(mean_prob - slope * mean_light)
