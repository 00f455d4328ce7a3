"""How sure a difference between two networks is: both measured on the same photos, drawn again and again.

Photos are drawn with replacement (Efron, 1979), for all networks the same ones, and measures are taken from the sums
over the photos drawn, as they are from all photos.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

Measure = Callable[[np.ndarray], np.ndarray]
"""Sums (..., 6) as `Entry.photos` holds them to shares (...)."""


def miou(sums: np.ndarray) -> np.ndarray:
    nobody, added, missed, person = np.moveaxis(sums[..., :4], -1, 0)
    wrong = added + missed
    return (nobody / (nobody + wrong) + person / (person + wrong)) / 2


def boundary_iou(sums: np.ndarray) -> np.ndarray:
    return sums[..., 4] / sums[..., 5]


def drawn(photos: int, times: int = 2000, seed: int = 0) -> np.ndarray:
    """How often each photo is in each draw, (times, photos)."""
    return np.random.default_rng(seed).multinomial(photos, np.full(photos, 1 / photos), times)


def lead(ours: np.ndarray, theirs: np.ndarray, measure: Measure, draws: np.ndarray) -> tuple[float, float, float]:
    """By how much our measure is above theirs, and the limits between which 95 % of the draws lie.

    Args:
        ours, theirs: Sums of each photo, (photos, 6).
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        leads = measure(draws @ ours) - measure(draws @ theirs)
        found = measure(ours.sum(axis=0)) - measure(theirs.sum(axis=0))
    low, high = np.nanpercentile(leads, [2.5, 97.5])
    return float(found), float(low), float(high)
