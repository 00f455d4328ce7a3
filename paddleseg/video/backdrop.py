"""A clip behind people: its frames at their own times, from the beginning again when it ends."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import numpy as np

from paddleseg.images.backgrounds import Picture
from paddleseg.video.moments import Moment
from paddleseg.video.source import open_source


class Backdrop:
    """A moving background.

    Args:
        path: The clip.

    Raises:
        DataError: It cannot be read.
    """

    foreign = True

    def __init__(self, path: str):
        self.path = path
        self._source = open_source(path)
        self._moments: Iterator[Moment] = iter(self._source)
        self._shown = next(self._moments)
        self._next: Moment | None = next(self._moments, None)
        self._begun = Fraction(0)
        self._time = Fraction(0)
        self._picture = Picture(self._shown.image)

    def move_to(self, time: Fraction) -> None:
        """Show what the clip shows at a time, in seconds; times do not go back."""
        self._time = max(time, self._time)
        while self._next is None or self._begun + self._next.time <= self._time:
            if self._next is None:
                end = self._begun + self._shown.time + (self._shown.duration or 1 / self._source.info.rate)
                if end > self._time:
                    return
                self._again(end)
            else:
                self._shown, self._next = self._next, next(self._moments, None)
                self._picture = Picture(self._shown.image)

    def _again(self, begun: Fraction) -> None:
        self._source.close()
        self._source = open_source(self.path)
        self._moments = iter(self._source)
        self._shown, self._begun = next(self._moments), begun
        self._next = next(self._moments, None)
        self._picture = Picture(self._shown.image)

    def __call__(self, photo: np.ndarray, alpha: np.ndarray) -> np.ndarray:
        return self._picture(photo, alpha)

    def close(self) -> None:
        """Let go of the file."""
        self._source.close()
