"""The output folder of a batch: what it was begun with, the list of its photos, and which chunks are finished."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from paddleseg.batch.index import INDEX, TIMES, Tally, read_tally
from paddleseg.batch.photos import Photo, Source
from paddleseg.batch.settings import SOFT, Settings
from paddleseg.batch.work import STARTED
from paddleseg.errors import OutputError, few
from paddleseg.files import atomic_path, atomic_write_text, cannot_write, file_sha256
from paddleseg.inference.outputs import FOLDERS
from paddleseg.lock import NAME
from paddleseg.sources import read_json

NOTE, LIST = "batch.json", "photos.jsonl"
_PART = re.compile(r"part-(\d{8})\.parquet")
_TEMPORARY = re.compile(r"\..*\.(\d+)\.\w+")

Chunk = tuple[int, list[Photo]]
"""Its number, and its photos."""


def _refuse_other(settings: Settings) -> None:
    """Let pass a folder that is empty, or that a batch of the same settings was begun in."""
    output = Path(settings.output)
    if (output / NOTE).is_file():
        before, now = read_json(output / NOTE), json.loads(json.dumps(settings.note()))
        changed = [name for name in now | before if before.get(name) != now.get(name)]
        if changed:
            told = "; ".join(f"{name} was {before.get(name)!r}, is {now.get(name)!r}" for name in changed)
            hint = "choose another OUTPUT, or go on with the settings that it was begun with"
            raise OutputError(str(output), f"holds results of a batch with other settings: {told}", hint)
    elif output.is_dir() and any(path.name not in (NAME, LIST, STARTED) for path in output.iterdir()):
        raise OutputError(str(output), "is not empty, and no batch was begun in it", "choose another OUTPUT")


@dataclass
class Plan:
    """The photos of a batch, as its folder lists them.

    Args:
        total: How many there are.
        news: A line on what has come into the source since the batch was begun; empty where that is nothing.
    """

    settings: Settings
    total: int = 0
    news: str = ""

    @property
    def output(self) -> Path:
        return Path(self.settings.output)

    @property
    def is_begun(self) -> bool:
        """Whether the folder says what it holds, which it does from the first photo on."""
        return (self.output / NOTE).is_file()

    def begin(self) -> None:
        """Write down what the batch is, if that is not done yet."""
        if not self.is_begun:
            atomic_write_text(self.output / NOTE, json.dumps(self.settings.note(), indent=1))

    def discard(self) -> None:
        """Leave the folder as it was before a batch that has not begun."""
        (self.output / LIST).unlink(missing_ok=True)
        for folder in (self.output / STARTED, self.output):
            with suppress(OSError):  # something of others is in it
                folder.rmdir()

    def finished(self) -> dict[int, Tally]:
        """The chunks that have their part of the index."""
        folder = self.output / INDEX
        paths = sorted(folder.iterdir()) if folder.is_dir() else []
        return {int(match[1]): read_tally(path) for path in paths if (match := _PART.fullmatch(path.name))}

    def chunks(self) -> Iterator[Chunk]:
        """All chunks, in order; the list is read as they are taken."""
        with (self.output / LIST).open(encoding="ascii") as file:
            number = 0
            while lines := list(islice(file, self.settings.chunk)):
                yield number, [Photo(*json.loads(line)) for line in lines]
                number += 1

    def sweep(self) -> None:
        """Delete what killed processes were writing: hidden files with their numbers in their names."""
        killed: dict[int, set[str]] = {}
        marks = list((self.output / STARTED).iterdir()) if (self.output / STARTED).is_dir() else []
        for mark in marks:
            chunk, _, process = mark.name.partition("-")
            killed.setdefault(int(chunk), set()).add(process)
        if killed:
            for number, photos in self.chunks():
                if number in killed:
                    self._sweep_chunk(photos, killed[number])
        for mark in marks:
            mark.unlink(missing_ok=True)

    def _sweep_chunk(self, photos: list[Photo], processes: set[str]) -> None:
        parents = {Path(photo.out).parent for photo in photos}
        kinds = [SOFT, *(FOLDERS[kind] for kind in self.settings.outputs)]
        folders = [self.output / kind / parent for kind in kinds for parent in parents]
        for folder in (*folders, self.output / INDEX, self.output / TIMES):
            for path in folder.glob(".*"):
                match = _TEMPORARY.fullmatch(path.name)
                if match and match[1] in processes:
                    path.unlink(missing_ok=True)


def prepare(settings: Settings, source: Source) -> Plan:
    """Make the list of the photos, or find it where the batch was begun before: then it is as it was at first.

    Raises:
        DataError: There is no photo.
        OutputError: The folder holds another batch, or something else, or cannot be written.
    """
    _refuse_other(settings)
    output = Path(settings.output)
    plan = Plan(settings)
    try:
        (output / STARTED).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(output, error) from error
    if plan.is_begun:
        found = output / f".{LIST}"
        try:
            _write_list(found, source, output)
            if file_sha256(found) != file_sha256(output / LIST):
                plan.news = _news(output / LIST, found, source.path)
        finally:
            found.unlink(missing_ok=True)
    else:
        _write_list(output / LIST, source, output)
    with (output / LIST).open("rb") as file:
        plan.total = sum(1 for _ in file)
    return plan


def _write_list(path: Path, source: Source, output: Path) -> None:
    with atomic_path(path) as temporary, temporary.open("w", encoding="ascii") as file:
        file.writelines(f"{json.dumps(photo)}\n" for photo in source.photos(output))


def _news(before: Path, now: Path, source: Path) -> str:
    with before.open("rb") as file:
        known = {json.loads(line)[0] for line in file}
    with now.open("rb") as file:
        new = [name for line in file if (name := json.loads(line)[0]) not in known]
    if not new:
        return ""
    what = f"{source} holds {len(new):,} photos that it did not hold when this batch was begun ({few(new)})"
    return f"{what}: they are left out. Give them a batch of their own."
