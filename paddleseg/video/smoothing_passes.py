"""The adaptive mean over time, compiled."""

from __future__ import annotations

import numpy as np

from paddleseg.compiled import jit, reads, writes


@jit(reads("f4", 1), reads("f4", 1), "f4", "f4", "f4", writes("f4", 1))
def adapt(prob: np.ndarray, before: np.ndarray, still: float, low: float, high: float, steady: np.ndarray) -> None:
    """Probabilities mixed with those before, by `smoothing.Adaptive`; all (n,)."""
    zero, one, two, three = np.float32(0), np.float32(1), np.float32(2), np.float32(3)
    width, moving = high - low, one - still
    for k in range(len(prob)):
        change = prob[k] - before[k]
        share = min(max((abs(change) - low) / width, zero), one)
        share = share * (share * (three - two * share)) * moving + still
        steady[k] = before[k] + share * change
