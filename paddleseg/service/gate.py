"""How much a service has in hand: requests, bytes and pixels, each bounded, so that memory is."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from paddleseg.service.problems import RefusedError
from paddleseg.service.settings import Settings

_LONGEST_WAIT_S = 60


class Gate:
    """Lets requests in, or tells them when to come again.

    Attributes:
        requests: That are in.
        held: Bytes of bodies and answers.
        pixels: Of pictures that are decoded.
    """

    def __init__(self, settings: Settings):
        self._settings = settings
        self.requests = self.held = self.pixels = self.streams = 0
        self._line: deque[tuple[int, asyncio.Future[None]]] = deque()
        self._seconds = 0.1

    @property
    def is_full(self) -> bool:
        return self.requests >= self._settings.queue

    def enter(self) -> None:
        """Count one request more; `leave` takes it back.

        Raises:
            RefusedError: 429, there are too many.
        """
        if self.is_full:
            raise self._busy(f"{self.requests} requests are waiting already")
        self.requests += 1

    def leave(self, seconds: float) -> None:
        """A request is done, after so long in hand."""
        self._seconds += 0.1 * (seconds / max(self.requests, 1) - self._seconds)
        self.requests -= 1

    def hold(self, count: int) -> None:
        """Bytes of a body that have come; `drop` takes them back.

        Raises:
            RefusedError: 429, with them it would be too many.
        """
        if self.held + count > self._settings.held_bytes:
            raise self._busy("too many bytes are waiting already")
        self.held += count

    def drop(self, count: int) -> None:
        self.held -= count

    @asynccontextmanager
    async def decoding(self, pixels: int) -> AsyncIterator[None]:
        """Wait, in the order of asking, until so many pixels more fit into memory."""
        await self._take(pixels)
        try:
            yield
        finally:
            self._give(pixels)

    @contextmanager
    def stream(self) -> Iterator[None]:
        """A camera.

        Raises:
            RefusedError: 429, there are too many.
        """
        if self.streams >= self._settings.streams:
            raise self._busy(f"{self.streams} streams are open already")
        self.streams += 1
        try:
            yield
        finally:
            self.streams -= 1

    async def _take(self, pixels: int) -> None:
        if not self._line and self._fits(pixels):
            self.pixels += pixels
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._line.append((pixels, turn))
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():  # they were given just now
                self._give(pixels)
            raise

    def _give(self, pixels: int) -> None:
        self.pixels -= pixels
        while self._line and (self._line[0][1].cancelled() or self._fits(self._line[0][0])):
            wanted, turn = self._line.popleft()
            if not turn.cancelled():
                self.pixels += wanted
                turn.set_result(None)

    def _fits(self, pixels: int) -> bool:
        return self.pixels + pixels <= self._settings.max_pixels

    def _busy(self, what: str) -> RefusedError:
        seconds = min(max(math.ceil(self.requests * self._seconds), 1), _LONGEST_WAIT_S)
        return RefusedError(429, "service", what, f"try again in {seconds} s", {"Retry-After": str(seconds)})
