"""How far a batch is, on a terminal; nothing in a log file."""

from __future__ import annotations

import time
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from paddleseg.batch.run import Outcome


class Watch:
    """Shows photos, photos a second, failures and the time that is left, on standard error.

    Attributes:
        pace: Photos a second of this run.
    """

    def __init__(self) -> None:
        console = Console(stderr=True)
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        self._bar = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
        self._task = self._bar.add_task("Starting", total=None)
        self.pace = 0.0

    def __enter__(self) -> Watch:
        self._start = time.perf_counter()
        if not self._bar.disable:
            self._bar.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if not self._bar.disable:
            self._bar.stop()

    def __call__(self, outcome: Outcome) -> None:
        """Show what is done by now."""
        now = outcome.now.done + outcome.now.failed
        self.pace = now / (time.perf_counter() - self._start)
        text = f"{self.pace:.1f} photos/s, {outcome.all.failed:,} failed"
        completed = outcome.all.done + outcome.all.failed
        self._bar.update(self._task, description=text, completed=completed, total=outcome.total)
