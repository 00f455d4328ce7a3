"""uvicorn's HTTP protocol with patience that ends: by itself it waits for ever, for heads and for slow readers."""

from __future__ import annotations

import asyncio

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_S = 10.0
"""Seconds for the head of a request, and for the rest of a body that was refused before its end."""
STALLED_S = 20.0
"""Seconds for a client to take what the system could not send on."""
HEAD_BYTES = 16 << 10


class PatientProtocol(H11Protocol):
    """Drops connections that keep a place and send no request, or do not take the answer."""

    _waiting: asyncio.TimerHandle | None = None
    _stalled: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._watch()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._watch()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._stop_waiting()
        self._stop_stalled()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._stalled = self.loop.call_later(STALLED_S, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._stop_stalled()

    def _watch(self) -> None:
        """Start the clock where bytes are awaited that belong to no request in hand; none of them sets it back."""
        if self.transport.get_protocol() is not self:  # a WebSocket has taken over
            self._stop_waiting()
            return
        busy = self.cycle is not None and not self.cycle.response_complete
        idle = self.cycle is not None and self.conn.their_state is h11.IDLE and not self.conn.trailing_data[0]
        if busy or idle:  # uvicorn itself closes idle connections
            self._stop_waiting()
        elif self._waiting is None:
            self._waiting = self.loop.call_later(HEAD_S, self.transport.abort)

    def _stop_waiting(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None

    def _stop_stalled(self) -> None:
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None
