"""Weights from the network, fetched once into a folder of the user; offline, a message says what to put where."""

from __future__ import annotations

import glob
import hashlib
import http.client
import os
import re
import sys
import tarfile
import time
import urllib.error
import urllib.parse
import urllib.request
import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from paddleseg.errors import WeightsError
from paddleseg.files import atomic_path, atomic_write_bytes, file_sha256, is_file
from paddleseg.progress import progress

_CHUNK = 1 << 18
_TIMEOUT = 30  # seconds without a byte
_MOST = 4 << 30
"""Bytes of a download, and of all that an archive unpacks to."""
_SLOWEST, _PATIENCE = 1 << 10, 60
"""Bytes a second below which a download is given up, once so many seconds have passed."""
_PLAIN = re.compile(r"https?://[a-z0-9.-]+((/[A-Za-z0-9_-][A-Za-z0-9._-]*)+)")
_NAME_LENGTH = 120
_STALE = 24 * 3600
_ARCHIVES = (".tar.gz", ".tgz", ".tar")
_MEMBER = "model.pdparams"


def home() -> Path:
    """Where fetched weights are kept: `$PADDLESEG_HOME`, or `~/.cache/paddleseg`."""
    return Path(os.environ.get("PADDLESEG_HOME") or "~/.cache/paddleseg").expanduser()


def fetch(url: str, path: Path, sha256: str = "") -> Path:
    """`path`, after it was fetched from `url` unless it is there already.

    Args:
        sha256: What the file has to be; a file that is something else is fetched anew.

    Raises:
        WeightsError: It cannot be fetched, or is not what it should be.
        OutputError: It cannot be written.
    """
    if is_file(path) and (not sha256 or file_sha256(path) == sha256):
        return path
    _clear_leftovers(path)
    with atomic_path(path) as temporary:
        digest = hashlib.sha256()
        with temporary.open("wb") as file:
            for chunk in _download(url, path):
                file.write(chunk)
                digest.update(chunk)
        if sha256 and digest.hexdigest() != sha256:
            what = f"gave other bytes than expected (sha256 {digest.hexdigest()} instead of {sha256})"
            raise WeightsError(url, what, f"get the file from a source you trust and save it as {path}")
    return path


def _clear_leftovers(path: Path) -> None:
    """Remove the parts of `path` that killed processes left behind, once they are so old that nobody writes them."""
    for part in path.parent.glob(f".{glob.escape(path.stem)}.*{path.suffix}"):
        with suppress(OSError):
            if time.time() - part.stat().st_mtime > _STALE:
                part.unlink()


def fetch_weights(url: str) -> Path:
    """The `.pdparams` file that `url` means: the file itself, or the one in an archive of PaddleSeg's.

    It is kept under the URL's host and path, since many published files share the name `model.pdparams`.

    Raises:
        WeightsError: It cannot be fetched, or holds no weights; what is no archive is not kept.
    """
    path = kept_as(url)
    if not path.name.endswith(_ARCHIVES):
        return fetch(url, path)
    was_there = is_file(path)
    fetch(url, path)
    try:
        return _unpacked(path)
    except WeightsError:
        if not was_there:
            path.unlink(missing_ok=True)
        raise


def kept_as(url: str) -> Path:
    """Where the file behind an address is kept: under host and path, and, where the address says more than these (a
    port, a query, escaped characters), under a digest of all of it, so that no two addresses share a file.

    Raises:
        WeightsError: It is no address of weights.
    """
    parts = urllib.parse.urlsplit(url)
    name = urllib.parse.unquote(parts.path).rpartition("/")[2]
    fits = parts.scheme in ("http", "https") and parts.hostname and name.endswith((".pdparams", *_ARCHIVES))
    if not fits:
        raise WeightsError(url, "is not the address of weights", "give a .pdparams or .tar.gz file on http or https")
    if plain := _PLAIN.fullmatch(url):
        return home() / str(parts.hostname) / plain[1].strip("/")
    digest = hashlib.sha256(url.encode("utf-8", "surrogateescape")).hexdigest()[:16]
    name = re.sub(r"[^A-Za-z0-9._-]", "_", name)[-_NAME_LENGTH:]
    return home() / re.sub(r"[^a-z0-9.-]", "_", str(parts.hostname)) / digest / name


def _download(url: str, path: Path) -> Iterator[bytes]:
    """The bytes behind `url`, all of them; `path` is where the user may put them by hand."""
    hint = f"download {url} on a machine that can, and save it as {path}"
    received, start = 0, time.monotonic()
    try:
        with urllib.request.urlopen(url, timeout=_TIMEOUT) as response:
            length = int(response.headers.get("Content-Length") or 0)
            megabytes = f" ({length / 1e6:.1f} MB)" if length else ""
            print(f"Fetching {url}{megabytes} to {path}", file=sys.stderr)
            # Whatever has arrived, not whole chunks: a server that sends a byte now and then is noticed.
            chunks = iter(lambda: response.read1(_CHUNK), b"")
            for chunk in progress(chunks, "fetching", -(-length // _CHUNK) or None):
                if not received and _is_no_file(chunk, response.headers.get_content_type()):
                    raise WeightsError(url, "gave a page of text instead of the file", hint)
                received += len(chunk)
                passed = time.monotonic() - start
                if max(received, length) > _MOST:
                    raise WeightsError(url, f"is larger than {_MOST:,} bytes, which is no network's", hint)
                if passed > _PATIENCE and received < _SLOWEST * passed:
                    raise WeightsError(url, f"sent {received:,} bytes in {passed:.0f} seconds, which is too slow", hint)
                yield chunk
    except (OSError, http.client.HTTPException, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        raise WeightsError(url, f"cannot be fetched ({reason})", hint) from error
    if received < length or not received:
        raise WeightsError(url, f"broke off after {received:,} of {length:,} bytes", hint)


def _is_no_file(start: bytes, content_type: str) -> bool:
    """Whether an answer is a page for a reader, such as of a login or an error, or a pointer to the file."""
    text = start[:64].lstrip().lower()
    return content_type == "text/html" or text.startswith(
        (b"<!doctype", b"<html", b"<?xml", b"version https://git-lfs")
    )


def _unpacked(archive: Path) -> Path:
    """The weights in `archive`, written beside it; nothing else of the archive is read, and no name of it is used."""
    path = archive.with_name(archive.name + ".pdparams")
    if is_file(path) and path.stat().st_mtime_ns >= archive.stat().st_mtime_ns:
        return path
    hint = f"delete {archive} to fetch it again, or give a .pdparams file"
    try:
        with tarfile.open(archive) as tar:
            found = [member for member in _within_bounds(tar, archive) if Path(member.name).name == _MEMBER]
            if len(found) != 1:
                raise WeightsError(str(archive), f"holds {len(found)} files called {_MEMBER} instead of one", hint)
            member = tar.extractfile(found[0])
            content = member.read() if member else b""
    except (tarfile.TarError, zlib.error, EOFError, OSError, ValueError) as error:
        raise WeightsError(str(archive), f"is not a readable archive ({error})", hint) from error
    atomic_write_bytes(path, content)
    return path


def _within_bounds(tar: tarfile.TarFile, archive: Path) -> Iterator[tarfile.TarInfo]:
    """The files of an archive; each member is looked at before what it holds is unpacked."""
    total = 0
    for member in tar:
        total += max(member.size, 512)
        if total > _MOST:
            raise WeightsError(str(archive), f"unpacks to more than {_MOST:,} bytes", "give a .pdparams file")
        if member.isfile():
            yield member
