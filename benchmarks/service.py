"""How fast `paddleseg serve` answers, beside the network's own time; and what becomes of requests that mean no good.

    python benchmarks/service.py --clients 1 8 200 --requests 400
    python benchmarks/service.py --pixels 12000000 --clients 1 4 --requests 20

Starts a real server in a process of its own and asks it over loopback, so clients take a share of the same processors.
Then 100 bad requests come at once, of ten kinds, while good ones go on. "net" is the network's share of a batch, as
Server-Timing tells it; "RSS" is the server's memory (Linux). It ends with code 1 where a bad request gets another
status than it should, or where the server dies or logs a fault of its own.
"""

from __future__ import annotations

import argparse
import atexit
import http.client
import io
import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
import zlib
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import numpy as np
from PIL import Image

from paddleseg.device import device_name

PHOTOS = Path(__file__).resolve().parent.parent / "data" / "portrait_mini" / "images"
OF_EACH_KIND = 10
COLUMNS = (
    *("clients", "requests", "200", "429", "other", "p50 ms", "p95 ms", "net p50 ms", "CPU ms each", "answers/s"),
    *("RSS MB", "peak MB"),
)


class Server:
    """`paddleseg serve`, and what it logs."""

    def __init__(self, *flags: str):
        command = [sys.executable, "-m", "paddleseg.cli.main", "serve", "--port", "0", *flags]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        first = json.loads(self.process.stdout.readline())
        self.port = int(first["url"].rpartition(":")[2])
        atexit.register(self.process.kill)
        self.events: Counter[str] = Counter()
        threading.Thread(target=self._listen, daemon=True).start()
        while self.ask(b"", "GET", "/ready")[0] != 200:
            time.sleep(0.1)

    def _listen(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.events[json.loads(line)["event"]] += 1

    def cpu_s(self) -> float:
        """Processor time of all its threads so far (Linux)."""
        status = Path(f"/proc/{self.process.pid}/stat")
        fields = status.read_text().rpartition(")")[2].split() if status.is_file() else []
        return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK") if fields else float("nan")

    def memory_mb(self, peak: bool = False) -> float:
        status = Path(f"/proc/{self.process.pid}/status")
        found = (
            re.search(rf"Vm{'HWM' if peak else 'RSS'}:\s+(\d+) kB", status.read_text()) if status.is_file() else None
        )
        return int(found[1]) / 1024 if found else float("nan")

    def ask(
        self, body: bytes, method: str = "POST", path: str = "/segment", kind: str = "image/jpeg"
    ) -> tuple[int, str]:
        """The status and the Server-Timing of an answer, which is read to its end."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, body, {"Content-Type": kind})
            answer = connection.getresponse()
            answer.read()
            return answer.status, answer.getheader("Server-Timing") or ""
        finally:
            connection.close()

    def say(self, *parts: bytes, pause: float = 0.0) -> int:
        """The status that plain bytes are answered with; 0 where the connection is closed without a word."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=60) as raw:
            with suppress(OSError):
                for part in parts:
                    raw.sendall(part)
                    time.sleep(pause)
            with suppress(OSError):
                answer = raw.recv(100).split()
                return int(answer[1]) if answer else 0
            return 0

    def stop(self) -> int:
        self.process.terminate()
        return self.process.wait(60)


def photos(pixels: int) -> list[bytes]:
    """The bundled photos, as they are or enlarged."""
    files = [path.read_bytes() for path in sorted(PHOTOS.glob("*.jpg"))]
    return [_enlarged(file, pixels) for file in files[:4]] if pixels else files


def _enlarged(content: bytes, pixels: int) -> bytes:
    picture, file = Image.open(io.BytesIO(content)), io.BytesIO()
    scale = (pixels / (picture.width * picture.height)) ** 0.5
    picture.resize((round(picture.width * scale), round(picture.height * scale))).save(file, "JPEG", quality=90)
    return file.getvalue()


def load(server: Server, files: Sequence[bytes], clients: int, requests: int, output: str) -> str:
    """A row: so many clients, each with its next request as soon as it has its answer."""

    def ask(number: int) -> tuple[float, int, float]:
        start = time.perf_counter()
        status, timing = server.ask(files[number % len(files)], path=f"/segment?output={output}")
        net = re.search(r"net;dur=([\d.]+)", timing)
        return (time.perf_counter() - start) * 1000, status, float(net[1]) if net else float("nan")

    start, cpu = time.perf_counter(), server.cpu_s()
    with ThreadPoolExecutor(clients) as pool:
        found = list(pool.map(ask, range(requests)))
    seconds = time.perf_counter() - start
    answered = [(ms, net) for ms, status, net in found if status == 200]
    ms, net = np.array(answered).T if answered else np.full((2, 1), np.nan)
    busy = sum(status == 429 for _, status, _ in found)
    others = requests - len(answered) - busy
    cpu = (server.cpu_s() - cpu) * 1000 / max(len(answered), 1)
    rates = f"{cpu:.0f} | {len(answered) / seconds:.1f} | {server.memory_mb():.0f} | {server.memory_mb(peak=True):.0f}"
    times = f"{np.median(ms):.0f} | {np.percentile(ms, 95):.0f} | {np.median(net):.1f}"
    return f"| {clients} | {requests} | {len(answered)} | {busy} | {others} | {times} | {rates} |"


def bad_requests(server: Server, photo: bytes) -> dict[str, tuple[set[int], Callable[[], int]]]:
    """Kinds of bad requests: the statuses that are right, and what sends one."""
    start = "POST /segment HTTP/1.1\r\nHost: x\r\nContent-Type: image/jpeg\r\nContent-Length: "
    many = b"GET / HTTP/1.1\r\nHost: x\r\n" + b"".join(b"X-%d: 1\r\n" % number for number in range(50_000)) + b"\r\n"
    form = "multipart/form-data; boundary=x"
    path = "/segment?background=/etc/passwd"
    return {
        "truncated JPEG": ({422}, lambda: server.ask(photo[: len(photo) // 2])[0]),
        "PNG of 60,000 x 60,000": ({413}, lambda: server.ask(_bomb(), kind="image/png")[0]),
        "text called JPEG": ({415}, lambda: server.ask(b"not a picture" * 1000)[0]),
        "a script, as it is": ({415}, lambda: server.ask(b"#!/bin/sh\n", kind="text/x-shellscript")[0]),
        "body of 30 MB": ({413}, lambda: server.ask(bytes(30 << 20))[0]),
        "body that stops": ({408}, lambda: server.say(f"{start}1000\r\n\r\n".encode() + photo[:100])),
        "head that stops": ({0}, lambda: server.say(b"GET /health HTTP/1.1\r\nHo")),
        "50,000 header lines": ({0, 400}, lambda: server.say(many)),
        "form without parts": ({422}, lambda: server.ask(b"--x\r\n\r\n--", kind=form)[0]),
        "path as background": ({422}, lambda: server.ask(photo, path=path)[0]),
    }


def _bomb() -> bytes:
    side = (60_000).to_bytes(4, "big")
    parts = [(b"IHDR", side * 2 + b"\x08\x06\0\0\0"), (b"IDAT", zlib.compress(bytes(10 << 20))), (b"IEND", b"")]
    chunks = (len(c).to_bytes(4, "big") + n + c + zlib.crc32(n + c).to_bytes(4, "big") for n, c in parts)
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def attack(server: Server, files: Sequence[bytes]) -> bool:
    """Send ten of each kind at once, beside good requests; whether all got what they should."""
    kinds = bad_requests(server, files[0])
    jobs = [(name, send) for name, (_, send) in kinds.items() for _ in range(OF_EACH_KIND)]
    with ThreadPoolExecutor(len(jobs)) as pool, ThreadPoolExecutor(8) as good:
        asked = [good.submit(server.ask, files[n % len(files)]) for n in range(50)]
        statuses = list(pool.map(lambda job: job[1](), jobs))
        answered = Counter(one.result()[0] for one in asked)
    print("\n| bad request | right | answered |\n|---|---|---|")
    fine = set(answered) <= {200, 429}
    for name, (right, _) in kinds.items():
        seen = Counter(status for (one, _), status in zip(jobs, statuses, strict=True) if one == name)
        fine &= set(seen) <= right | {429}
        shown = ", ".join(f"{count} x {status or 'closed'}" for status, count in seen.items())
        print(f"| {name} | {', '.join(str(status or 'closed') for status in sorted(right))} | {shown} |")
    print(f"| good ones meanwhile | 200 | {', '.join(f'{count} x {status}' for status, count in answered.items())} |")
    return fine


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--clients", nargs="+", type=int, default=[1, 8, 200], help="at one time")
    parser.add_argument("--requests", type=int, default=400, help="of all clients together")
    parser.add_argument("--pixels", type=int, default=0, help="enlarge the photos to so many")
    parser.add_argument("--output", default="mask", help="what is asked for")
    parser.add_argument("--queue", type=int, default=256, help="of the server")
    args = parser.parse_args()
    server = Server("--queue", str(args.queue))
    files = photos(args.pixels)
    print(f"{device_name()}; RSS before: {server.memory_mb():.0f} MB\n")
    print(f"| {' | '.join(COLUMNS)} |\n|{'---:|' * len(COLUMNS)}")
    for clients in args.clients:
        print(load(server, files, clients, args.requests, args.output), flush=True)
    fine = attack(server, photos(0))
    after = load(server, files, 1, 20, args.output).split("|")
    print(f"\nAfterwards: p50 {after[6].strip()} ms, RSS {after[11].strip()} MB, peak {after[12].strip()} MB.", end=" ")
    code = server.stop()
    print(f"Faults logged: {server.events['fault']}. Exit code: {code}.")
    return 0 if fine and code == 0 and not server.events["fault"] else 1


if __name__ == "__main__":
    sys.exit(main())
