"""For which frames the network runs; the others keep the mask before, with its edges on their own picture."""

from __future__ import annotations

import time

import numpy as np

from paddleseg.errors import ConfigError, Problem
from paddleseg.video.scene import Stillness

_MEMORY = 0.9
"""Share of the past in the running mean of what a frame costs."""


class Pace:
    """Says whether a frame gets a mask of its own.

    Args:
        every: One frame in so many does.
        cpu: Share of the time that this thread may work, above 0: frames are passed over to stay below it.
        skip_still: Pass over frames in which nothing has moved.

    Raises:
        ConfigError: A setting is out of its range.
    """

    def __init__(self, every: int = 1, cpu: float | None = None, skip_still: bool = False):
        problems = []
        if every < 1:
            problems.append(Problem("every", f"should be 1 or more, not {every}", "such as 2"))
        if cpu is not None and not 0 < cpu <= 1:
            problems.append(Problem("cpu", f"should be a share above 0, up to 1, not {cpu}", "such as 0.5"))
        if problems:
            raise ConfigError(problems)
        self.every, self.cpu = every, cpu
        self._stillness = Stillness() if skip_still else None
        self.reset()

    def reset(self) -> None:
        """The next frame gets a mask."""
        self._since, self._first = self.every, True
        self._load, self._clocks = 0.0, _clocks()
        if self._stillness is not None:
            self._stillness.reset()

    def is_due(self, view: np.ndarray) -> bool:
        """Whether the frame, grey float32 (h, w), gets a mask of its own. Asked once a frame."""
        due = self._since >= self.every
        if self._stillness is not None and self._stillness.is_still(view):
            due = False
        if self.cpu is not None:
            within = self._share() <= self.cpu
            due = due and (within or self._first)
        self._first = False
        self._since = 1 if due else self._since + 1
        return due

    def _share(self) -> float:
        """The share of the time since the start that this thread has worked, the last frames counting most."""
        now = _clocks()
        worked, passed = (end - start for end, start in zip(now, self._clocks, strict=True))
        self._clocks = now
        self._load = _MEMORY * self._load + (1 - _MEMORY) * worked / max(passed, 1e-6)
        return self._load


def _clocks() -> tuple[float, float]:
    return time.thread_time(), time.monotonic()
