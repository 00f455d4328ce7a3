"""Which of the people in a frame are kept."""

from __future__ import annotations

import numpy as np

from paddleseg.errors import ConfigError
from paddleseg.images.pieces import Piece
from paddleseg.inference import postprocess

People = str | int
_BONUS = 2.0
"""How much larger somebody must become to be taken for the main person instead of the one before."""


class Main:
    """Keeps the main people: connected pieces of foreground, the largest first, and those that were kept before.

    Args:
        count: How many.
        threshold: Probability from which a pixel is foreground.
    """

    def __init__(self, count: int, threshold: float):
        self.count, self.threshold = count, threshold
        self.reset()

    def reset(self) -> None:
        """Forget who was kept."""
        self._kept: np.ndarray | None = None

    def __call__(self, prob: np.ndarray) -> np.ndarray:
        """Foreground's probabilities (1, h, w) without the others; overwritten."""
        inside = postprocess.above(prob[-1], self.threshold)
        found = sorted(postprocess.pieces(inside), key=self._weight, reverse=True)
        postprocess.clear(prob, inside, found[self.count :])
        self._kept = np.zeros_like(inside)
        for piece in found[: self.count]:
            piece.draw(self._kept)
        return prob

    def _weight(self, piece: Piece) -> float:
        if self._kept is None:
            return piece.area
        drawn = np.zeros_like(self._kept)
        piece.draw(drawn)
        return piece.area + (_BONUS - 1) * np.count_nonzero(drawn & self._kept)


def people_from(people: People, threshold: float) -> Main | None:
    """What keeps "main" (one person) or a number of people; None for "all".

    Raises:
        ConfigError: It is none of these.
    """
    if people == "all":
        return None
    count = 1 if people == "main" else people
    if isinstance(count, str) and count.isdecimal():
        count = int(count)
    if not isinstance(count, int) or isinstance(count, bool) or count < 1:
        raise ConfigError("people", f"should be main, all or a number from 1 on, not {people!r}", "such as main")
    return Main(count, threshold)
