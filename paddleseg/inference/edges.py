"""Edges of a mask moved onto the photo's own: a network sees the photo small, so its edges enlarged are too smooth.

The guided filter (He, Sun and Tang, TPAMI 2013) takes the probability within a small window for a linear function of
the photo's brightness. As in the fast guided filter (He and Sun, arXiv 1505.00996), the functions are found on a small
copy and used at full size, so the work hardly grows with the photo.
"""

from __future__ import annotations

import cv2
import numpy as np

_WINDOW = 4
"""Radius in pixels of the small copy: as small as the radius can be there without following the photo's noise."""
_EPSILON = 1e-3
"""Variance of brightness (of [0, 1]) below which a window has no edge to follow."""
_STEEPNESS = 2.0
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
    h, w = light.shape
    shrink = min(_WINDOW / radius, 1.0)
    small = max(1, round(w * shrink)), max(1, round(h * shrink))
    small_light = cv2.resize(light, small, interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    small_prob = cv2.resize(prob[-1], small, interpolation=cv2.INTER_LINEAR)
    steep = np.clip(_STEEPNESS * (small_prob - threshold) + threshold, 0, 1)
    slope, offset = _lines(small_light, steep, max(1, round(radius * shrink)))
    foreground, rest = prob[-1], prob[0] if len(prob) == 2 else np.empty_like(prob[0])
    cv2.resize(slope / 255, (w, h), dst=foreground, interpolation=cv2.INTER_LINEAR)
    foreground *= light
    cv2.resize(offset, (w, h), dst=rest, interpolation=cv2.INTER_LINEAR)
    foreground += rest
    np.clip(foreground, 0, 1, out=foreground)
    np.subtract(1, foreground, out=rest)
    return prob


def _lines(light: np.ndarray, prob: np.ndarray, radius: int) -> tuple[np.ndarray, np.ndarray]:
    """Slope and offset (h, w) of prob = slope * light + offset: the means of what fits best in the windows around."""

    def mean(plane: np.ndarray) -> np.ndarray:
        return cv2.blur(plane, (2 * radius + 1, 2 * radius + 1))

    mean_light, mean_prob = mean(light), mean(prob)
    variance = mean(light * light) - mean_light * mean_light
    slope = (mean(light * prob) - mean_light * mean_prob) / (variance + _EPSILON)
    return mean(slope), mean(mean_prob - slope * mean_light)
