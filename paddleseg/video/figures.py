"""What a camera's pictures cost, and how late they are shown."""

from __future__ import annotations

import time
from array import array
from collections import deque
from typing import NamedTuple

import numpy as np

_RECENT = 60
"""Frames that figures of the moment are taken over."""


class _Shown(NamedTuple):
    at: float
    delay: float
    process: float


class Figures:
    """Counts frames as they are shown.

    Attributes:
        frames: How many were.
        work: Seconds of CPU time that they took the thread that shows them.
    """

    def __init__(self) -> None:
        self.frames, self.work = 0, 0.0
        self._begun, self._process = time.monotonic(), time.process_time()
        self._delays = array("f")
        self._recent: deque[_Shown] = deque(maxlen=_RECENT)

    def add(self, captured: float, work: float) -> None:
        """A frame has been shown, which came at `captured` and took `work` seconds of this thread's CPU time."""
        now = time.monotonic()
        self.frames += 1
        self.work += work
        self._delays.append(now - captured)
        self._recent.append(_Shown(now, now - captured, time.process_time()))

    def now(self) -> str:
        """Frames a second, milliseconds from captured to shown and the share of a core, of the last frames."""
        if len(self._recent) < 2:
            return ""
        first, last = self._recent[0], self._recent[-1]
        passed = max(last.at - first.at, 1e-6)
        delay = np.median([each.delay for each in self._recent])
        share = (last.process - first.process) / passed
        return f"{(len(self._recent) - 1) / passed:.1f} fps   {1000 * delay:.0f} ms   {share:.0%} of a core"

    def summary(self, dropped: int) -> list[str]:
        """The same of all frames, in two sentences."""
        passed = max(time.monotonic() - self._begun, 1e-6)
        share = (time.process_time() - self._process) / passed
        counts = f"{self.frames} frames in {passed:.1f} s ({self.frames / passed:.1f} fps), {dropped} dropped"
        if not self.frames:
            return [counts]
        median, late = 1000 * np.percentile(np.asarray(self._delays), (50, 95))
        each = 1000 * self.work / self.frames
        return [
            f"{counts}; from captured to shown {median:.0f} ms (p50), {late:.0f} ms (p95)",
            f"CPU: {each:.1f} ms a frame for mask, composite and showing; {share:.0%} of a core with all else",
        ]
