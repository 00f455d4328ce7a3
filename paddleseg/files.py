"""A user's files: read only where they are files and of a bounded size, and written whole or not at all."""

from __future__ import annotations

import ctypes
import errno
import hashlib
import os
import shutil
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from paddleseg.errors import OutputError

MAX_BYTES = 1 << 30
"""What is read at most of a file that a user names, where nothing else is said: 1 GiB."""
_AT_FDCWD, _RENAME_EXCHANGE = -100, 2  # <fcntl.h>, <linux/fs.h>
_NAME_BYTES = 255  # the longest name that common file systems hold


@contextmanager
def atomic_path(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path that takes the name `path` when the block ends well, and vanishes when it does not.

    Raises:
        OutputError: The folder cannot be made or written, the name cannot be one, or the disk is full.
    """
    path = Path(path)
    # The suffix stays last, since encoders choose their format by it.
    temporary = _beside(path, path.stem, f".{os.getpid()}{path.suffix}")
    try:
        with _writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            yield temporary
            temporary.replace(path)
    finally:
        with suppress(OSError, ValueError):
            temporary.unlink()


@contextmanager
def atomic_dir(path: str | Path) -> Iterator[Path]:
    """As `atomic_path`, for a folder: at every moment, the older folder of that name is there or the new one, whole.

    Where the system cannot exchange two names, the older one lies beside it as `.NAME.PID.old` for an instant.
    """
    path = Path(path)
    temporary, old = (_beside(path, path.name, f".{os.getpid()}.{kind}") for kind in ("new", "old"))
    try:
        with _writing(path):
            temporary.mkdir(parents=True)
            yield temporary
            if not path.exists():
                temporary.replace(path)
            elif not exchange(temporary, path):
                path.replace(old)
                temporary.replace(path)
    finally:
        with suppress(OSError, ValueError):
            if old.exists() and not path.exists():
                old.replace(path)
        for left in (temporary, old):
            with suppress(ValueError):
                shutil.rmtree(left, ignore_errors=True)


def exchange(a: Path, b: Path) -> bool:
    """Let two files or folders swap their names at once; returns whether this system can."""
    if not sys.platform.startswith("linux"):
        return False
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except AttributeError:  # a C library from before 2018
        return False
    return rename(_AT_FDCWD, os.fsencode(a), _AT_FDCWD, os.fsencode(b), _RENAME_EXCHANGE) == 0


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


def _beside(path: Path, stem: str, ending: str) -> Path:
    """A hidden name in `path`'s folder, cut where it would be too long for the file system."""
    if path.name in ("", ".."):
        raise OutputError(str(path), "is no name to write under", "name a file or folder in it")
    with suppress(UnicodeEncodeError):  # no file is called that; `_writing` says so
        name, room = os.fsencode(stem), _NAME_BYTES - len(os.fsencode(ending)) - 1
        if len(name) > room:
            digest = hashlib.sha256(name).hexdigest()[:16]
            stem = name[: room - len(digest)].decode("utf-8", "ignore") + digest
    return path.with_name(f".{stem}{ending}")


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    """What the file system has against `path`, before the work is done and after, as an `OutputError`."""
    try:
        with suppress(FileNotFoundError):
            path.lstat()
    except OSError as error:
        raise cannot_write(path, error) from error
    except ValueError as error:  # a zero byte, or half of a character
        raise OutputError(ascii(str(path)), "cannot be the name of a file", "choose another name") from error
    try:
        yield
    except OSError as error:
        raise cannot_write(path, error) from error


def cannot_write(path: Path, error: OSError) -> OutputError:
    """`error` in the user's words."""
    hint = {
        errno.ENOSPC: "free some disk space",
        errno.EDQUOT: "free some disk space",
        errno.ENAMETOOLONG: "choose a shorter name",
        errno.ENOTDIR: "name a folder; a part of this path is a file",
        errno.EEXIST: "name a folder; this is a file",
    }.get(error.errno or 0, "choose a folder that you may write to")
    return OutputError(str(path), f"cannot be written: {error.strerror or error}", hint)
