"""`paddleseg serve` as people start and end it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from service_parts import Service, head, serving
from test_cli import without
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from paddleseg.cli.main import main
from paddleseg.inference.predictor import Predictor
from paddleseg.service.settings import Settings

ROOT = Path(__file__).parent.parent


@pytest.fixture
def service() -> Iterator[Service]:
    with serving(Predictor.from_zoo("portrait", "onnx", threads=1), Settings()) as running:
        yield running


@pytest.fixture(scope="module")
def photo(mini: Path) -> bytes:
    return (mini / "images" / "000000000785.jpg").read_bytes()


class Process:
    """`paddleseg serve` as people start it."""

    def __init__(self, *arguments: str):
        command = [sys.executable, "-m", "paddleseg.cli.main", "serve", "--port", "0", *arguments]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.lines = [self.process.stdout.readline()]
        self.service = Service(int(json.loads(self.lines[0])["url"].rpartition(":")[2]))

    def end(self) -> int:
        rest, self.errors = self.process.communicate(timeout=30)
        self.lines += rest.splitlines()
        return self.process.returncode


class TestProcess:
    def test_what_is_in_hand_is_answered_before_it_ends(self, photo: bytes):
        started = Process()
        assert started.service.post("/segment", files={"image": ("secret-name.jpg", photo)}).status_code == 200
        stream = connect(f"ws://127.0.0.1:{started.service.port}/stream")
        with started.service.socket() as slow, stream:
            stream.send("{}")
            assert json.loads(stream.recv()) == {"ready": True}
            slow.sendall(head(len(photo), "?output=mask") + photo[:1000])
            started.service.eventually("paddleseg_requests_in_hand", 1)
            started.process.send_signal(signal.SIGTERM)
            time.sleep(0.5)
            assert started.process.poll() is None
            with pytest.raises(OSError):
                started.service.socket()
            slow.sendall(photo[1000:])
            assert slow.recv(100).startswith(b"HTTP/1.1 200 OK")
            with pytest.raises(ConnectionClosed) as closed:
                stream.recv()
            assert closed.value.rcvd is not None and closed.value.rcvd.code == 1012  # the service restarts
        assert started.end() == 0 and started.errors == ""
        events = [json.loads(line) for line in started.lines]
        assert [events[0]["event"], events[-1]["event"]] == ["serving", "stopped"]
        first = next(one for one in events if one.get("path") == "/segment")
        assert first["status"] == 200 and first["bytes"] > len(photo) and first["pixels"] > 0 and first["ms"] > 0
        assert "secret" not in "".join(started.lines)

    def test_ctrl_c(self):
        started = Process()
        started.process.send_signal(signal.SIGINT)
        assert started.end() == 130 and "Traceback" not in started.errors

    def test_a_port_that_is_taken(self, service: Service, capsys: pytest.CaptureFixture[str]):
        assert main(["serve", "--port", str(service.port)]) == 2
        assert "cannot be listened on: Address already in use" in capsys.readouterr().err

    @pytest.mark.parametrize(
        ("arguments", "what"),
        [
            (["--port", "70000", "--queue", "0"], "--port: should lie between 0 and 65,535, not 70000"),
            (["--timeout", "nan"], "--timeout: should lie between"),
            (["--cors", "*"], "--cors *: is no origin"),
            (["--token", "short"], "--token: should be 16 to 256 visible ASCII characters"),
            (["--model", "zoo://nobody"], "no such weights"),
            (["--model", "/nowhere"], "/nowhere"),
        ],
        ids=str,
    )
    def test_wrong_flags(self, arguments: list[str], what: str, capsys: pytest.CaptureFixture[str]):
        assert main(["serve", *arguments]) == 2
        assert what in capsys.readouterr().err

    @pytest.mark.parametrize("package", ["fastapi", "uvicorn", "python_multipart", "websockets", "prometheus_client"])
    def test_without_the_extra(self, package: str):
        done = without(package, "paddleseg.cli.main", "serve")
        assert done.returncode == 2 and "is not installed, and this needs it" in done.stderr
        assert '".[serve]"' in done.stderr
