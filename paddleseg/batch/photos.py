"""Which photos a batch is of: those below a folder, found as it is walked, or those of a list."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby, islice
from pathlib import Path
from typing import Any, NamedTuple

from paddleseg.errors import DataError, few
from paddleseg.files import is_dir, is_file
from paddleseg.images.head import IMAGE_EXTENSIONS
from paddleseg.images.listing import read_lines, walk
from paddleseg.inference.outputs import distinct
from paddleseg.targets import name_below

_LISTS = (".txt", ".csv", ".parquet")
_TRIED = 100
_NAMED = 5


class Photo(NamedTuple):
    """A photo of the batch.

    Args:
        name: Below the batch's root, as it was found or listed.
        out: The place of its results below their folders: no two photos share one.
    """

    name: str
    out: str


@dataclass
class Source:
    """Where photos come from.

    Args:
        path: A folder, or a list: `.txt` (a path a line), `.csv` or `.parquet`.
        root: What the names are relative to: the folder itself; of a list its own folder, unless another is given.
        column: Of a table, which column holds the paths; "path", or else the first, where none is given.
        separator: What ends the path in a line of a `.txt` list; nothing does where none is given.

    Attributes:
        passed_over: How many files of a folder are no photos, or names of a list are there again.
        examples: The first of them.

    Raises:
        DataError: It is neither a folder nor a list.
    """

    path: Path
    root: Path | None = None
    column: str | None = None
    separator: str | None = None
    passed_over: int = 0
    examples: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        if not is_dir(self.path) and not (is_file(self.path) and self.path.suffix.lower() in _LISTS):
            what = "is neither a folder nor a list" if os.path.lexists(self.path) else "does not exist"
            raise DataError(str(self.path), what, f"give a folder of photos, or a list that ends in {few(_LISTS)}")

    @property
    def place(self) -> Path:
        """The root, as an absolute path."""
        return (self.root or (self.path if is_dir(self.path) else self.path.parent)).absolute()

    def photos(self, leave_out: Path) -> Iterator[Photo]:
        """The photos, in an order that is always the same: of a folder as they are found, of a list by name.

        Args:
            leave_out: The batch's output folder, which may lie in the source.

        Raises:
            DataError: There are none; the list cannot be read, or names no files.
        """
        found = is_dir(self.path)
        names = walk(self.path, self._pass_over, leave_out) if found else iter(self._listed())
        empty = True
        for _, group in groupby(names, _folder):
            here = list(group)
            yield from map(Photo, here, distinct(here if found else [*map(name_below, here)]))
            empty = False
        if empty:
            raise DataError(str(self.path), "holds no photo", f"photos end in {', '.join(IMAGE_EXTENSIONS[:9])}")

    def remark(self) -> str:
        """A line that counts and names what was passed over; empty where that is nothing."""
        if not self.passed_over:
            return ""
        more = ", ..." if self.passed_over > len(self.examples) else ""
        what = "files that are no photos" if is_dir(self.path) else "names that are there more than once"
        return f"Passed over {self.passed_over:,} {what}: {', '.join(self.examples)}{more}"

    def _pass_over(self, what: Path | str) -> None:
        self.passed_over += 1
        if len(self.examples) < _NAMED:
            self.examples.append(Path(what).name)

    def _listed(self) -> list[str]:
        read: dict[str, Callable[[], Sequence[str]]] = {
            ".txt": self._lines,
            ".csv": self._csv_column,
            ".parquet": self._parquet_column,
        }
        names = [name for name in read[self.path.suffix.lower()]() if name]
        names.sort(key=lambda name: (_folder(name), name))
        once = [name for name, _ in groupby(names)]
        if len(once) < len(names):
            for name, group in groupby(names):
                for _ in islice(group, 1, None):
                    self._pass_over(name)
        tried = once[:_TRIED]
        if tried and not any(is_file(self.place / name) for name in tried):
            what = f"none of the first {len(tried)} names is a file below {self.place}: {few(tried)}"
            raise DataError(str(self.path), what, "--root names the folder of the photos, --separator ends their names")
        return once

    def _lines(self) -> list[str]:
        lines = [line.strip() for line in read_lines(self.path)]
        return lines if self.separator is None else [line.partition(self.separator)[0].strip() for line in lines]

    def _csv_column(self) -> list[str]:
        rows = csv.reader(read_lines(self.path))
        try:
            head = next(rows, [])
            number = head.index(self._column_of(head))
            return [row[number] for row in rows if len(row) > number]
        except csv.Error as error:
            raise DataError(f"{self.path}:{rows.line_num}", f"is not CSV: {error}", "save the table again") from error

    def _parquet_column(self) -> list[str]:
        import pyarrow as pa
        from pyarrow import parquet

        try:
            with parquet.ParquetFile(self.path) as file:
                column = self._column_of(file.schema_arrow.names)
                values: list[Any] = file.read([column]).column(0).to_pylist()
        except (pa.ArrowException, OSError) as error:
            raise DataError(str(self.path), f"is not Parquet: {error}", "save the table again") from error
        if not all(isinstance(value, str) for value in values):
            raise DataError(str(self.path), f"holds no paths in the column {column}", "name another with --column")
        return values

    def _column_of(self, names: Sequence[str]) -> str:
        wanted = self.column or ("path" if "path" in names else next(iter(names), ""))
        if wanted not in names:
            raise DataError(str(self.path), f"has no column {wanted!r}", f"it has {few(names)}")
        return wanted


def _folder(name: str) -> str:
    return os.path.split(name)[0]
