"""Reading files ahead in a thread, where there are no worker processes."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np

from paddleseg.datasets.staged import Staged
from paddleseg.transforms.sample import Sample

_DECODED = 8
"""Decoded samples that wait; more would only take memory, as transforms take as long as reading."""
_THREADS = 2
"""More would wait for each other: between two calls of OpenCV only one of them runs."""


class ReadAhead:
    """A data set that prepares its next samples in threads while this one trains.

    Decoding and our transforms spend most of their time outside of Python, so threads share the work. A transform of
    the user's own need not know of threads: where there is one, only reading goes ahead.

    Args:
        upcoming: The samples that will be asked for, in that order, each with its random generator.
        depth: Prepared samples that may wait.
    """

    def __init__(self, dataset: Staged, upcoming: Iterator[tuple[int, np.random.Generator]], depth: int):
        self.dataset, self.entries = dataset, dataset.entries
        self._upcoming = upcoming
        self._whole = all(
            type(step).__module__.startswith("paddleseg.") for step in dataset.dataset.transforms.transforms
        )
        self._pool = ThreadPoolExecutor(_THREADS if self._whole else 1)
        self._depth = depth if self._whole else _DECODED
        self._reading: deque[tuple[int, Future[Sample]]] = deque()

    def like(self, index: int) -> Iterator[int]:
        return self.dataset.like(index)

    def sample(self, index: int, rng: np.random.Generator) -> Sample:
        """As the data set's; a sample that was not announced is read on the spot."""
        work = self.dataset.sample if self._whole else self.dataset.read
        while len(self._reading) < self._depth:
            following, its_rng = next(self._upcoming)
            self._reading.append((following, self._pool.submit(work, following, its_rng)))
        if index != self._reading[0][0]:
            return self.dataset.sample(index, rng)
        sample = self._reading.popleft()[1].result()
        return sample if self._whole else self.dataset.prepare(sample)

    def __enter__(self) -> ReadAhead:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)
