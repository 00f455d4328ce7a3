"""Mirroring."""

from __future__ import annotations

import numpy as np

from paddleseg.geometry import Flip, Size
from paddleseg.registry import TRANSFORMS
from paddleseg.transforms.arguments import probability
from paddleseg.transforms.base import Move, Spatial


@TRANSFORMS.register
class RandomHorizontalFlip(Spatial):
    """Swap left and right with probability `prob`."""

    draws = True

    def __init__(self, prob: float = 0.5):
        self.prob = probability("prob", prob)

    def plan(self, size: Size, rng: np.random.Generator) -> list[Move]:
        return [Move(Flip(horizontal=True))] if rng.random() < self.prob else []


@TRANSFORMS.register
class RandomVerticalFlip(Spatial):
    """Swap top and bottom with probability `prob`."""

    draws = True

    def __init__(self, prob: float = 0.1):
        self.prob = probability("prob", prob)

    def plan(self, size: Size, rng: np.random.Generator) -> list[Move]:
        return [Move(Flip(vertical=True))] if rng.random() < self.prob else []
