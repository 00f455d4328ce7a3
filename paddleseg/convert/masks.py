"""What all that writes masks has in common: the pictures of a folder, and where their masks go."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from paddleseg.datasets.base import read_list
from paddleseg.errors import DataError, OutputError, Problem, few
from paddleseg.files import open_file
from paddleseg.images.head import IMAGE_EXTENSIONS, format_of, pillow
from paddleseg.images.io import list_images
from paddleseg.sources import walk
from paddleseg.targets import Plan, name_below, plan

_MASKS = ("1", "L", "P", "I", "I;16")


def images_below(source: Path) -> tuple[list[tuple[Path, str]], list[str]]:
    """The pictures that `source` means with their names, and a line for each kind of file that was passed over.

    Raises:
        DataError: There are none.
    """
    if not source.is_dir():
        return list_images(source), []
    found = walk(source, IMAGE_EXTENSIONS)
    remarks = found.remarks("no pictures that can be read")
    if not found.files:
        raise DataError(
            str(source), "; ".join(["holds no picture", *remarks]), f"they end in {' '.join(IMAGE_EXTENSIONS)}"
        )
    return found.files, remarks


def plan_masks(folder: Path, sources: Iterable[tuple[Path, str]], *, inputs: Iterable[Path] = ()) -> Plan:
    """As `plan`, for masks, which are PNG. A mask that is there already is replaced, a photo never is.

    Raises:
        OutputError: A mask would lie over an input or over a picture in colours, or several would share a file.
    """
    planned = plan(folder, sources, ".png", inputs=inputs)
    photos = [target for _, target in planned if target.is_file() and not _is_mask(target)]
    if photos:
        what = f"{len(photos)} masks would be written over pictures that are no masks: {few(photos)}"
        raise OutputError(str(folder), what, "choose another output folder")
    return planned


def _is_mask(path: Path) -> bool:
    try:
        with open_file(path) as file:
            form = format_of(file.read(32))
            file.seek(0)
            return pillow(file, form).mode in _MASKS
    except (OSError, ValueError):
        return False


def with_the_others(problems: Sequence[Problem], written: int, what: str, folder: Path) -> list[Problem]:
    """The problems, and last a word on what was written all the same."""
    said = Problem(str(folder), f"holds the {written} other {what}" if written else f"no {what} were written")
    return [*problems, said]


def listed_pictures(
    source: Path, root: Path | None, separator: str, column: int
) -> tuple[list[tuple[Path, str]], list[str], list[Path]]:
    """The pictures of a folder, or of a column of a list, with their names below the folder that they belong to.

    Args:
        root: What a list's paths are relative to; its folder by default.
        column: 0 for images, 1 for labels.

    Returns:
        The pictures, a line for each kind of file that was passed over, and the list that was read.

    Raises:
        DataError: There are none, or lines of the list are no pairs.
    """
    if source.suffix.lower() != ".txt":
        return *images_below(source), []
    base = root or source.parent
    entries, problems = read_list(source, base, separator, labels=column == 1)
    if problems:
        raise DataError(problems)
    found = [path for entry in entries if (path := entry[column]) is not None]
    return [(path, name_below(os.path.relpath(path, base))) for path in dict.fromkeys(found)], [], [source]
