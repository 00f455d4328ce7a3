"""Where the files of a published data set lie, written as data: `images/{name}.jpg` beside `masks/{name}.png`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from paddleseg.datasets.base import Entry, read_list
from paddleseg.errors import DataError, Problem
from paddleseg.images.io import IMAGE_EXTENSIONS, read_lines
from paddleseg.sources import is_leftover

_FIELD = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Pattern:
    """Paths below the root with fields in braces, each of which stands for a part of a name.

    Args:
        images: Such as `clip_img/{date}/clip_{part}/{name}.jpg`; a `*` stands for anything, as in `{name}.*`.
        labels: The label of an image, with the same fields; None where there are no labels.
        group: What similar images have in common, with the same fields; empty where each image stands for itself.

    Example:
        >>> Pattern("original_training/original{video}_{frame}.jpg", group="{video}").find(root)
    """

    images: str
    labels: str | None = None
    group: str = ""

    def __str__(self) -> str:
        return _FIELD.sub("*", self.images)

    def exists(self, root: Path) -> bool:
        """Whether there is any such image."""
        return next(self._matches(root), None) is not None

    def find(self, root: Path) -> tuple[list[Entry], list[Problem]]:
        """All images with their labels, sorted; the labels need not exist."""
        return [(image, label) for image, label, _ in self.find_groups(root)], []

    def find_groups(self, root: Path) -> list[tuple[Path, Path | None, str]]:
        """All images with their labels and their groups, sorted by path."""
        found = []
        for image, fields in self._matches(root):
            label = root / self.labels.format(**fields) if self.labels else None
            # An image without a group is a group of its own.
            found.append((image, label, self.group.format(**fields) or image.relative_to(root).as_posix()))
        return sorted(found)

    def leftovers(self, root: Path) -> int:
        """How many files of macOS lie among the images: archives made on a Mac hold a "._name" beside many a file."""
        return sum(is_leftover(path.relative_to(root)) for path in root.glob(_FIELD.sub("*", self.images)))

    def _matches(self, root: Path) -> Iterator[tuple[Path, dict[str, str]]]:
        expression = _expression(self.images)
        for path in root.glob(_FIELD.sub("*", self.images)):
            relative = path.relative_to(root)
            hidden = any(part.startswith(".") for part in relative.parts)
            match = expression.fullmatch(relative.as_posix())
            if match and not hidden and path.suffix.lower() in IMAGE_EXTENSIONS:
                yield path, match.groupdict()


@dataclass(frozen=True)
class ListFile:
    """A list file that comes with the data: of `image label` pairs, or of names that stand for both.

    Args:
        file: The list.
        images: The image of a line, such as `JPEGImages/{line}.jpg`; None where lines are pairs.
        labels: The label of a line.
        drop: Leading folders of every path in the list that are not there on disk.
        separator: What stands between the columns of pairs.
    """

    file: str
    images: str | None = None
    labels: str = ""
    drop: int = 0
    separator: str = " "

    def __str__(self) -> str:
        return self.file

    def exists(self, root: Path) -> bool:
        return (root / self.file).is_file()

    def find(self, root: Path) -> tuple[list[Entry], list[Problem]]:
        """All pairs in the order of the list, and the lines that are none; the files need not exist.

        Raises:
            DataError: There is no such list, or nothing in it.
        """
        file = root / self.file
        if self.images is None:
            # A test list may be without labels.
            return read_list(file, root, self.separator, labels=not self.file.startswith("test"))
        lines = [line.strip() for line in read_lines(file) if line.strip()]
        names = ["/".join(Path(line).parts[self.drop :]) for line in lines]
        if not names:
            raise DataError(str(file), "names no images", "unpack the archive again")
        return [(root / self.images.format(line=name), root / self.labels.format(line=name)) for name in names], []


@dataclass(frozen=True)
class Joined:
    """Several sources one after the other."""

    parts: tuple[ListFile, ...]

    def __str__(self) -> str:
        return " and ".join(map(str, self.parts))

    def exists(self, root: Path) -> bool:
        return all(part.exists(root) for part in self.parts)

    def find(self, root: Path) -> tuple[list[Entry], list[Problem]]:
        found = [part.find(root) for part in self.parts]
        return [entry for entries, _ in found for entry in entries], [problem for _, more in found for problem in more]


Source = Pattern | ListFile | Joined


def _expression(pattern: str) -> re.Pattern[str]:
    parts = []
    seen: set[str] = set()
    for place, piece in enumerate(_FIELD.split(pattern)):
        if place % 2 == 0:
            parts.append(re.escape(piece).replace(r"\*", "[^/]*"))
        else:
            parts.append(f"(?P={piece})" if piece in seen else f"(?P<{piece}>[^/]+)")
            seen.add(piece)
    return re.compile("".join(parts))
