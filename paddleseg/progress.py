"""A progress bar on a terminal, and nothing at all in a log file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn, track

Item = TypeVar("Item")


def progress(items: Iterable[Item], text: str, total: int | None = None, *, show: bool = True) -> Iterator[Item]:
    """`items`, with a bar on standard error while they last; the bar vanishes at the end."""
    console = Console(stderr=True)
    if not (show and console.is_terminal):
        # rich would print an empty line here even where its bar is disabled.
        return iter(items)
    return iter(track(items, text, total, console=console, transient=True))


class Frames:
    """A bar for the frames of one clip after the other, with how many a second and how long it still takes.

    On a terminal; nothing in a log file.
    """

    def __init__(self) -> None:
        console = Console(stderr=True)
        columns = ("{task.description}", "{task.completed}/{task.fields[of]}", "{task.fields[rate]}")
        texts = [TextColumn(column) for column in columns]
        bar = (texts[0], BarColumn(), *texts[1:], TimeRemainingColumn())
        self._bar = Progress(*bar, console=console, transient=True)
        self._shown = console.is_terminal
        self._task: TaskID | None = None

    def __enter__(self) -> Frames:
        if self._shown:  # rich would print an empty line here even where its bar is disabled
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._shown:
            self._bar.stop()

    def show(self, clip: str, done: int, total: int | None) -> None:
        """So many frames of a clip are done, of so many; None where nobody knows."""
        if self._task is None or done == 1:
            if self._task is not None:
                self._bar.remove_task(self._task)
            self._task = self._bar.add_task(clip, total=total, rate="", of="?" if total is None else total)
        speed = self._bar.tasks[-1].speed
        self._bar.update(self._task, completed=done, rate=f"{speed:.1f} fps" if speed else "")
