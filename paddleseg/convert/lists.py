"""List files from folders, divided at random or by group."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from paddleseg.datasets.base import Entry
from paddleseg.datasets.prepare import list_text
from paddleseg.datasets.split import MODES, group_of, split_groups
from paddleseg.errors import ConfigError, DataError, Problem
from paddleseg.files import atomic_write_text


@dataclass(frozen=True)
class Folders:
    """Where images and labels lie, and how their names differ.

    Args:
        names: The folders of images and labels below the root.
        formats: Their extensions.
        endings: What stands before the extension in one and not in the other, such as `_leftImg8bit`.
    """

    names: tuple[str, str] = ("images", "annotations")
    formats: tuple[str, str] = ("jpg", "png")
    endings: tuple[str, str] = ("", "")


def find_pairs(root: Path, folders: Folders, part: str = "") -> list[Entry]:
    """Images below the folders' `part`, at any depth, each with the label of the same name; sorted.

    The label is None everywhere where there are no labels at all.

    Raises:
        DataError: There are no images, or images and labels that have no partner; all are counted, the first is named.
    """
    images, labels = (
        _by_stem(root / name / part, f"{ending}.{extension}")
        for name, extension, ending in zip(folders.names, folders.formats, folders.endings, strict=True)
    )
    where = root / folders.names[0] / part
    if not images:
        hint = "--folder and --format say where they are and how they end"
        raise DataError(str(where), f"holds no *{folders.endings[0]}.{folders.formats[0]}", hint)
    if not labels:
        return [(path, None) for _, path in sorted(images.items())]
    problems = []
    for kind, alone in (
        ("images without a label", images.keys() - labels),
        ("labels without an image", labels.keys() - images),
    ):
        if alone:
            example = images.get(min(alone)) or labels[min(alone)]
            problems.append(
                Problem(str(where), f"{len(alone)} {kind}; the first is {example}", "complete or remove them")
            )
    if problems:
        raise DataError(problems)
    return [(path, labels[stem]) for stem, path in sorted(images.items())]


def _by_stem(folder: Path, ending: str) -> dict[str, Path]:
    """Files by their path below `folder`, without the ending."""
    found = (path for path in folder.rglob(f"*{ending}") if path.is_file())
    return {path.relative_to(folder).as_posix().removesuffix(ending): path for path in found}


def write_lists(root: Path, parts: Mapping[str, Sequence[Entry]], separator: str = " ") -> list[Path]:
    """Write `<part>.txt` into `root` for every part; the files' paths."""
    texts = {root / f"{part}.txt": list_text(entries, root, separator) for part, entries in parts.items()}
    for path, text in texts.items():
        atomic_write_text(path, text)
    return list(texts)


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
    if any(share < 0 for share in shares) or abs(sum(shares) - 1) > 1e-6:
        raise ConfigError("--split", f"{' '.join(map(str, shares))} should sum up to 1", "for instance 0.8 0.1 0.1")
    try:
        expression = re.compile(group) if group else None
    except re.error as error:
        raise ConfigError("--group", f"{group!r} is no regular expression: {error}") from error
    groups: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        name = entry[0].relative_to(root).as_posix()
        groups[group_of(name, expression) if expression else name].append(entry)
    chosen = split_groups({name: len(members) for name, members in groups.items()}, shares, seed)
    return {
        mode: sorted((entry for name in names for entry in groups[name]), key=lambda entry: entry[0])
        for mode, names in zip(MODES, chosen, strict=True)
    }
