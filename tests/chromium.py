"""A headless Chromium, driven by its DevTools protocol; a test that asks for it is skipped where there is none."""

from __future__ import annotations

import itertools
import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.sync.client import connect

FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update", "--remote-debugging-port=0"),
    *("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"),
)


class Tab:
    """A page. Whatever it complains of in its console is in `complaints`."""

    def __init__(self, address: str):
        self._socket = connect(address, max_size=None)
        self._numbers = itertools.count()
        self.complaints: list[str] = []
        for domain in ("Runtime", "Log", "Page", "DOM"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **params: object) -> dict[str, Any]:
        number = next(self._numbers)
        self._socket.send(json.dumps({"id": number, "method": method, "params": params}))
        while (message := json.loads(self._socket.recv(30))).get("id") != number:
            self._hear(message)
        assert "error" not in message, message
        return message["result"]

    def _hear(self, message: dict[str, Any]) -> None:
        if message["method"] == "Runtime.exceptionThrown":
            self.complaints.append(str(message["params"]))
        entry = message["params"].get("entry", {})
        if entry.get("level") in ("error", "warning"):
            self.complaints.append(entry["text"])

    def run(self, script: str) -> Any:
        """The value of a script, of a promise what it becomes."""
        found = self.call(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True, userGesture=True
        )
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def until(self, condition: str) -> None:
        end = time.monotonic() + 30
        while not self.run(condition):
            assert time.monotonic() < end, f"it never came true: {condition}; {self.complaints}"
            time.sleep(0.05)

    def choose(self, selector: str, *files: Path) -> None:
        """Give files to an input, as a person does in a dialog."""
        root = self.call("DOM.getDocument")["root"]["nodeId"]
        node = self.call("DOM.querySelector", nodeId=root, selector=selector)["nodeId"]
        self.call("DOM.setFileInputFiles", nodeId=node, files=[str(file) for file in files])


@contextmanager
def chromium(folder: Path) -> Iterator[Tab]:
    """A browser with a profile of its own and a camera that shows a test picture."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("no Chromium is installed")
    command = [program, *FLAGS, f"--user-data-dir={folder}", "about:blank"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        said, end = folder / "DevToolsActivePort", time.monotonic() + 30
        while not (said.is_file() and said.read_text().count("\n")):
            assert process.poll() is None and time.monotonic() < end, "Chromium does not start"
            time.sleep(0.05)
        pages = httpx.get(f"http://127.0.0.1:{said.read_text().split()[0]}/json", trust_env=False).json()
        yield Tab(next(page["webSocketDebuggerUrl"] for page in pages if page["type"] == "page"))
    finally:
        process.terminate()
        process.wait(30)
