"""`WS /stream`: frames of a camera in, pictures out, steady from one to the next.

A frame that arrives while another one is worked on takes the place of the one that waits: late is worse than left out.
"""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from fastapi import WebSocket, WebSocketDisconnect
from pydantic import ValidationError

from paddleseg.errors import UserError
from paddleseg.images.io import as_photo, encode, encode_png
from paddleseg.service.access import Access
from paddleseg.service.engine import Engine
from paddleseg.service.gate import Gate
from paddleseg.service.metrics import Metrics
from paddleseg.service.options import StreamOptions
from paddleseg.service.photos import Upload, count_pixels
from paddleseg.service.pictures import ENDINGS
from paddleseg.service.problems import RefusedError, as_json, status_of, wrong_fields
from paddleseg.service.protocol import STALLED_S
from paddleseg.service.settings import Settings
from paddleseg.video import Compositor, Session

FIRST_MESSAGE_S = 10.0
IDLE_S = 60.0
_OPTIONS_BYTES = 4096
_CLOSE_CODES = {401: 1008, 403: 1008, 429: 1013}


@dataclass
class _Slot:
    """The newest frame that waits."""

    number: int = 0
    content: bytes | None = None
    dropped: int = 0


class Streamer:
    """Answers streams."""

    def __init__(self, engine: Engine, gate: Gate, metrics: Metrics, access: Access, settings: Settings):
        self._engine, self._gate, self._metrics = engine, gate, metrics
        self._access, self._settings = access, settings

    async def __call__(self, socket: WebSocket) -> None:
        """Serve one stream to its end."""
        try:
            self._access.check_origin(socket.headers)
        except RefusedError:
            await socket.close(1008)  # before it is accepted: 403
            return
        await socket.accept()
        try:
            with self._gate.stream():
                options = await self._options(socket)
                self._access.check_token(options.token or self._access.bearer(socket.headers))
                await socket.send_json({"ready": True})
                await self._frames(socket, options)
        except UserError as error:
            await _say_and_close(socket, error)
        except WebSocketDisconnect:
            pass

    async def _options(self, socket: WebSocket) -> StreamOptions:
        """The first message.

        Raises:
            RefusedError: It is none, or says what cannot be.
        """
        try:
            text = await asyncio.wait_for(socket.receive_text(), FIRST_MESSAGE_S)
        except asyncio.TimeoutError as error:
            raise RefusedError(408, "first message", "did not come", "send options as text, such as {}") from error
        except KeyError as error:  # Starlette's, where it is bytes
            raise RefusedError(422, "first message", "should be text with options", "send {} before frames") from error
        try:
            return StreamOptions.model_validate_json(text[: _OPTIONS_BYTES + 1])
        except ValidationError as error:
            raise RefusedError(422, wrong_fields(error.errors())) from error

    async def _frames(self, socket: WebSocket, options: StreamOptions) -> None:
        slot, arrived = _Slot(), asyncio.Event()
        receiving = asyncio.ensure_future(self._receive(socket, slot, arrived))
        answering = asyncio.ensure_future(self._answer(socket, options, slot, arrived))
        try:
            done, _ = await asyncio.wait({receiving, answering}, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in (receiving, answering):
                task.cancel()
            await asyncio.gather(receiving, answering, return_exceptions=True)

    async def _receive(self, socket: WebSocket, slot: _Slot, arrived: asyncio.Event) -> None:
        while True:
            try:
                message = await asyncio.wait_for(socket.receive(), IDLE_S)
            except asyncio.TimeoutError as error:
                raise RefusedError(408, "frames", f"did not come for {IDLE_S:g} s", "open another stream") from error
            if message["type"] == "websocket.disconnect":
                raise WebSocketDisconnect(message.get("code") or 1000)
            content = message.get("bytes")
            if content is None:
                raise RefusedError(422, "message", "is text, and should be a frame", "send JPEG, PNG or WebP as bytes")
            if slot.content is not None:
                slot.dropped += 1
                self._metrics.frame("dropped")
            slot.number += 1
            slot.content = content
            arrived.set()

    async def _answer(self, socket: WebSocket, options: StreamOptions, slot: _Slot, arrived: asyncio.Event) -> None:
        compositor = Compositor(options.background or "blur")
        session = Session(self._engine.predictor, temporal=options.temporal, compositor=compositor)
        while True:
            await arrived.wait()
            arrived.clear()
            content, slot.content = slot.content, None
            assert content is not None
            about: dict[str, Any] = {"frame": slot.number, "dropped": slot.dropped}
            start = time.perf_counter()
            try:
                picture = await self._picture(session, options, Upload(f"frame {slot.number}", content))
            except UserError as error:
                self._metrics.frame("refused")
                await socket.send_text(json.dumps(about | as_json(error.problems)))
                continue
            self._metrics.frame("done")
            about["ms"] = round((time.perf_counter() - start) * 1000, 1)
            try:
                await asyncio.wait_for(_send(socket, about, picture), STALLED_S)
            except asyncio.TimeoutError as error:  # who takes nothing hears nothing
                raise WebSocketDisconnect(1006) from error

    async def _picture(self, session: Session, options: StreamOptions, upload: Upload) -> bytes:
        pixels = await self._engine.call(count_pixels, [upload], self._settings.max_pixels)
        async with self._gate.decoding(pixels):
            return await self._engine.call(_make, session, options, upload)


def _make(session: Session, options: StreamOptions, upload: Upload) -> bytes:
    frame = session(as_photo(upload.content, upload.where))
    if options.output == "alpha":
        return encode_png(frame.opacity)
    if options.output == "cutout":
        assert session.compositor is not None
        return encode_png(session.compositor.cutout(frame.image, frame.opacity))
    return encode(ENDINGS[options.format], frame.composite, upload.where)


async def _send(socket: WebSocket, about: dict[str, Any], picture: bytes) -> None:
    await socket.send_text(json.dumps(about))
    await socket.send_bytes(picture)


async def _say_and_close(socket: WebSocket, error: UserError) -> None:
    with suppress(WebSocketDisconnect):  # nobody may be listening
        await socket.send_text(json.dumps(as_json(error.problems)))
        await socket.close(_CLOSE_CODES.get(status_of(error), 1003 if status_of(error) < 500 else 1011))
