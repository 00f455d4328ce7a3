"""List files: an image a line, and its label beside it."""

from __future__ import annotations

import re
from pathlib import Path

from paddleseg.errors import DataError, Problem
from paddleseg.images.io import read_lines

Entry = tuple[Path, Path | None]
"""An image and its label."""

_HINT = "one `image label` pair a line, relative to dataset_root"
_SEPARATOR_HINT = "`separator` says what stands between the two paths; quotation marks keep blanks in a path together"


def read_list(file: Path, root: Path, separator: str, *, labels: bool) -> tuple[list[Entry], list[Problem]]:
    """The (image, label) paths of a list file, and the lines that are none.

    Without `labels` a line may name an image alone, whose name may hold blanks; its label is None.

    Raises:
        DataError: There is no such file, or nothing in it.
    """
    if not file.is_file():
        raise DataError(str(file), "there is no such list file", _HINT)
    entries: list[Entry] = []
    problems = []
    for number, line in enumerate(read_lines(file), 1):
        if not line.strip():
            continue
        columns = split_line(line, separator)
        if len(columns) > 1 and not labels and _is_one_path(line, root):
            columns = [line.strip()]
        if len(columns) == 2 and all(columns):
            entries.append((root / columns[0], root / columns[1]))
        elif len(columns) == 1 and not labels:
            entries.append((root / columns[0], None))
        else:
            problems.append(Problem(f"{file}:{number}", _what(columns, line, separator), _SEPARATOR_HINT))
    if not entries:
        raise DataError(problems or [Problem(str(file), "names no images", _HINT)])
    return entries, problems


def _what(columns: list[str], line: str, separator: str) -> str:
    found = f"{len(columns)} column{'s' if len(columns) > 1 else ''}"
    return f"{found if all(columns) else 'an empty path'} instead of `image{separator}label`: {line.strip()!r}"


def _is_one_path(line: str, root: Path) -> bool:
    try:
        return (root / line.strip()).is_file()
    except (OSError, ValueError):  # too long for a name, or a character that no name holds
        return False


def split_line(line: str, separator: str) -> list[str]:
    """The paths in a line: a blank stands for any white space, also a tab; other separators may have blanks around.

    A path in double quotation marks may hold the separator: `"my photo.jpg" "my mask.png"`.
    """
    if '"' in line:
        between = r"\s+" if separator == " " else rf"\s*{re.escape(separator)}\s*"
        column = rf'(?:"([^"]+)"|((?:(?!{between})[^"])+))'
        if found := re.fullmatch(rf"\s*{column}(?:{between}{column})?\s*", line):
            return [part.strip() for part in found.groups() if part is not None]
    return line.split() if separator == " " else [column.strip() for column in line.split(separator)]
