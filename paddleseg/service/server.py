"""A service on a socket, from start to a quiet end."""

from __future__ import annotations

import importlib
import logging
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI

from paddleseg.errors import ConfigError
from paddleseg.inference.predictor import Predictor
from paddleseg.service import log
from paddleseg.service.app import create_app
from paddleseg.service.protocol import HEAD_BYTES, PatientProtocol
from paddleseg.service.settings import Settings

_CONNECTIONS = 1024
_LOOPBACK = ("127.", "::1", "localhost")
# uvicorn and Starlette do without these in silence.
_NEEDED = ("python_multipart", "websockets")


def serve(predictor: Predictor, settings: Settings, host: str, port: int) -> None:
    """Serve until SIGTERM or Ctrl-C; requests in hand are answered before it returns.

    Args:
        port: 0 for any that is free; the log says which.

    Raises:
        ConfigError: Nobody can listen there.
    """
    for name in _NEEDED:
        importlib.import_module(name)
    app = create_app(predictor, settings)
    listening = _listen(host, port)
    log.start()
    server = uvicorn.Server(configuration(app, settings))
    name = listening.getsockname()
    shown = f"[{name[0]}]" if ":" in name[0] else name[0]
    log.log("serving", url=f"http://{shown}:{name[1]}", model=predictor.card.name, token=settings.token is not None)
    if settings.token is None and not name[0].startswith(_LOOPBACK):
        log.log("open to everybody who reaches this machine: set a token", logging.WARNING)
    with _ends_quietly():
        server.run(sockets=[listening])
    log.log("stopped")


def configuration(app: FastAPI, settings: Settings) -> uvicorn.Config:
    """How uvicorn runs the application: bounded, patient for a while, and quiet."""
    return uvicorn.Config(
        app,
        http=PatientProtocol,
        ws="websockets-sansio",
        ws_max_size=settings.max_bytes,
        ws_per_message_deflate=False,  # pictures do not shrink
        h11_max_incomplete_event_size=HEAD_BYTES,
        limit_concurrency=_CONNECTIONS,
        timeout_graceful_shutdown=int(settings.timeout) + 1,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        lifespan="on",
    )


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=_CONNECTIONS)
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ConfigError(f"--host {host} --port {port}", f"cannot be listened on: {reason}", "try --port 0") from error


@contextmanager
def _ends_quietly() -> Iterator[None]:
    """uvicorn raises SIGTERM anew once it has shut down, which would end the process by a signal, not with code 0."""
    before = signal.signal(signal.SIGTERM, lambda *_: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
