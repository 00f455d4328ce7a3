"""Stages that work at the same time: each in a thread of its own, with few things waiting between them."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

import cv2

Item = TypeVar("Item")
Result = TypeVar("Result")

_WAITING_BYTES = 64 << 20
_LEAVING = 30.0
"""Seconds that a stage has to finish what it is doing when it is told to stop; longer than any read waits."""


@contextmanager
def opencv_alone() -> Iterator[None]:
    """OpenCV in one thread, for stages that have one each: more of them would win little time for much more work."""
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(threads)


@contextmanager
def threaded(
    items: Iterable[Item], stage: Callable[[Iterable[Item]], Iterable[Result]], item_bytes: int
) -> Iterator[Iterable[Result]]:
    """What `stage` makes of the items, in their order: they come in one thread, the stage works in another.

    Each waits while enough lies ready, so memory does not grow with their number. An exception in either is raised
    where the next result would have come. Leaving the block ends both threads.

    Args:
        item_bytes: Of one item, to bound what waits; of large ones fewer do.

    Example:
        >>> with threaded(source, mask_each, image.nbytes) as masked:
        ...     for frame in masked:
        ...         write(frame)
    """
    most = max(1, min(8, _WAITING_BYTES // max(item_bytes, 1)))
    first = _Ahead(items, most)
    second = _Ahead(stage(first), most)
    try:
        first.thread.start()
        second.thread.start()
        yield second
    finally:
        for each in (first, second):
            each.stop()
        for each in (first, second):
            each.thread.join(_LEAVING)


class _Ahead(Generic[Item]):
    """The items of an iterable, made in a thread before they are asked for; `most` of them may wait."""

    def __init__(self, items: Iterable[Item], most: int):
        self._items, self._most = items, most
        self._waiting: deque[Item] = deque()
        self._changed = threading.Condition()
        self._stopped = self._ended = False
        self._error: BaseException | None = None
        self.thread = threading.Thread(target=self._work, daemon=True)

    def stop(self) -> None:
        """Make no more items, and give none."""
        with self._changed:
            self._stopped = True
            self._waiting.clear()
            self._changed.notify_all()

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
