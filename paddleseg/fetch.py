"""Weights from the network, fetched once into a folder of the user; offline, a message says what to put where."""

from __future__ import annotations

import hashlib
import http.client
import os
import sys
import tarfile
import urllib.error
import urllib.parse
import urllib.request
import zlib
from collections.abc import Iterator
from pathlib import Path

from paddleseg.errors import WeightsError
from paddleseg.files import atomic_path, atomic_write_bytes, file_sha256
from paddleseg.progress import progress

_CHUNK = 1 << 18
_TIMEOUT = 30  # seconds without a byte
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
    if path.is_file() and (not sha256 or file_sha256(path) == sha256):
        return path
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


def fetch_weights(url: str) -> Path:
    """The `.pdparams` file that `url` means: the file itself, or the one in an archive of PaddleSeg's.

    It is kept under the URL's host and path, since many published files share the name `model.pdparams`.

    Raises:
        WeightsError: It cannot be fetched, or holds no weights.
    """
    parts = urllib.parse.urlsplit(url)
    name = urllib.parse.unquote(parts.path).strip("/")
    if not parts.hostname or ".." in name.split("/") or not name.endswith((".pdparams", *_ARCHIVES)):
        raise WeightsError(url, "is not the address of weights", "give a .pdparams or .tar.gz file")
    path = fetch(url, home() / parts.hostname / name)
    return _unpacked(path) if name.endswith(_ARCHIVES) else path


def _download(url: str, path: Path) -> Iterator[bytes]:
    """The bytes behind `url`, all of them; `path` is where the user may put them by hand."""
    hint = f"download {url} on a machine that can, and save it as {path}"
    try:
        with urllib.request.urlopen(url, timeout=_TIMEOUT) as response:
            length = int(response.headers.get("Content-Length") or 0)
            megabytes = f" ({length / 1e6:.1f} MB)" if length else ""
            print(f"Fetching {url}{megabytes} to {path}", file=sys.stderr)
            received = 0
            chunks = iter(lambda: response.read(_CHUNK), b"")
            for chunk in progress(chunks, "fetching", -(-length // _CHUNK) or None):
                received += len(chunk)
                yield chunk
    except (OSError, http.client.HTTPException, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        raise WeightsError(url, f"cannot be fetched ({reason})", hint) from error
    if received < length:
        raise WeightsError(url, f"broke off after {received:,} of {length:,} bytes", hint)


def _unpacked(archive: Path) -> Path:
    """The weights in `archive`, written beside it; nothing else of the archive is read, and no name of it is used."""
    ending = next(ending for ending in _ARCHIVES if archive.name.endswith(ending))
    path = archive.with_name(archive.name.removesuffix(ending) + ".pdparams")
    if path.is_file() and path.stat().st_mtime_ns >= archive.stat().st_mtime_ns:
        return path
    hint = f"delete {archive} to fetch it again, or give a .pdparams file"
    try:
        with tarfile.open(archive) as tar:
            found = [member for member in tar if member.isfile() and Path(member.name).name == _MEMBER]
            if len(found) != 1:
                raise WeightsError(str(archive), f"holds {len(found)} files called {_MEMBER} instead of one", hint)
            member = tar.extractfile(found[0])
            content = member.read() if member else b""
    except (tarfile.TarError, zlib.error, EOFError, OSError) as error:
        raise WeightsError(str(archive), f"is not a readable archive ({error})", hint) from error
    atomic_write_bytes(path, content)
    return path
