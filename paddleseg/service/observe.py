"""Around every request: a line in the log, figures, headers of safety, and an answer to faults of ours."""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Iterable
from typing import Any

from fastapi.responses import JSONResponse
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from paddleseg.errors import Problem
from paddleseg.service.log import log
from paddleseg.service.metrics import METHODS, Metrics
from paddleseg.service.problems import as_json

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class Observe:
    """ASGI middleware. `scope["log"]` takes fields for a request's line.

    Args:
        paths: Those that are told apart; others are "other", since clients choose them.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics, paths: Iterable[str], shared: bool):
        self._app, self._metrics, self._paths = app, metrics, frozenset(paths)
        self._headers = {name: value for name, value in _HEADERS.items() if not shared or "Cross-Origin" not in name}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        started, status = time.perf_counter(), 0
        number = secrets.token_hex(4)
        fields: dict[str, Any] = {}
        scope["log"] = fields

        async def observed(message: Message) -> None:
            nonlocal status
            if message["type"] in ("http.response.start", "websocket.http.response.start"):
                status = message["status"]
                headers = MutableHeaders(scope=message)
                for name, value in {**self._headers, "X-Request-Id": number}.items():
                    headers.setdefault(name, value)
            elif message["type"] == "websocket.accept":
                status = 101
            elif message["type"] == "websocket.close" and not status:
                status = 403
            await send(message)

        try:
            await self._app(scope, receive, observed)
        except Exception as error:
            log("fault", logging.ERROR, error, id=number)
            if status or scope["type"] != "http":
                raise
            problem = Problem("service", f"failed: the log says why, under {number}", "tell whoever runs it")
            await JSONResponse(as_json([problem]), 500)(scope, receive, observed)
        finally:
            self._done(scope, number, status or 500, time.perf_counter() - started, fields)

    def _done(self, scope: Scope, number: str, status: int, seconds: float, fields: dict[str, Any]) -> None:
        method = scope.get("method", "WEBSOCKET")
        path = scope["path"] if scope["path"] in self._paths else "other"
        self._metrics.request(method, path, status, seconds)
        shown = method if method in METHODS else "other"
        log("request", id=number, method=shown, path=path, status=status, ms=round(seconds * 1000, 1), **fields)
