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

from paddleseg.compiled import Passes
from paddleseg.images.small import halved, halvings
from paddleseg.inference import postprocess

WINDOW = 2.5
"""Radius in pixels of the small copy, at least: a smaller one would follow the photo's noise."""
EPSILON = 1e-3
"""Variance of brightness (of [0, 1]) below which a window has no edge to follow."""
STEEPNESS = 2.0
"""Probabilities are moved away from the threshold before, since a window's mean is less certain than its pixels."""
_LEVELS = 4096
"""Steps of a probability while lines are fitted."""
_SLOPE_BITS, _OFFSET_BITS = 14, 7
"""Binary places of what is fitted in one window, before the mean of several."""
_NEXT = np.ones((3, 3), np.uint8)

_passes = Passes("paddleseg.inference.edge_passes")
_line_passes = Passes("paddleseg.inference.line_passes")


@dataclass(frozen=True)
class Refined:
    """The foreground's probability (H, W) float32, and what the compiled pass makes of it besides, uint8 (H, W):

    Args:
        inside: Where it is above the threshold, 0 and 1; None where nobody has looked.
        opacity: Likewise, the matte, 0 to 255.
    """

    prob: np.ndarray
    inside: np.ndarray | None = None
    opacity: np.ndarray | None = None


def refine_edges(prob: np.ndarray, image: np.ndarray, radius: float, threshold: float = 0.5) -> Refined:
    """The foreground's probability at the photo's size, with the photo's edges.

    Args:
        prob: It (h, w) float32 at any size.
        image: The photo (H, W, C) uint8.
        radius: How far from a pixel the photo is looked at, in its pixels: two to four pixels of the network's input.
        threshold: Probability from which a pixel is foreground.
    """
    light = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY) if image.shape[2] == 3 else np.ascontiguousarray(image[..., 0])
    times = halvings(radius / WINDOW)
    lines = _lines(_shrunk(light, times), prob, max(1, round(radius / 2**times)), threshold, times)
    if (passes := _passes.loaded) is None:
        return Refined(_applied(lines, light, 2**times))
    refined = np.empty(light.shape, np.float32)
    inside, opacity = np.empty(light.shape, np.uint8), np.empty(light.shape, np.uint8)
    least = np.float32(threshold + postprocess.MARGIN)
    kinds = np.where(cv2.dilate(lines.near - lines.solid, _NEXT) > 0, np.uint8(passes.SOFT), lines.solid)
    settings = kinds, 2**times, light, least, postprocess.OPACITY
    passes.apply_lines(lines.slope, lines.offset, *settings, refined, inside, opacity)
    return Refined(refined, inside, opacity)


def _shrunk(light: np.ndarray, times: int) -> np.ndarray:
    """A photo's brightness halved `times` times; where sides are no multiples, the last row and column are repeated."""
    h, w = light.shape
    bottom, right = -h % 2**times, -w % 2**times
    if bottom or right:
        light = cv2.copyMakeBorder(light, 0, bottom, 0, right, cv2.BORDER_REPLICATE)
    return halved(light, times)


@dataclass(frozen=True)
class _Lines:
    """Probabilities as functions of brightness, on the small copy: prob = slope * light + offset, light in 255ths.

    Slopes and offsets are rounded to so few bits that enlarging them is exact: every way to do it gives one result.

    Args:
        near: Where there is foreground within reach, uint8; elsewhere slope and offset are 0.
        solid: Where there is nothing else; there the slope is 0 and the offset 1.
    """

    slope: np.ndarray
    offset: np.ndarray
    near: np.ndarray
    solid: np.ndarray


def _lines(small: np.ndarray, prob: np.ndarray, radius: int, threshold: float, times: int) -> _Lines:
    h, w = small.shape
    steep = cv2.resize(prob, (w, h), interpolation=cv2.INTER_LINEAR)
    np.clip(STEEPNESS * (steep - threshold) + threshold, 0, 1, out=steep)
    slope, offset = _fitted(small.astype(np.float32), np.rint(steep * np.float32(_LEVELS)), radius)
    reach = np.ones((4 * radius + 1, 4 * radius + 1), np.uint8)
    near = cv2.dilate((steep > 0).view(np.uint8), reach)
    solid = cv2.erode((steep == 1).view(np.uint8), reach)
    bits = 27 - 2 * times, 18 - 2 * times
    if (passes := _line_passes.loaded) is not None:
        places = (2.0**each for each in bits)
        passes.settle(near.reshape(-1), solid.reshape(-1), _LEVELS, *places, slope.reshape(-1), offset.reshape(-1))
        return _Lines(slope, offset, near, solid)
    edge = near != solid
    levels = np.float32(_LEVELS)
    slope = np.where(edge, _rounded(slope / levels, bits[0]), np.float32(0))
    return _Lines(slope, np.where(edge, _rounded(offset / levels, bits[1]), solid.astype(np.float32)), near, solid)


def _rounded(values: np.ndarray, bits: int) -> np.ndarray:
    """Values to so many binary places."""
    scale = np.float32(2.0**bits)
    values = np.rint(values * scale)
    values /= scale
    return values


def _applied(lines: _Lines, light: np.ndarray, side: int) -> np.ndarray:
    """The plain form: strip by strip, within the box that holds the foreground."""
    prob = np.zeros(light.shape, np.float32)
    for strip in _strips(lines.near, side, light.shape):
        lit = light[strip.full].astype(np.float32)
        lit *= strip.enlarged(lines.slope)
        lit += strip.enlarged(lines.offset)
        np.clip(lit, 0, 1, out=prob[strip.full])
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
        rows, columns = (part.stop - part.start for part in self.full)
        large = cv2.resize(small[self.small], self.size[::-1], interpolation=cv2.INTER_LINEAR)
        return large[self.above : self.above + rows, :columns]


_STRIP_PIXELS = 1 << 16


def _strips(near: np.ndarray, side: int, size: tuple[int, ...]) -> Iterator[_Strip]:
    """The part of a photo of `size` that can be foreground, given where that is on a small copy."""
    h, w = near.shape
    left, top, wide, high = cv2.boundingRect(near)
    if not wide:
        return
    # A pixel more on all sides, to interpolate with; rows of a strip too.
    first, last, left, right = max(top - 1, 0), min(top + high + 1, h), max(left - 1, 0), min(left + wide + 1, w)
    step = max(1, _STRIP_PIXELS // ((right - left) * side * side))
    for top in range(first, last, step):
        bottom = min(top + step, last)
        above, below = max(top - 1, 0), min(bottom + 1, h)
        full = np.s_[top * side : min(bottom * side, size[0]), left * side : min(right * side, size[1])]
        enlarged = ((below - above) * side, (right - left) * side)
        yield _Strip(np.s_[above:below, left:right], full, enlarged, (top - above) * side)


def _fitted(light: np.ndarray, prob: np.ndarray, radius: int) -> tuple[np.ndarray, np.ndarray]:
    """Slope and offset (h, w) of prob = slope * light + offset: the means of what fits best in the windows around.

    Both are whole numbers, and slopes and offsets in between rounded: so sums are exact, in whatever order.
    """
    epsilon = np.float32(EPSILON * 255**2)
    if (passes := _line_passes.loaded) is not None:
        slope, offset = np.empty_like(light), np.empty_like(light)
        passes.fit(light, prob, radius, epsilon, 2.0**_SLOPE_BITS, 2.0**_OFFSET_BITS, slope, offset)
        return slope, offset

    def mean(plane: np.ndarray) -> np.ndarray:
        return cv2.blur(plane, (2 * radius + 1, 2 * radius + 1))

    mean_light, mean_prob = mean(light), mean(prob)
    variance = mean(light * light) - mean_light * mean_light
    slope = (mean(light * prob) - mean_light * mean_prob) / (variance + epsilon)
    slope = _rounded(slope, _SLOPE_BITS)
    return mean(slope), mean(_rounded(mean_prob - slope * mean_light, _OFFSET_BITS))
