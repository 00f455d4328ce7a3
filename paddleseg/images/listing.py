"""Which pictures a user means by a file, a folder or a list; what lies beside them is counted and named."""

from __future__ import annotations

import os
import re
from collections import deque
from collections.abc import Callable, Iterator
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


def walk(folder: Path, pass_over: Callable[[Path], None], leave_out: Path | None = None) -> Iterator[str]:
    """The names of all images below a folder, sorted in each of its folders, as they are found.

    Nothing is asked of the file system for a file whose name says that it is an image: a million of them cost seconds.
    Linked folders come last, so that what lies in the folder itself has its own name.

    Args:
        pass_over: Is told of files that are no images, of hidden ones, and of folders that were seen before.
        leave_out: A folder below it that is none of the source, such as the one that results go to.
    """
    seen = set() if leave_out is None else _number(leave_out)
    left_out = frozenset(seen)
    folders, links = deque([""]), deque[str]()
    while folders or links:
        below = folders.popleft() if folders else links.popleft()
        here = folder / below
        number = _number(here)
        if not number or number & seen:
            if not number & left_out:
                pass_over(here)
            continue
        seen |= number
        files: list[str] = []
        try:
            with os.scandir(here) as entries:
                for entry in entries:
                    name = f"{below}{entry.name}"
                    if entry.name.startswith("."):  # also "._name", which archives made on a Mac are full of
                        pass_over(Path(entry.path))
                    elif _leads_to_folder(entry):
                        (links if entry.is_symlink() else folders).append(f"{name}/")
                    elif _is_image(entry):
                        files.append(name)
                    else:
                        pass_over(Path(entry.path))
        except OSError:  # no permission
            pass_over(here)
        yield from sorted(files)


def _below(folder: Path) -> Listing:
    others: list[Path] = []
    found = [(folder / name, name) for name in walk(folder, others.append)]
    return Listing(sorted(found), sorted(others))


def _number(folder: Path) -> set[tuple[int, int]]:
    """What the file system knows a folder by; empty where it may not be looked at."""
    try:
        status = folder.stat()
    except OSError:
        return set()
    return {(status.st_dev, status.st_ino)}


def _leads_to_folder(entry: os.DirEntry[str]) -> bool:
    return is_dir(entry.path) if entry.is_symlink() else entry.is_dir(follow_symlinks=False)


def _is_image(entry: os.DirEntry[str]) -> bool:
    """By the name, or, where it has no ending, by the first bytes."""
    if not (entry.is_file(follow_symlinks=False) or is_file(entry.path)):
        return False
    suffix = os.path.splitext(entry.name)[1]  # noqa: PTH122 (a million paths take seconds to make)
    if suffix:
        return suffix.lower() in IMAGE_EXTENSIONS
    try:
        with open_file(entry.path) as file:
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
