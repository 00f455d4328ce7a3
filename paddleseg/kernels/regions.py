"""Where sums of probabilities are wanted, for the compiled pass over pixels and for Paddle's alike."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Regions:
    """Where to add up, over a batch.

    Args:
        segments: The segment of every pixel, (N, H, W) int32, numbered over the batch.
        count: How many segments there are.
        label: The true class, (N, H, W); any value outside the classes where nothing is known.
        outside: For which image and class the probability outside the label is asked for, (N, C) bool.
    """

    segments: np.ndarray
    count: int
    label: np.ndarray
    outside: np.ndarray
