"""A progress bar on a terminal, and nothing at all in a log file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

from rich.console import Console
from rich.progress import track

Item = TypeVar("Item")


def progress(items: Iterable[Item], text: str, total: int | None = None, *, show: bool = True) -> Iterator[Item]:
    """`items`, with a bar on standard error while they last; the bar vanishes at the end."""
    console = Console(stderr=True)
    if not (show and console.is_terminal):
        # rich would print an empty line here even where its bar is disabled.
        return iter(items)
    return iter(track(items, text, total, console=console, transient=True))
