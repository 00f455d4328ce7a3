"""Two samples for matting by rule, as PaddleSeg's Matting names their maps."""

from __future__ import annotations

import numpy as np

SIZES = {"HumanMatting": (128, 256)}
"""Of networks that shrink the picture first; that of others is (64, 96)."""


def sample(network: str) -> dict[str, np.ndarray]:
    """img, composed of fg and bg (2, 3, h, w), normalised; alpha (2, 1, h, w) in [0, 1], trimap of 0, 128 and 255."""
    rng = np.random.default_rng(5)
    h, w = SIZES.get(network, (64, 96))
    y, x = np.mgrid[:h, :w]
    distance = np.stack([np.hypot(y - 30, x - 40) - 22, np.hypot(y - 40, x - 60) - 16])[:, None]
    alpha = np.clip(0.5 - distance / 12, 0, 1)
    trimap = np.where(np.abs(distance) < 8, 128, np.where(distance < 0, 255, 0))
    fg, bg = (rng.uniform(-1, 1, (2, 3, h, w)) for _ in range(2))
    named = {"img": alpha * fg + (1 - alpha) * bg, "alpha": alpha, "trimap": trimap, "fg": fg, "bg": bg}
    return {name: value.astype("float32") for name, value in named.items()}
