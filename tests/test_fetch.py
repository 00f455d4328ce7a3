"""Downloads: bounded, whole, and each address in a file of its own. A server on this machine answers."""

from __future__ import annotations

import http.server
import io
import os
import tarfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from paddleseg import fetch
from paddleseg.errors import WeightsError

WEIGHTS = b"\x80\x02weights"


class _Handler(http.server.BaseHTTPRequestHandler):
    """Answers by the last part of the address."""

    def do_GET(self) -> None:
        answer = getattr(self, self.path.rpartition("/")[2].partition(".")[0], None)
        if answer:
            return answer()
        self.reply(WEIGHTS + self.path.encode())

    def reply(self, content: bytes, kind: str = "application/octet-stream", length: int | None = None) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        if length is not None:
            self.send_header("Content-Length", str(length))
        self.end_headers()
        self.wfile.write(content)

    def page(self) -> None:
        self.reply(b"please log in", "text/html; charset=utf-8")

    def untyped_page(self) -> None:
        self.reply(b"\n<!DOCTYPE html><p>gone")

    def pointer(self) -> None:
        self.reply(b"version https://git-lfs.github.com/spec/v1\n")

    def empty(self) -> None:
        self.reply(b"", length=0)

    def short(self) -> None:
        self.reply(b"x" * 400, length=1000)

    def huge(self) -> None:
        self.reply(b"x", length=1 << 40)

    def endless(self) -> None:
        self.reply(b"")
        try:
            while True:
                self.wfile.write(b"x" * 65536)
        except OSError:
            pass

    def slow(self) -> None:
        self.reply(b"")
        try:
            for _ in range(100):
                self.wfile.write(b"x")
                time.sleep(0.05)
        except OSError:
            pass

    def not_an_archive(self) -> None:
        self.reply(b"hello")

    def bomb(self) -> None:
        stream = io.BytesIO()
        with tarfile.open(fileobj=stream, mode="w:gz") as tar:
            for name in ("other.bin", "model.pdparams"):
                info = tarfile.TarInfo(name)
                info.size = 3 << 20
                tar.addfile(info, io.BytesIO(bytes(info.size)))
        self.reply(stream.getvalue())

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("PADDLESEG_HOME", str(tmp_path / "home"))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def kept(home: Path) -> list[str]:
    return sorted(path.name for path in home.rglob("*") if path.is_file())


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("page.pdparams", "gave a page of text"),
        ("untyped_page.pdparams", "gave a page of text"),
        ("pointer.pdparams", "gave a page of text"),
        ("empty.pdparams", "broke off after 0"),
        ("short.pdparams", "broke off after 400 of 1,000"),
        ("huge.pdparams", "is larger than 1,048,576 bytes"),
        ("endless.pdparams", "is larger than 1,048,576 bytes"),
        ("slow.pdparams", r"sent \d+ bytes in .* seconds, which is too slow"),
        ("not_an_archive.tar.gz", "is not a readable archive"),
        ("bomb.tar.gz", "unpacks to more than 1,048,576 bytes"),
    ],
)
def test_a_wrong_answer_is_named_and_not_kept(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, says: str
):
    monkeypatch.setattr(fetch, "_MOST", 1 << 20)
    monkeypatch.setattr(fetch, "_PATIENCE", 0.3)
    with pytest.raises(WeightsError, match=says):
        fetch.fetch_weights(f"{address}/{name}")
    assert kept(tmp_path / "home") == []


def test_no_two_addresses_share_a_file(address: str):
    endings = [
        "a/model.pdparams",
        "b/model.pdparams",
        "a/model.pdparams?v=2",
        "a//model.pdparams",
        "a%2Fmodel.pdparams",
    ]
    urls = [f"{address}/{ending}" for ending in endings]
    files = [fetch.fetch_weights(url) for url in urls]
    assert len(set(files)) == len(files)
    for url, file in zip(urls, files, strict=True):
        assert file.read_bytes() == WEIGHTS + url.removeprefix(address).encode()


def test_what_was_fetched_from_a_plain_address_lies_where_it_always_did(address: str, tmp_path: Path):
    plain = fetch.kept_as("https://example.org/dygraph/net/model.pdparams")
    assert plain == tmp_path / "home" / "example.org" / "dygraph" / "net" / "model.pdparams"
    others = [
        "https://example.org:8443/dygraph/net/model.pdparams",
        "https://example.org/dygraph/net/model.pdparams?token=1",
        "https://example.org/dygraph/../net/model.pdparams",
    ]
    assert len({plain, *map(fetch.kept_as, others)}) == 4


@pytest.mark.parametrize("url", ["file://localhost/etc/x.pdparams", "https:///x.pdparams", "https://example.org/x.zip"])
def test_what_is_no_address_of_weights_is_refused(url: str):
    with pytest.raises(WeightsError, match="is not the address of weights"):
        fetch.fetch_weights(url)


def test_parts_of_killed_downloads_are_cleared(address: str):
    url = f"{address}/model.pdparams"
    part, young = (fetch.kept_as(url).with_name(f".model.{pid}.pdparams") for pid in (11, 12))
    part.parent.mkdir(parents=True)
    for path in (part, young):
        path.write_bytes(b"half")
    os.utime(part, (0, 0))
    fetch.fetch_weights(url)
    assert kept(part.parent) == [young.name, "model.pdparams"]
