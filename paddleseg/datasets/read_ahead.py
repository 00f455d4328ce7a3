"""Reading files ahead in a thread, where transforms are not known to bear threads."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np

from paddleseg.datasets.staged import Staged
from paddleseg.transforms.sample import Sample

_DECODED = 8
"""Decoded samples that wait; more would only take memory, as transforms take as long as reading."""


class ReadAhead:
    """A data set that reads its next samples in a thread while this one transforms and trains.

    Args:
        upcoming: The samples that will be asked for, in that order, each with its random generator.
    """

    def __init__(self, dataset: Staged, upcoming: Iterator[tuple[int, np.random.Generator]]):
        self.dataset, self.entries = dataset, dataset.entries
        self._upcoming = upcoming
        self._pool = ThreadPoolExecutor(1)
        self._reading: deque[tuple[int, Future[Sample]]] = deque()

    def like(self, index: int) -> Iterator[int]:
        return self.dataset.like(index)

    def sample(self, index: int, rng: np.random.Generator, room: np.ndarray | None = None) -> Sample:
        """As the data set's; a sample that was not announced is read on the spot."""
        while len(self._reading) < _DECODED:
            following, its_rng = next(self._upcoming)
            self._reading.append((following, self._pool.submit(self.dataset.read, following, its_rng)))
        if index != self._reading[0][0]:
            return self.dataset.sample(index, rng, room)
        return self.dataset.prepare(self._reading.popleft()[1].result(), room)

    def __enter__(self) -> ReadAhead:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)
