"""The body of a request, read into memory within bounds of size and time; no part of it touches a disk."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass

from fastapi import Request
from python_multipart.exceptions import FormParserError
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect

from paddleseg.errors import Problem
from paddleseg.service.gate import Gate
from paddleseg.service.photos import FORMATS, Upload
from paddleseg.service.problems import RefusedError
from paddleseg.service.settings import MAX_PICTURES, Settings

RAW_TYPES = (*FORMATS.values(), "application/octet-stream")
FORM_TYPE = "multipart/form-data"
_MOST_FIELDS, _FIELD_BYTES = 8, 1024


@dataclass(frozen=True)
class Sent:
    """The pictures of a request."""

    photos: Sequence[Upload]
    background: Upload | None = None

    @property
    def all(self) -> list[Upload]:
        return [*self.photos, *([self.background] if self.background else [])]


class Body:
    """Reads one body. What it holds counts in `gate` until `close`.

    Args:
        timeout: Seconds until the last byte has to be there.
    """

    def __init__(self, request: Request, gate: Gate, settings: Settings, timeout: float):
        self.bytes = 0
        self._request, self._gate, self._settings, self._timeout = request, gate, settings, timeout

    def close(self) -> None:
        self._gate.drop(self.bytes)
        self.bytes = 0

    async def read(self) -> Sent:
        """The pictures in it, raw or as parts of a form.

        Raises:
            RefusedError: 408 too slow, 413 too large, 415 of another type, 422 a form that is none, 429 too much in
                memory.
        """
        kind = self._request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != FORM_TYPE and kind not in RAW_TYPES:
            what = f"should be {', '.join(RAW_TYPES)} or {FORM_TYPE}"
            raise RefusedError(
                415, "Content-Type", what, "as in: curl --data-binary @me.jpg -H 'Content-Type: image/jpeg'"
            )
        if self._request.headers.get("content-encoding", "identity").lower() != "identity":
            raise RefusedError(415, "Content-Encoding", "is not taken", "send the picture as it is")
        self._check_length(self._announced())
        reading = self._form() if kind == FORM_TYPE else self._raw()
        try:
            return await asyncio.wait_for(reading, self._timeout)
        except asyncio.TimeoutError as error:
            what = f"did not arrive within {self._settings.timeout:g} s"
            raise RefusedError(408, "body", what, "send a smaller picture") from error
        except ClientDisconnect as error:
            raise RefusedError(400, "body", "ends early: the client has gone") from error

    def _announced(self) -> int:
        length = self._request.headers.get("content-length", "0")
        return int(length) if length.isdigit() and len(length) < 20 else 0

    def _check_length(self, length: int) -> None:
        if length > self._settings.max_bytes:
            what = f"has more than the {self._settings.max_bytes:,} bytes that are taken"
            raise RefusedError(413, "body", what, "send a smaller picture, or fewer")

    async def _chunks(self) -> AsyncGenerator[bytes, None]:
        async for chunk in self._request.stream():
            self._gate.hold(len(chunk))
            self.bytes += len(chunk)
            self._check_length(self.bytes)
            yield chunk

    async def _raw(self) -> Sent:
        return Sent([Upload("body", b"".join([chunk async for chunk in self._chunks()]))])

    async def _form(self) -> Sent:
        try:
            form = await _InMemory(
                self._request.headers,
                self._chunks(),
                max_files=MAX_PICTURES + 1,
                max_fields=_MOST_FIELDS,
                max_part_size=_FIELD_BYTES,
            ).parse()
        except (MultiPartException, FormParserError) as error:
            what = getattr(error, "message", "is damaged")[:200]
            raise RefusedError(422, "form", what, "send one as `curl -F image=@me.jpg` does") from error
        photos: list[Upload] = []
        backgrounds: list[Upload] = []
        problems = []
        for name, value in form.multi_items():
            if name not in ("image", "background"):
                problems.append(
                    Problem("form", "has a part that is called neither image nor background", "leave it out")
                )
            elif not isinstance(value, UploadFile):
                hint = "as `curl -F image=@me.jpg` does; a colour or blur is given in the address: ?background=blur"
                problems.append(Problem(name, "is text, and should be a file", hint))
            elif name == "image":
                photos.append(Upload(f"image {len(photos) + 1}", await value.read()))
            else:
                backgrounds.append(Upload(name, await value.read()))
        if not photos and not problems:
            problems.append(Problem("form", "holds no image", "add a part called image"))
        if len(photos) > MAX_PICTURES:
            problems.append(Problem("form", f"holds more than {MAX_PICTURES} images", "send them in several requests"))
        if len(backgrounds) > 1:
            problems.append(Problem("background", "is given more than once", "send one"))
        await form.close()
        if problems:
            raise RefusedError(422, list(dict.fromkeys(problems)))
        return Sent(photos, backgrounds[0] if backgrounds else None)


class _InMemory(MultiPartParser):
    """Keeps what others spill to a temporary file in memory; the size is bounded already."""

    spool_max_size = 1 << 40
