"""`POST /segment`: from a request to the pictures that answer it."""

from __future__ import annotations

import asyncio
import io
import time
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from fastapi import Request
from fastapi.responses import Response
from starlette.types import Receive, Scope, Send

from paddleseg.errors import UserError
from paddleseg.images.io import as_photo
from paddleseg.inference.predictor import Prepared
from paddleseg.service.body import Body, Sent
from paddleseg.service.engine import Engine
from paddleseg.service.gate import Gate
from paddleseg.service.metrics import Metrics
from paddleseg.service.options import Options
from paddleseg.service.photos import Upload, count_pixels
from paddleseg.service.pictures import Maker, background_of
from paddleseg.service.problems import RefusedError, gathered
from paddleseg.service.settings import Settings

MEDIA_TYPES = {".jpg": "image/jpeg", ".png": "image/png", ".webp": "image/webp", ".zip": "application/zip"}
Returned = TypeVar("Returned")
_CHUNK = 1 << 18
"""Bytes of an answer that are sent at a time; a client has to take each within protocol.STALLED_S."""


@dataclass(frozen=True)
class Answer:
    """A file, and the milliseconds of each stage of its photos together."""

    name: str
    content: bytes
    timing: dict[str, float]


class Segmenter:
    """Answers requests for pictures."""

    def __init__(self, engine: Engine, gate: Gate, metrics: Metrics, settings: Settings):
        self._engine, self._gate, self._metrics, self._settings = engine, gate, metrics, settings
        self._working: set[asyncio.Task[Answer]] = set()

    async def __call__(self, request: Request, options: Options) -> Response:
        """The answer to one request.

        Raises:
            RefusedError: See docs/service.md for what stands for what.
        """
        started = time.monotonic()
        body = Body(request, self._gate, self._settings, self._settings.timeout)
        self._gate.enter()
        try:
            sent = await body.read()
        except BaseException:
            self._leave(body, started)
            raise
        request.scope["log"].update(bytes=body.bytes, photos=len(sent.photos))
        # A task of its own: where the client's time is over, the threads still hold what they hold.
        task = asyncio.get_running_loop().create_task(self._work(request, sent, options, started))
        self._working.add(task)
        task.add_done_callback(lambda done: self._finished(done, body, started))
        await asyncio.wait({task}, timeout=self._left(started))
        if not task.done():
            raise self._too_late()
        return _FileResponse(task.result(), self._gate)

    def _left(self, started: float) -> float:
        return max(self._settings.timeout - (time.monotonic() - started), 0)

    def _check_time(self, started: float) -> None:
        if not self._left(started):
            raise self._too_late()

    def _too_late(self) -> RefusedError:
        what = f"could not answer within {self._settings.timeout:g} s"
        return RefusedError(504, "service", what, "send a smaller picture, or try again later")

    def _finished(self, task: asyncio.Task[Answer], body: Body, started: float) -> None:
        self._working.discard(task)
        self._leave(body, started)
        if not task.cancelled():
            task.exception()  # it may be that nobody waits for it any more

    def _leave(self, body: Body, started: float) -> None:
        body.close()
        self._gate.leave(time.monotonic() - started)

    async def _work(self, request: Request, sent: Sent, options: Options, started: float) -> Answer:
        pixels = await self._engine.call(count_pixels, sent.all, self._settings.max_pixels)
        request.scope["log"]["pixels"] = pixels
        async with self._gate.decoding(pixels):
            self._check_time(started)
            if await request.is_disconnected():
                raise RefusedError(400, "request", "ends early: the client has gone")
            behind = await self._engine.call(background_of, options.background, sent.background)
            maker = Maker(options.kinds(sent.background is not None), behind, options.format, options.greys())
            made = await asyncio.gather(
                *(self._photo(one, maker, started) for one in sent.photos), return_exceptions=True
            )
        refused = [one for one in made if isinstance(one, UserError)]
        if refused:
            raise gathered(refused)
        files: list[list[bytes]] = []
        total: dict[str, float] = {}
        for one in made:
            if isinstance(one, BaseException):
                raise one
            files.append(one[0])
            for stage, ms in one[1].items():
                total[stage] = total.get(stage, 0) + ms
        return _answer(files, maker, total)

    async def _photo(self, upload: Upload, maker: Maker, started: float) -> tuple[list[bytes], dict[str, float]]:
        """A photo's files, and the milliseconds of its stages; none is begun once the client's time is over."""
        async with self._engine.room:
            self._check_time(started)
            prepared, timing = await self._engine.call(self._prepare, upload)
            self._check_time(started)
            result = await self._engine.segment(prepared)
            self._check_time(started)
            files, encode = await self._engine.call(_timed, lambda: maker(prepared.image, result, upload))
        timing |= {**result.timing_ms, "encode": encode}
        for stage, ms in timing.items():
            self._metrics.stage(stage, ms)
        return files, timing

    def _prepare(self, upload: Upload) -> tuple[Prepared, dict[str, float]]:
        image, decode = _timed(lambda: as_photo(upload.content, upload.where))
        prepared, pre = _timed(lambda: self._engine.predictor.prepare(image))
        return prepared, {"decode": decode, "pre": pre}


def _timed(function: Callable[[], Returned]) -> tuple[Returned, float]:
    """What it returns, and how many milliseconds it took."""
    start = time.perf_counter()
    returned = function()
    return returned, (time.perf_counter() - start) * 1000


class _FileResponse(Response):
    """An answer in pieces, so that who reads slowly is noticed; while it is sent, its bytes count in `gate`."""

    def __init__(self, answer: Answer, gate: Gate):
        headers = {
            "Content-Disposition": f'inline; filename="{answer.name}"',
            "Server-Timing": ", ".join(f"{stage};dur={ms:.1f}" for stage, ms in answer.timing.items()),
        }
        super().__init__(answer.content, headers=headers, media_type=MEDIA_TYPES[Path(answer.name).suffix])
        self._gate = gate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        size = len(self.body)
        self._gate.held += size
        try:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            for start in range(0, size, _CHUNK):
                more = start + _CHUNK < size
                await send({"type": "http.response.body", "body": self.body[start : start + _CHUNK], "more_body": more})
        finally:
            self._gate.drop(size)


def _answer(files: Sequence[Sequence[bytes]], maker: Maker, timing: dict[str, float]) -> Answer:
    """The file itself where it is the only one, else all in a ZIP archive."""
    if len(files) == len(maker.kinds) == 1:
        [kind] = maker.kinds
        return Answer(f"{kind}{maker.ending(kind)}", files[0][0], timing)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as into:  # stored: pictures do not shrink
        for number, of_photo in enumerate(files, 1):
            for kind, content in zip(maker.kinds, of_photo, strict=True):
                into.writestr(f"{number}_{kind}{maker.ending(kind)}", content)
    return Answer("masks.zip", archive.getvalue(), timing)
