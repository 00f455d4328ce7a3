"""A user's files: read only where they are files and of a bounded size, and written whole or not at all."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from paddleseg.errors import OutputError

MAX_BYTES = 1 << 30
"""What is read at most of a file that a user names, where nothing else is said: 1 GiB."""


@contextmanager
def atomic_path(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path that takes the name `path` when the block ends well, and vanishes when it does not.

    Raises:
        OutputError: The folder cannot be made or written, or the disk is full.
    """
    path = Path(path)
    # The suffix stays last, since encoders choose their format by it.
    temporary = path.with_name(f".{path.stem}.{os.getpid()}{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        temporary.replace(path)
    except OSError as error:
        raise _cannot_write(path, error) from error
    finally:
        with suppress(OSError):
            temporary.unlink()


@contextmanager
def atomic_dir(path: str | Path) -> Iterator[Path]:
    """As `atomic_path`, for a folder: an older folder of that name is replaced only once the new one is complete."""
    path = Path(path)
    temporary, old = (path.with_name(f".{path.name}.{os.getpid()}.{kind}") for kind in ("new", "old"))
    try:
        temporary.mkdir(parents=True)
        yield temporary
        if path.exists():
            path.replace(old)
        temporary.replace(path)
    except OSError as error:
        if old.exists() and not path.exists():
            old.replace(path)
        raise _cannot_write(path, error) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def atomic_write_bytes(path: str | Path, content: bytes) -> None:
    with atomic_path(path) as temporary:
        temporary.write_bytes(content)


def atomic_write_text(path: str | Path, content: str) -> None:
    """Write UTF-8; file names in it that are not UTF-8 keep their bytes."""
    atomic_write_bytes(path, content.encode("utf-8", "surrogateescape"))


def is_file(path: str | Path) -> bool:
    """Whether that is a regular file, or a link to one; where the system does not say (no permission, a name too long
    or with a NUL byte) it is none, and nothing is raised."""
    return os.path.isfile(path)  # noqa: PTH113 (Path.is_file raises)


def is_dir(path: str | Path) -> bool:
    """Whether that is a folder, or a link to one; as `is_file`, it never raises."""
    return os.path.isdir(path)  # noqa: PTH112 (Path.is_dir raises)


def open_file(path: str | Path, most: int = MAX_BYTES) -> BinaryIO:
    """A file of `most` bytes at most, opened for reading.

    Pipes, sockets and devices are refused before they are opened: they have no end, or opening them waits for ever.

    Raises:
        OSError: It cannot be opened, or is no regular file, or is larger; `strerror` says which.
    """
    try:
        found = Path(path).stat()
        if stat.S_ISDIR(found.st_mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if not stat.S_ISREG(found.st_mode):
            raise OSError(errno.EINVAL, "it is a pipe, a socket or a device, not a file")
        if found.st_size > most:
            raise OSError(errno.EFBIG, f"it has {found.st_size:,} bytes, and more than {most:,} are not read")
        return Path(path).open("rb")
    except ValueError as error:  # a NUL byte, or a character that no file name holds
        raise OSError(errno.EINVAL, f"its name is none that a file can have ({error})") from error


def read_bytes(path: str | Path, most: int = MAX_BYTES) -> bytes:
    """The content of a file, under the conditions of `open_file`.

    Raises:
        OSError: As `open_file`.
    """
    with open_file(path, most) as file:
        # As long as the file says it is: some under /proc call themselves empty and never end.
        return file.read(os.fstat(file.fileno()).st_size)


def file_sha256(path: str | Path) -> str:
    """The digest of a file's content."""
    digest = hashlib.sha256()
    with Path(path).open("rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()


def _cannot_write(path: Path, error: OSError) -> OutputError:
    hint = "free some disk space" if error.errno == 28 else "choose a folder that you may write to"
    return OutputError(str(path), f"cannot be written: {error.strerror or error}", hint)
