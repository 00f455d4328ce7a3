"""What makes people look as if they stood before their new background: its light around their edges, its colours."""

from __future__ import annotations

import cv2
import numpy as np

from paddleseg.images.local_mean import LocalMean, Shrunk

# Radius of the light around the edge as a share of the longer side.
_WRAP_SHARE = 0.015
# How far colours are moved at most: a person in full background colour looks painted.
_MOST_SHIFT, _MOST_GAIN = 40.0, 1.25
_SLOW = 0.1
"""Share of a new frame in the colours that are matched: they must not pulse."""


def light_wrap(picture: np.ndarray, alpha: np.ndarray, background: np.ndarray, strength: float) -> np.ndarray:
    """A composite with the background's light spilling over the people's edges, RGB uint8 (H, W, 3).

    Args:
        picture: The composite, RGB uint8.
        alpha: The matte (H, W) uint8.
        background: What stands behind, of the same size.
        strength: From 0 to 1.
    """
    h, w = alpha.shape
    shrunk = Shrunk(background, np.zeros_like(alpha), max(h, w) * _WRAP_SHARE)
    glow = LocalMean(shrunk, of_foreground=False).picture()
    opacity = Shrunk(picture, alpha, max(h, w) * _WRAP_SHARE)
    around = 255 - cv2.GaussianBlur(opacity.opacity, (0, 0), opacity.radius)
    share: np.ndarray = cv2.resize(around * np.float32(strength / 255), (w, h), interpolation=cv2.INTER_LINEAR)
    share *= alpha
    share /= 255
    return cv2.blendLinear(glow, picture, share, 1 - share)


class ColourMatch:
    """Moves a photo's colours towards those of what will stand behind its people; slowly, from frame to frame.

    Args:
        strength: From 0 to 1.
    """

    def __init__(self, strength: float):
        self.strength = strength
        self._moments: np.ndarray | None = None

    def __call__(self, photo: np.ndarray, alpha: np.ndarray, background: np.ndarray) -> np.ndarray:
        """The photo, RGB uint8 (H, W, 3), with other colours everywhere."""
        front = _moments(photo, alpha)
        if front is None:
            return photo
        back = _moments(background, np.full_like(alpha, 255))
        assert back is not None
        now = np.stack([front, back])
        self._moments = now if self._moments is None else self._moments + _SLOW * (now - self._moments)
        (mean, spread), (other, others) = self._moments
        gain = np.clip(others / np.maximum(spread, 1), 1 / _MOST_GAIN, _MOST_GAIN)
        shift = np.clip((other - mean) / 2, -_MOST_SHIFT, _MOST_SHIFT)
        values = np.arange(256)[:, None]
        moved = (values - mean) * (1 + self.strength * (gain - 1)) + mean + self.strength * shift
        return cv2.LUT(photo, np.clip(np.rint(moved), 0, 255).astype(np.uint8)[None])


def _moments(picture: np.ndarray, alpha: np.ndarray) -> np.ndarray | None:
    """Mean and spread of each channel where the matte is solid, (2, 3); None where it is solid nowhere."""
    step = max(1, max(alpha.shape) // 256)
    found = picture[::step, ::step][alpha[::step, ::step] == 255].astype(np.float64)
    return np.stack([found.mean(axis=0), found.std(axis=0)]) if len(found) else None
