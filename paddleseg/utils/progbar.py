"""PaddleSeg's progress bar, for loops of one's own."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Sequence
from typing import Any

_WIDTH = 30


class Progbar:
    """A bar that is drawn anew on a terminal, and one line at the end in a log file.

    Args:
        target: Steps in all; None where nobody knows.
        width: Characters of the bar.
        verbose: 0 for nothing at all, 1 for a bar, 2 for the last line only.
        interval: Seconds between two drawings.
        stateful_metrics: Names whose values are shown as given; the others are averaged over steps.
        unit_name: What a step is called.

    Example:
        >>> bar = Progbar(target=3, verbose=1)
        >>> for step in range(1, 4):
        ...     bar.update(step, [("loss", 0.5)])
    """

    def __init__(
        self,
        target: int | None,
        width: int = _WIDTH,
        verbose: int = 1,
        interval: float = 0.05,
        stateful_metrics: Iterable[str] | None = None,
        unit_name: str = "step",
    ):
        self.target, self.width, self.verbose, self.interval = target, width, verbose, interval
        self.stateful_metrics, self.unit_name = set(stateful_metrics or ()), unit_name
        self._start, self._drawn, self._seen = time.time(), 0.0, 0
        self._values: dict[str, tuple[float, int]] = {}

    def update(
        self, current: int, values: Sequence[tuple[str, Any]] | None = None, finalize: bool | None = None
    ) -> None:
        """Show that `current` steps are done; by default the bar ends with the last of them."""
        last = self.target is not None and current >= self.target if finalize is None else finalize
        steps = max(current - self._seen, 1)
        for name, value in values or ():
            total, count = self._values.get(name, (0.0, 0))
            fresh = name in self.stateful_metrics
            self._values[name] = (float(value), 1) if fresh else (total + float(value) * steps, count + steps)
        self._seen = current
        now = time.time()
        bar = self.verbose == 1 and sys.stdout.isatty()
        if not self.verbose or (not last and (not bar or now - self._drawn < self.interval)):
            return
        self._drawn = now
        print(("\r" if bar else "") + self._line(now), end="\n" if last else "", flush=True)

    def add(self, n: int, values: Sequence[tuple[str, Any]] | None = None) -> None:
        """`n` steps more are done."""
        self.update(self._seen + n, values)

    def _line(self, now: float) -> str:
        each = (now - self._start) / max(self._seen, 1)
        values = "".join(f" - {name}: {total / count:.4f}" for name, (total, count) in self._values.items())
        place = f"{self._seen}/{self.target or 'unknown'}"
        filled = round(self.width * min(self._seen / self.target, 1)) if self.target else 0
        spent = f"{now - self._start:.0f}s {each * 1000:.0f}ms/{self.unit_name}"
        return f"{place} [{'=' * filled:.<{self.width}}] - {spent}{values}"
