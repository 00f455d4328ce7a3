"""Which pictures a user means by a file, a folder or a list; what lies beside them is counted and named."""

from __future__ import annotations

import os
import re
from collections import deque
from collections.abc import Iterator
from pathlib import Path

from paddleseg.errors import DataError
from paddleseg.files import is_dir, is_file, open_file, read_bytes
from paddleseg.images.head import IMAGE_EXTENSIONS, format_of

_NAMED = 5
_LIST_BYTES = 1 << 28
_BESIDE_LINES = re.compile(r"\r\n|\r|\n")
_AFTER_A_PATH = re.compile(r"\s*[,;|]\s*|\s+")


class Listing(list[tuple[Path, str]]):
    """Images, each with its name below the folder it was found in.

    Attributes:
        passed_over: What lay beside them: files that are no images, hidden ones, and folders that link back.
    """

    def __init__(self, images: list[tuple[Path, str]], passed_over: list[Path] | None = None):
        super().__init__(images)
        self.passed_over = passed_over or []

    def remark(self) -> str:
        """A line that counts and names what was passed over; empty where that is nothing."""
        if not self.passed_over:
            return ""
        names = ", ".join(path.name for path in self.passed_over[:_NAMED])
        more = ", ..." if len(self.passed_over) > _NAMED else ""
        count = len(self.passed_over)
        files = "1 file that is no image" if count == 1 else f"{count} files that are no images"
        return f"Passed over {files}: {names}{more}"


def list_images(source: str | Path, separator: str | None = None) -> Listing:
    """The images that `source` means, each with its name below the folder it was found in, sorted.

    Args:
        source: An image; a folder, with all folders below it, also linked ones; or a `.txt` list with an image at the
            start of each line, relative to the list's folder or to the working directory.
        separator: What ends the image's path in a line of the list. By default it is what leaves the name of a file:
            nothing (one path a line), or a comma, semicolon, bar, tab or blank.

    Raises:
        DataError: No such file, or no image in it.
    """
    source = Path(source)
    if is_dir(source):
        images = _below(source)
    elif source.suffix.lower() == ".txt":
        lines = [line.strip() for line in read_lines(source)]
        images = Listing([_listed(source, line, separator) for line in lines if line])
    else:
        if not is_file(source):
            there = os.path.lexists(source) if "\0" not in str(source) else False
            what = "is no file and no folder" if there else "does not exist"
            raise DataError(str(source), what, "give an image, a folder of images, or a .txt list")
        images = Listing([(source, source.name)])
    if not images:
        what = f"holds no image. {images.remark()}" if images.passed_over else "holds no image"
        raise DataError(str(source), what, f"images end in {', '.join(IMAGE_EXTENSIONS[:9])}")
    return images


def read_lines(path: str | Path) -> list[str]:
    """The lines of a UTF-8 text file.

    Raises:
        DataError: Missing, or not UTF-8.
    """
    try:
        lines = _BESIDE_LINES.split(read_bytes(path, _LIST_BYTES).decode("utf-8-sig"))
    except OSError as error:
        hint = "correct the path of the list, or dataset_root"
        raise DataError(str(path), f"cannot be read: {error.strerror}", hint) from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise DataError(f"{path}:{line}", "is not UTF-8 text", "save the list as UTF-8") from error
    return lines if lines[-1] else lines[:-1]


def _below(folder: Path) -> Listing:
    found: list[Path] = []
    others: list[Path] = []
    for path in _files(folder, others):
        (found if _is_image(path) else others).append(path)
    return Listing([(path, path.relative_to(folder).as_posix()) for path in sorted(found)], sorted(others))


def _files(folder: Path, others: list[Path]) -> Iterator[Path]:
    """All that lies below a folder and is none. Hidden things and folders that were seen before are `others`.

    Linked folders come last, so that what lies in the folder itself has its own name.
    """
    seen: set[tuple[int, int]] = set()
    folders, links = deque([folder]), deque[Path]()
    while folders or links:
        here = folders.popleft() if folders else links.popleft()
        try:
            status = here.stat()
            entries = sorted(os.scandir(here), key=lambda entry: entry.name)
        except OSError:  # no permission
            others.append(here)
            continue
        if (status.st_dev, status.st_ino) in seen:
            others.append(here)
            continue
        seen.add((status.st_dev, status.st_ino))
        for entry in entries:
            path = Path(entry.path)
            if entry.name.startswith("."):  # also "._name", which archives made on a Mac hold beside many a file
                others.append(path)
            elif not is_dir(path):
                yield path
            else:
                (links if entry.is_symlink() else folders).append(path)


def _is_image(path: Path) -> bool:
    """By the name, or, where it has no ending, by the first bytes."""
    if not is_file(path):
        return False
    if path.suffix:
        return path.suffix.lower() in IMAGE_EXTENSIONS
    try:
        with open_file(path) as file:
            return bool(format_of(file.read(32)))
    except OSError:
        return False


def _listed(source: Path, line: str, separator: str | None) -> tuple[Path, str]:
    name = _path_in(line, source.parent, separator)
    beside = source.parent / name
    path = beside if is_file(beside) else Path(name)
    below = Path(name).name if Path(name).is_absolute() or ".." in Path(name).parts else name
    return path, below


def _path_in(line: str, folder: Path, separator: str | None) -> str:
    """The image's path at the start of a line: as much of it as names a file, else all before the first separator."""
    quote = line[0] if line[0] in "\"'" else None
    if quote and quote in line[1:]:
        return line[1 : line.index(quote, 1)]
    if separator is None:
        ends = [len(line), *(match.start() for match in reversed(list(_AFTER_A_PATH.finditer(line))))]
        candidates = [line[:end] for end in ends]
    else:
        candidates = [line, line.split()[0] if separator == " " else line.split(separator)[0].strip()]
    named = (name for name in candidates if is_file(folder / name) or is_file(name))
    return next(named, candidates[-1])
