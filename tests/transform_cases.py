"""Photos as transforms take them."""

from __future__ import annotations

import numpy as np

from paddleseg.geometry import Geometry
from paddleseg.transforms.sample import Sample


def make(image: np.ndarray, label: np.ndarray | None, seed: int = 0) -> Sample:
    label = None if label is None else label.copy()
    return Sample(image.copy(), label, np.random.default_rng(seed), Geometry(image.shape[:2]), "photo.jpg")
