"""Reading files ahead in a thread, where transforms are not known to bear threads."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np

from paddleseg.datasets.batch import Read
from paddleseg.transforms.sample import Sample

_DECODED = 8
"""Decoded samples that wait; more would only take memory, as transforms take as long as reading."""


class ReadAhead:
    """A data set's `read`, begun in a thread before it is asked for.

    Args:
        read: What reads a sample.
        upcoming: The samples that will be asked for, in that order, each with its random generator.
    """

    def __init__(self, read: Read, upcoming: Iterator[tuple[int, np.random.Generator]]):
        self._read, self._upcoming = read, upcoming
        self._pool = ThreadPoolExecutor(1)
        self._reading: deque[tuple[int, Future[Sample]]] = deque()

    def __call__(self, index: int, rng: np.random.Generator) -> Sample:
        """The sample at `index`; one that was not announced is read on the spot."""
        while len(self._reading) < _DECODED:
            following, its_rng = next(self._upcoming)
            self._reading.append((following, self._pool.submit(self._read, following, its_rng)))
        if index != self._reading[0][0]:
            return self._read(index, rng)
        return self._reading.popleft()[1].result()

    def __enter__(self) -> ReadAhead:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)
