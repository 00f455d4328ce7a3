"""The errors of a matte (Rhemann et al., "A Perceptually Motivated Online Benchmark for Image Matting", CVPR 2009)."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import cv2
import numpy as np

from paddleseg.metrics.base import Metric, ratio

_SIGMA = 1.4
"""Of the Gaussian whose derivatives are a matte's gradient (section 4 of the paper)."""
_STEP, _TOLERANCE = 0.1, 0.15
"""Levels at which what hangs together is looked for, and a distance from them that does not count (section 4)."""
_THOUSAND = 1000.0
"""Sums over pixels are told in thousands, as papers do."""


def absolute_errors(alpha: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """How far off each pixel is, (H, W)."""
    return np.abs(alpha - truth)


def gradient_errors(alpha: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """The squared difference of the gradients' lengths at each pixel, (H, W)."""
    return (_gradient(alpha) - _gradient(truth)) ** 2


def connectivity_errors(alpha: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """How differently each pixel hangs together with the part that both mattes are sure of, (H, W)."""
    held = np.full(truth.shape, -1, np.float32)
    both = np.minimum(alpha, truth)
    levels = [number * _STEP for number in range(round(1 / _STEP) + 1)]
    for before, level in pairwise(levels):
        held[(held == -1) & ~_largest(both >= level)] = before
    held[held == -1] = 1
    return np.abs(_degree(alpha, held) - _degree(truth, held))


def _degree(matte: np.ndarray, held: np.ndarray) -> np.ndarray:
    """The degree of connectivity: 1 less what a pixel is above the level up to which it hangs together."""
    above = matte - held
    return 1 - above * (above >= _TOLERANCE)


def _largest(inside: np.ndarray) -> np.ndarray:
    """The largest piece of a region, with four neighbours to a pixel."""
    _, pieces, figures, _ = cv2.connectedComponentsWithStats(inside.view(np.uint8), connectivity=4)
    if len(figures) < 2:
        return np.zeros_like(inside)
    return pieces == 1 + int(np.argmax(figures[1:, cv2.CC_STAT_AREA]))


def _gradient(matte: np.ndarray) -> np.ndarray:
    smooth, steep = _kernels()
    along_x = cv2.sepFilter2D(matte, cv2.CV_32F, steep, smooth, borderType=cv2.BORDER_REPLICATE)
    along_y = cv2.sepFilter2D(matte, cv2.CV_32F, smooth, steep, borderType=cv2.BORDER_REPLICATE)
    return np.hypot(along_x, along_y)


def _kernels() -> tuple[np.ndarray, np.ndarray]:
    """A Gaussian and its derivative, such that their product has length 1."""
    reach = math.ceil(_SIGMA * math.sqrt(-2 * math.log(math.sqrt(2 * math.pi) * _SIGMA * 0.01)))
    x = np.arange(-reach, reach + 1, dtype=np.float64)
    smooth = np.exp(-(x**2) / (2 * _SIGMA**2)) / (_SIGMA * math.sqrt(2 * math.pi))
    steep = x * smooth / _SIGMA**2
    return smooth / np.linalg.norm(smooth), steep / np.linalg.norm(steep)


class MattingErrors(Metric):
    """SAD, MSE, MAD, and with `thorough` Grad and Conn: the means over images of what is measured in each.

    SAD, Grad and Conn are sums over pixels in thousands; MSE and MAD are means over pixels. Each is told of the whole
    image, and with `_unknown` behind its name of the pixels that the trimap leaves open; an image without such pixels
    does not count there.

    Args:
        thorough: Whether to measure gradients and connectivity too, which takes several times as long.

    Example:
        >>> MattingErrors(thorough=False).of(alpha, truth, unknown).compute()["MSE"]
    """

    def __init__(self, thorough: bool = True):
        self.names = ("SAD", "MSE", "MAD", *(("Grad", "Conn") if thorough else ()))
        names = [name + region for region in ("", "_unknown") for name in self.names]
        self.totals = {name: np.zeros((), np.float64) for name in (*names, "images", "images_unknown")}

    def update(self, mask: np.ndarray, label: np.ndarray, prob: np.ndarray | None = None) -> None:
        """Take one image.

        Args:
            mask: The matte (H, W) float32 in [0, 1].
            label: The true one.
            prob: Which pixels are unknown, (H, W) bool; None where there is no trimap.

        Raises:
            ValueError: The mattes differ in size.
        """
        if mask.shape != label.shape:
            raise ValueError(f"mattes {mask.shape} and {label.shape} differ in size")
        errors = {name: of(mask, label) for name, of in _ERRORS.items() if name in self.names}
        for region, inside in (("", None), ("_unknown", prob)):
            if region and (inside is None or not inside.any()):
                continue
            self.totals[f"images{region}"] += 1
            for name, planes in _measured(errors, inside).items():
                self.totals[name + region] += planes

    def compute(self) -> dict[str, Any]:
        return {
            name + region: float(ratio(self.totals[name + region], self.totals[f"images{region}"]))
            for region in ("", "_unknown")
            for name in self.names
        }


_ERRORS: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "SAD": absolute_errors,
    "Grad": gradient_errors,
    "Conn": connectivity_errors,
}


def _measured(errors: dict[str, np.ndarray], inside: np.ndarray | None) -> dict[str, float]:
    within = {name: plane if inside is None else plane[inside] for name, plane in errors.items()}
    sums = {name: float(plane.sum(dtype=np.float64)) / _THOUSAND for name, plane in within.items()}
    off = within["SAD"].astype(np.float64)
    return {**sums, "MSE": float(np.mean(off**2)), "MAD": float(np.mean(off))}
