"""A folder that one process at a time may write into; the system gives it back when that process dies."""

from __future__ import annotations

import errno
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from paddleseg.errors import OutputError
from paddleseg.files import cannot_write

try:
    import fcntl
except ImportError:  # not a POSIX system
    fcntl = None  # type: ignore[assignment]

NAME = ".lock"
_HINT = "wait for it to end, or choose another folder"
# The system's locks are between processes; these are the folders that this one holds.
_held: set[Path] = set()


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Hold `folder`, which is made where it is not there, and removed again where nothing was put into it.

    Raises:
        OutputError: Another process holds it (its number is named), or it cannot be written.
    """
    try:
        key = folder.resolve()
        if key in _held:
            raise OutputError(str(folder), "this process writes into it already", _HINT)
        made = [parent for parent in (key, *key.parents) if not parent.exists()]
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = _locked(folder)
    except OSError as error:
        raise cannot_write(folder, error) from error
    except ValueError as error:  # a zero byte, or half of a character
        raise OutputError(ascii(str(folder)), "cannot be the name of a folder", "choose another name") from error
    _held.add(key)
    try:
        yield
    finally:
        _held.discard(key)
        with suppress(OSError):
            (folder / NAME).unlink()
        os.close(descriptor)
        with suppress(OSError):  # not empty: it is used
            for parent in made:
                parent.rmdir()


def _locked(folder: Path) -> int:
    """The open lock file; its text says who holds it."""
    path = folder / NAME
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            _lock(descriptor, folder)
            # Whoever held it before removed the file at the end: then this lock is on a file that nobody sees.
            if path.exists() and os.path.samestat(path.stat(), os.fstat(descriptor)):
                who = f"process {os.getpid()} on {socket.gethostname()} since {time.strftime('%Y-%m-%d %H:%M')}"
                os.truncate(descriptor, 0)
                os.write(descriptor, who.encode())
                return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)


def _lock(descriptor: int, folder: Path) -> None:
    if fcntl is None:
        print(f"{folder}: this system has no locks for folders; start no second run in it.")
        return
    try:
        # A record lock, which no child inherits: a worker that outlives the run keeps nobody out.
        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.EACCES, errno.EAGAIN):
            who = os.read(descriptor, 200).decode("utf-8", "replace") or "another process"
            raise OutputError(str(folder), f"{who} writes into this folder", _HINT) from error
        if error.errno not in (errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL):
            raise
        print(f"{folder}: this file system has no locks; start no second run in it.")
