"""Reading files ahead in a thread, where there are no worker processes."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np

from paddleseg.datasets.base import Dataset
from paddleseg.transforms.sample import Sample

_DEPTH = 8
"""Decoded samples that wait; more would only take memory, as transforms take as long as reading."""


class ReadAhead:
    """A data set that reads its next samples in a thread while this one transforms, or trains.

    Decoding needs no Python, so the two share the work of a batch. Transforms stay in the calling thread: a user's own
    need not know of threads.

    Args:
        upcoming: The samples that will be asked for, in that order, each with its random generator.
    """

    def __init__(self, dataset: Dataset, upcoming: Iterator[tuple[int, np.random.Generator]]):
        self.dataset, self.entries = dataset, dataset.entries
        self._upcoming = upcoming
        self._pool = ThreadPoolExecutor(1)
        self._reading: deque[tuple[int, Future[Sample]]] = deque()

    def __len__(self) -> int:
        return len(self.dataset)

    def sample(self, index: int, rng: np.random.Generator) -> Sample:
        """As the data set's; a sample that was not announced is read on the spot."""
        while len(self._reading) < _DEPTH:
            following, its_rng = next(self._upcoming)
            self._reading.append((following, self._pool.submit(self.dataset.read, following, its_rng)))
        if index != self._reading[0][0]:
            return self.dataset.sample(index, rng)
        return self.dataset.prepare(self._reading.popleft()[1].result())

    def __enter__(self) -> ReadAhead:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)
