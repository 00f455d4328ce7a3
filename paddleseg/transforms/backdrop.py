"""What is put behind people and mattes that are composed anew."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from paddleseg.geometry import Size
from paddleseg.images.backgrounds import cover
from paddleseg.images.io import read_image

# Largest enlargement of a background beyond what fills the frame.
_CLOSER = 1.4


def random_part(pictures: Sequence[Path], size: Size, rng: np.random.Generator) -> np.ndarray:
    """A random part of a random picture, mirrored or not, RGB uint8 (h, w, 3)."""
    picture = read_image(pictures[int(rng.integers(len(pictures)))])
    closer = rng.uniform(1, _CLOSER)
    whole = cover(picture, (round(size[0] * closer), round(size[1] * closer)))
    y, x = (int(rng.integers(wide - side + 1)) for wide, side in zip(whole.shape, size, strict=False))
    part = whole[y : y + size[0], x : x + size[1]]
    return np.ascontiguousarray(part[:, ::-1] if rng.random() < 0.5 else part)
