"""What is read: regular files of a bounded size, and all of a folder, with nothing passed over in silence."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from paddleseg.errors import DataError, few
from paddleseg.files import MAX_BYTES, is_file, read_bytes

_LEFTOVERS = {"thumbs.db", ".ds_store", "desktop.ini"}


def regular_bytes(path: str | Path, limit: int = MAX_BYTES) -> bytes:
    """The content of a regular file: pipes and devices keep a reader waiting, sparse files fill the memory.

    Raises:
        DataError: It is missing, may not be read, is no regular file, or is larger than `limit`.
    """
    try:
        return read_bytes(path, limit)
    except OSError as error:
        raise DataError(str(path), f"cannot be read: {error.strerror or error}", "correct the name") from error


def refuse_endless(path: Path, limit: int = MAX_BYTES) -> None:
    """Refuse what is there, but is no regular file, or is too large to be read.

    Raises:
        DataError: It is a folder, a pipe, a device or a socket, or larger than `limit`.
        OSError: There is nothing, or it may not be looked at.
    """
    status = path.stat()
    if not stat.S_ISREG(status.st_mode) and not stat.S_ISDIR(status.st_mode):  # reading a folder fails by itself
        raise DataError(str(path), "is a pipe, a socket or a device, not a file", "name a regular file")
    if status.st_size > limit:
        what = f"has {status.st_size:,} bytes, more than the {limit:,} that are read"
        raise DataError(str(path), what, "is it the right file?")


def read_json(path: str | Path) -> Any:
    """The content of a JSON file, in UTF-8 with or without a byte order mark.

    Raises:
        DataError: It cannot be read, or is no JSON.
    """
    content = regular_bytes(path)
    if content[:64].strip(b"\xef\xbb\xbf \t\r\n")[:1] not in (b"{", b"["):
        raise DataError(str(path), "is not JSON: it begins with neither { nor [", "name the annotation file")
    try:
        return json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError, MemoryError) as error:
        why = "it is nested too deeply" if isinstance(error, RecursionError) else error
        raise DataError(str(path), f"is not JSON: {why}", "save it again, as UTF-8") from error


def is_leftover(path: Path) -> bool:
    """Whether it is what macOS and Windows leave beside files: `._photo.jpg`, `__MACOSX`, `.DS_Store`, `Thumbs.db`."""
    parts = path.parts
    named = path.name.lower() in _LEFTOVERS
    return named or "__MACOSX" in parts or any(part.startswith("._") for part in parts)


@dataclass
class Found:
    """What is in a folder.

    Args:
        files: Those that were looked for, with their names below the folder, sorted.
        leftovers: How many files of macOS and Windows there are.
        others: Names of all other files.
    """

    files: list[tuple[Path, str]] = field(default_factory=list)
    leftovers: int = 0
    others: list[str] = field(default_factory=list)

    def remarks(self, what: str) -> list[str]:
        """A line for each kind of file that was passed over; `what` says what was looked for."""
        lines = []
        if self.leftovers:
            lines.append(f"passed over {self.leftovers} files of macOS or Windows (._*, .DS_Store, Thumbs.db)")
        if self.others:
            lines.append(f"passed over {len(self.others)} files that are {what}: {few(self.others)}")
        return lines


def walk(folder: Path, wanted: Collection[str]) -> Found:
    """All files below a folder, links to folders included, but for links that lead back to where they are.

    Args:
        wanted: How the files end that are looked for, in lower case: ".jpg".
    """
    found = Found()
    endings = tuple(wanted)
    for here, folders, names in os.walk(folder, followlinks=True, onerror=lambda error: _closed(error, folder, found)):
        chain = [os.path.realpath(parent) for parent in (Path(here), *Path(here).parents) if _is_below(parent, folder)]
        folders[:] = [name for name in folders if not _leads_back(Path(here, name), chain)]
        for name in names:
            path = Path(here, name)
            below = path.relative_to(folder)
            if is_leftover(below):
                found.leftovers += 1
            elif name.lower().endswith(endings) and is_file(path):
                found.files.append((path, below.as_posix()))
            else:
                found.others.append(below.as_posix())
    found.files.sort()
    found.others.sort()
    return found


def _closed(error: OSError, folder: Path, found: Found) -> None:
    found.others.append(f"{os.path.relpath(error.filename, folder)}/")


def _is_below(path: Path, folder: Path) -> bool:
    return path == folder or path.is_relative_to(folder)


def _leads_back(path: Path, chain: Sequence[str]) -> bool:
    """Whether a link leads to one of the folders that it was reached by, or to one above these."""
    if not path.is_symlink():
        return False
    target = os.path.realpath(path)
    return any(os.path.commonpath([target, above]) == target for above in chain)
