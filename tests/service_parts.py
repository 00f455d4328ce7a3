"""A real service on a real socket, in a thread of the test's process."""

from __future__ import annotations

import io
import socket
import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import numpy as np
import uvicorn
from PIL import Image

from paddleseg.inference.predictor import Predictor
from paddleseg.service.app import create_app
from paddleseg.service.server import configuration
from paddleseg.service.settings import Settings


class Service(httpx.Client):
    """A client of a service that runs; `host`, `port` for plain sockets."""

    def __init__(self, port: int):
        super().__init__(base_url=f"http://127.0.0.1:{port}", timeout=30, trust_env=False)
        self.host, self.port = "127.0.0.1", port

    def segment(self, content: bytes, query: str = "", **headers: str) -> httpx.Response:
        return self.post(f"/segment{query}", content=content, headers={"Content-Type": "image/jpeg", **headers})

    def figure(self, name: str) -> float:
        """A value of /metrics."""
        lines = self.get("/metrics").text.splitlines()
        return next(float(line.rpartition(" ")[2]) for line in lines if line.startswith(f"{name} "))

    def eventually(self, name: str, value: float) -> None:
        end = time.monotonic() + 10
        while self.figure(name) != value:
            assert time.monotonic() < end, f"{name} stays at {self.figure(name)}"
            time.sleep(0.05)

    def socket(self) -> socket.socket:
        connected = socket.create_connection((self.host, self.port))
        connected.settimeout(15)
        return connected


@contextmanager
def serving(predictor: Predictor, settings: Settings | None = None) -> Iterator[Service]:
    settings = settings or Settings()
    listening = socket.create_server(("127.0.0.1", 0), backlog=512)
    server = uvicorn.Server(configuration(create_app(predictor, settings), settings))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        with Service(listening.getsockname()[1]) as service:
            yield service
    finally:
        server.should_exit = True
        thread.join(30)
        assert not thread.is_alive()


def png_head(w: int, h: int) -> bytes:
    """A PNG that says it is large and is not."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return len(content).to_bytes(4, "big") + name + content + zlib.crc32(name + content).to_bytes(4, "big")

    head = w.to_bytes(4, "big") + h.to_bytes(4, "big") + b"\x08\x02\x00\x00\x00"
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")
    )


def pixels(content: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(content)))


def head(length: int, query: str = "") -> bytes:
    """Of a request for a picture's mask, whose body may follow as slowly as a test likes."""
    fields = f"Host: x\r\nContent-Type: image/jpeg\r\nContent-Length: {length}"
    return f"POST /segment{query} HTTP/1.1\r\n{fields}\r\n\r\n".encode()
