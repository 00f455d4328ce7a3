"""Stages that work at the same time: each in a thread of its own, with few things waiting between them."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Generic, TypeVar

Item = TypeVar("Item")

_WAITING_BYTES = 64 << 20
_LEAVING = 30.0
"""Seconds that a stage has to finish what it is doing when it is told to stop."""


def depth(item_bytes: int) -> int:
    """How many things may wait between two stages: few, and of large frames fewer."""
    return max(1, min(8, _WAITING_BYTES // max(item_bytes, 1)))


class Ahead(Generic[Item]):
    """The items of an iterable, made in a thread before they are asked for.

    An exception in the thread is raised where its item would have come. Leaving the block ends the thread.

    Args:
        items: What is iterated in the thread.
        most: How many items may wait; with that many the thread does.

    Example:
        >>> with Ahead(decoded, 4) as frames, Ahead(map(session, frames), 4) as masked:
        ...     for frame in masked:
        ...         write(frame)
    """

    def __init__(self, items: Iterable[Item], most: int):
        self._items, self._most = items, most
        self._waiting: deque[Item] = deque()
        self._changed = threading.Condition()
        self._stopped = self._ended = False
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._work, daemon=True)

    def __enter__(self) -> Ahead[Item]:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> bool:
        """Make no more items; returns whether the thread has ended."""
        with self._changed:
            self._stopped = True
            self._waiting.clear()
            self._changed.notify_all()
        self._thread.join(_LEAVING)
        return not self._thread.is_alive()

    def __iter__(self) -> Iterator[Item]:
        while True:
            with self._changed:
                # Short waits, so that Ctrl-C is heard on every system.
                while not (self._waiting or self._ended or self._stopped):
                    self._changed.wait(0.5)
                if self._waiting:
                    item = self._waiting.popleft()
                    self._changed.notify_all()
                elif self._error is not None and not self._stopped:
                    raise self._error
                else:
                    return
            yield item
            del item  # else one more frame stays in memory while the next is waited for

    def _work(self) -> None:
        try:
            for item in self._items:
                with self._changed:
                    while len(self._waiting) >= self._most and not self._stopped:
                        self._changed.wait()
                    if self._stopped:
                        return
                    self._waiting.append(item)
                    self._changed.notify_all()
                del item
        except BaseException as error:  # whoever takes the items raises it
            self._error = error
        finally:
            with self._changed:
                self._ended = True
                self._changed.notify_all()
