"""List files from folders, divided at random or by group."""

from __future__ import annotations

import math
import os
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from paddleseg.datasets.base import Entry
from paddleseg.datasets.prepare import list_line, list_text
from paddleseg.datasets.split import MODES, group_of, split_groups
from paddleseg.errors import ConfigError, DataError, OutputError, Problem, few
from paddleseg.files import atomic_write_text, file_sha256, is_file
from paddleseg.images.io import IMAGE_EXTENSIONS, read_lines
from paddleseg.sources import Found, walk
from paddleseg.targets import check, refuse_overwriting

_NOTE = ".paddleseg_lists"
"""Holds the digests of the lists that were written, so that one that a person made or changed is known."""


@dataclass(frozen=True)
class Folders:
    """Where images and labels lie, and how their names differ.

    Args:
        names: The folders of images and labels below the root.
        formats: Their extensions; None for those of all pictures.
        endings: What stands before the extension in one and not in the other, such as `_leftImg8bit`.
    """

    names: tuple[str, str] = ("images", "annotations")
    formats: tuple[str, str] | None = None
    endings: tuple[str, str] = ("", "")

    def suffixes(self, place: int) -> tuple[str, ...]:
        """How the names of images (0) or labels (1) end, in lower case."""
        formats = IMAGE_EXTENSIONS if self.formats is None else (f".{self.formats[place].lstrip('.')}",)
        return tuple(f"{self.endings[place]}{extension}".lower() for extension in formats)


def find_pairs(root: Path, folders: Folders, part: str = "") -> tuple[list[Entry], list[str]]:
    """Images below the folders' `part`, at any depth, each with the label of the same name; sorted.

    The label is None everywhere where there is no folder of labels.

    Returns:
        The pairs, and what was left out, line by line: images without a label, labels without an image, other files.

    Raises:
        DataError: There are no images or no pairs, or several files have one name: which belong together is unknown.
    """
    where = root / folders.names[0] / part
    found = [walk(root / name / part, folders.suffixes(place)) for place, name in enumerate(folders.names)]
    problems: list[Problem] = []
    images, labels = (_by_stem(each, folders.suffixes(place), problems) for place, each in enumerate(found))
    if problems:
        raise DataError(problems)
    notes = [
        f"{root / name / part}: {line}"
        for name, each in zip(folders.names, found, strict=True)
        for line in each.remarks("of another kind")
    ]
    if not images:
        kind = f"*{folders.endings[0]}.{folders.formats[0]}" if folders.formats else f"picture *{folders.endings[0]}.*"
        hint = "--folder and --format say where they are and how they end"
        raise DataError(str(where), f"holds no {kind}", hint)
    if not (root / folders.names[1] / part).is_dir():
        return [(path, None) for _, path in sorted(images.items())], notes
    pairs = sorted(images.keys() & labels)
    for kind, alone, paths in (
        ("images without a label", images.keys() - labels, images),
        ("labels without an image", labels.keys() - images, labels),
    ):
        if alone:
            notes.append(f"{len(alone)} {kind}, left out: {few([_shown(paths[stem], root) for stem in sorted(alone)])}")
    odd = [stem for stem in pairs if list_line([_shown(images[stem], root), _shown(labels[stem], root)], " ") is None]
    if odd:
        notes.append(
            f"{len(odd)} pairs with names that no list can hold, left out: {few([images[s].name for s in odd])}"
        )
        pairs = [stem for stem in pairs if stem not in set(odd)]
    same = [_shown(images[stem], root) for stem in pairs if images[stem].samefile(labels[stem])]
    if same:
        what = f"{len(same)} images would be their own labels: {few(same)}"
        raise DataError(
            str(where), what, "name the folder of the labels, or say by --format or --postfix what they are"
        )
    if not pairs:
        example = _shown(images[min(images)], root)
        what = (
            f"no image of {where} has a label of its name in {root / folders.names[1] / part}; the first is {example}"
        )
        hint = "labels are called as their images; --postfix and --format say how their names differ"
        raise DataError([Problem(str(root), what, hint), *(Problem(str(root), note) for note in notes)])
    return [(images[stem], labels[stem]) for stem in pairs], notes


def _shown(path: Path, root: Path) -> str:
    return os.path.relpath(path, root)


def _by_stem(found: Found, endings: Sequence[str], problems: list[Problem]) -> dict[str, Path]:
    """Files by their path below the folder, without the ending."""
    paths: dict[str, list[Path]] = defaultdict(list)
    for path, name in found.files:
        ending = max((ending for ending in endings if name.lower().endswith(ending)), key=len)
        paths[name[: -len(ending)]].append(path)
    for group in paths.values():
        if len(group) > 1:
            what = f"{len(group)} files have one name: {few([path.name for path in group])}"
            problems.append(Problem(str(group[0].parent), what, "keep one of them, or choose by --format"))
    return {stem: group[0] for stem, group in paths.items()}


def write_lists(
    root: Path,
    parts: Mapping[str, Sequence[Entry]],
    separator: str = " ",
    *,
    more: Mapping[str, str] | None = None,
    inputs: Iterable[Path] = (),
    overwrite: bool = False,
) -> list[Path]:
    """Write `<part>.txt` into `root` for every part; the files' paths.

    Args:
        more: Other files, with their content, such as the classes' names.
        inputs: Lists that were read, which stay as they are.
        overwrite: Replace lists of other lines, too, not only those that this function wrote.

    Raises:
        OutputError: Lists of other lines are there, or a name cannot stand in a list; nothing is written.
    """
    texts = {root / f"{part}.txt": list_text(entries, root, separator) for part, entries in parts.items()}
    files = texts | {root / name: text for name, text in (more or {}).items()}
    problems = []
    check(root, [(path, path) for path in files if not path.exists()])
    for path, text in files.items():
        refuse_overwriting(inputs, [path])
        if not (overwrite or _is_ours(path)) and os.path.lexists(path) and not _holds(path, text):
            problems.append(Problem(str(path), "is there already, made or changed by hand", "--overwrite replaces it"))
    if problems:
        raise OutputError(problems)
    for path, text in files.items():
        if not _holds(path, text):
            atomic_write_text(path, text)
    atomic_write_text(root / _NOTE, "".join(f"{file_sha256(path)}  {path.name}\n" for path in files))
    return list(texts)


def _is_ours(path: Path) -> bool:
    """Whether a list is as it was written here."""
    note = path.with_name(_NOTE)
    return is_file(note) and is_file(path) and f"{file_sha256(path)}  {path.name}" in read_lines(note)


def _holds(path: Path, text: str) -> bool:
    """Whether a file holds this text already."""
    content = text.encode()
    return path.is_file() and path.stat().st_size == len(content) and path.read_bytes() == content


def divide(
    entries: Sequence[Entry], root: Path, shares: Sequence[float], group: str | None = None, seed: int = 0
) -> dict[str, list[Entry]]:
    """The pairs for train, val and test; parts with a share of 0 are empty.

    Args:
        group: A regular expression on the image's path below `root`; images for which it finds the same stay together.

    Raises:
        ConfigError: The shares do not sum up to 1, or the expression is none.
        DataError: A path has no group, or there are too few groups.
    """
    if not all(math.isfinite(share) and share >= 0 for share in shares) or abs(sum(shares) - 1) > 1e-6:
        raise ConfigError("--split", f"{' '.join(map(str, shares))} should sum up to 1", "for instance 0.8 0.1 0.1")
    try:
        expression = None if group is None else re.compile(group)
    except re.error as error:
        raise ConfigError("--group", f"{group!r} is no regular expression: {error}") from error
    groups: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        name = Path(os.path.relpath(entry[0], root)).as_posix()
        groups[group_of(name, expression) if expression else name].append(entry)
    chosen = split_groups({name: len(members) for name, members in groups.items()}, shares, seed)
    return {
        mode: sorted((entry for name in names for entry in groups[name]), key=lambda entry: entry[0])
        for mode, names in zip(MODES, chosen, strict=True)
    }
