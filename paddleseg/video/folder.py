"""A folder of clips into another one; what is done is passed over when the same is asked for again."""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from paddleseg import targets
from paddleseg.errors import ConfigError, DataError, Problem, few
from paddleseg.files import atomic_write_text, is_dir, is_file, read_bytes
from paddleseg.inference.predictor import Predictor
from paddleseg.sources import walk
from paddleseg.video.convert import MODEL, Conversion, convert_video, load_predictor
from paddleseg.video.source import VIDEO_SUFFIXES
from paddleseg.video.target import SUFFIXES

RECORD = ".paddleseg_video.json"
"""In the output folder: which output was made of which source, and how."""


@dataclass
class Report:
    """What became of the clips.

    Args:
        done: What was converted now.
        passed_over: Outputs that were there, made of the same clips in the same way.
        problems: What was wrong with the others.
        remarks: What lay beside the clips.
    """

    done: list[Conversion] = field(default_factory=list)
    passed_over: list[Path] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def raise_if_any_failed(self) -> None:
        """Raise a `DataError` that names every clip that could not be done."""
        if self.problems:
            total = len(self.done) + len(self.passed_over) + self._failed()
            raise DataError([*self.problems, Problem("", f"{self._failed()} of {total} clips could not be done")])

    def _failed(self) -> int:
        return len({problem.where for problem in self.problems})


def holds_clips(folder: str | Path) -> bool:
    """Whether a folder is one of clips, not of pictures."""
    return is_dir(folder) and bool(walk(Path(folder), VIDEO_SUFFIXES).files)


def convert_folder(
    source: str | Path,
    output: str | Path,
    suffix: str | None = None,
    *,
    predictor: Predictor | str = MODEL,
    alpha: str | Path | None = None,
    **options: Any,
) -> Report:
    """Convert every clip below a folder, with sub-folders kept; a broken one is named and the others go on.

    Args:
        source: The folder of clips; results that lie in it are none.
        output: The folder for the new ones.
        suffix: Of the new ones, such as ".webm", or "" for folders of PNGs; without it each keeps its own, or gets .mp4
            where that is not written.
        predictor: As for `convert_video`.
        alpha: A folder for the mattes.
        options: Of `convert_video`: background, temporal, keep_audio, ...

    Raises:
        ConfigError: There is no such suffix.
        OutputError: Two clips would become one file, or a clip would be written over; nothing has been written.

    Example:
        >>> report = convert_folder("clips", "blurred", background="blur")
        >>> report.raise_if_any_failed()
    """
    if suffix not in (None, "", *SUFFIXES):
        raise ConfigError("suffix", f"is {suffix}, which is no kind of clip that is written here", ", ".join(SUFFIXES))
    found = walk(Path(source), VIDEO_SUFFIXES)
    results = {Path(folder).resolve() for folder in (output, alpha) if folder is not None} - {Path(source).resolve()}
    clips = [each for each in found.files if not results.intersection(each[0].resolve().parents)]
    if not clips:
        raise DataError(str(source), "holds no clip", f"clips end in {few(VIDEO_SUFFIXES)}")
    named = [(path, str(Path(name).with_suffix(_kept(path) if suffix is None else suffix))) for path, name in clips]
    planned = targets.plan(output, named)
    mattes: list[Path | None] = [None] * len(planned)
    if alpha is not None:
        mattes = [path for _, path in targets.plan(alpha, named)]
    background = options.get("background")
    if isinstance(background, (str, Path)) and is_file(background):
        targets.check(output, planned, inputs=[Path(background)])
    model = predictor if isinstance(predictor, Predictor) else load_predictor(predictor)
    record, report = _Record(Path(output)), Report(remarks=found.remarks("no clips"))
    how = _digest([model.card.model_dump(mode="json"), type(model.runtime).__name__, str(alpha), _plain(options)])
    for (clip, target), matte in zip(planned, mattes, strict=True):
        if record.has(clip, target, how) and (matte is None or is_file(matte)):
            report.passed_over.append(target)
            continue
        try:
            done = convert_video(clip, target, alpha=matte, predictor=model, **options)
        except DataError as error:
            report.problems += [_at(clip, problem) for problem in error.problems]
            continue
        report.done.append(done)
        record.add(clip, target, how)
    return report


class _Record:
    """Which outputs are done, in a file beside them."""

    def __init__(self, folder: Path):
        self._path, self._folder = folder / RECORD, folder
        self._done: dict[str, Any] = {}
        with suppress(OSError, ValueError):
            known = json.loads(read_bytes(self._path))
            self._done = known if isinstance(known, dict) else {}

    def has(self, clip: Path, target: Path, how: str) -> bool:
        """Whether the target is there, unchanged, made of this very clip in this way."""
        return target.exists() and self._done.get(self._key(target)) == [_state(clip), how, _state(target)]

    def add(self, clip: Path, target: Path, how: str) -> None:
        """The target has been made."""
        self._done[self._key(target)] = [_state(clip), how, _state(target)]
        atomic_write_text(self._path, json.dumps(self._done, indent=1))

    def _key(self, target: Path) -> str:
        return target.relative_to(self._folder).as_posix()


def _state(path: Path) -> list[int]:
    status = path.stat()
    return [status.st_size, status.st_mtime_ns]


def _plain(options: dict[str, Any]) -> list[Any]:
    """Options as text; files among them with their state."""
    return [
        [name, str(value), _state(Path(value)) if isinstance(value, (str, Path)) and is_file(value) else None]
        for name, value in sorted(options.items())
        if name != "watch"
    ]


def _digest(of: Any) -> str:
    return hashlib.sha256(json.dumps(of, sort_keys=True).encode("utf-8", "surrogateescape")).hexdigest()


def _kept(path: Path) -> str:
    return path.suffix if path.suffix.lower() in SUFFIXES else ".mp4"


def _at(clip: Path, problem: Problem) -> Problem:
    """A problem that names its clip."""
    if str(clip) == problem.where:
        return problem
    return Problem(str(clip), f"{problem.where}: {problem.what}" if problem.where else problem.what, problem.hint)
