"""Where results go: each source with its target, all of them checked before the first is written.

No command writes over what it reads. Whether a file is an input is asked of the file system (device and number), so
that links, `..` and disks that take upper and lower case for the same fool nobody.
"""

from __future__ import annotations

import os
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path, PurePosixPath, PureWindowsPath

from paddleseg.errors import OutputError, Problem, few

Plan = list[tuple[Path, Path]]
"""Sources with their targets."""

_NAMED = 5
_LONGEST = 255
"""Bytes of a name, on nearly every file system."""
_ELSEWHERE = "choose an output folder away from the inputs"


def plan(
    folder: str | Path, sources: Iterable[tuple[Path, str]], suffix: str | None = None, *, inputs: Iterable[Path] = ()
) -> Plan:
    """Give every source its target: its name below `folder`, with another suffix where one is given.

    A source that is named again keeps its one target.

    Args:
        sources: Files with their names below the output folder.
        suffix: Such as ".png"; "" takes the name's own away.
        inputs: What else is read, and must stay as it is: lists, the configuration, photos.

    Raises:
        OutputError: As `check`.
    """
    pairs: dict[tuple[Path, str], Path] = {}
    for source, name in sources:
        path = Path(name)
        pairs[source, name] = Path(folder) / (path if suffix is None or not path.name else path.with_suffix(suffix))
    planned = [(source, target) for (source, _), target in pairs.items()]
    check(folder, planned, inputs=inputs)
    return planned


def check(folder: str | Path, pairs: Sequence[tuple[Path, Path]], *, inputs: Iterable[Path] = ()) -> None:
    """Refuse targets that are inputs, lie outside of `folder`, have no possible name, or are shared by several sources.

    Raises:
        OutputError: Some are; all of them are counted, the first are named, and nothing has been written.
    """
    targets = [target for _, target in pairs]
    problems = [*_outside(Path(folder), targets), *_too_long(targets), *_shared(pairs), *_nested(pairs)]
    problems += _over_inputs(targets, [*(source for source, _ in pairs), *inputs])
    if problems:
        raise OutputError(problems)


def refuse_overwriting(inputs: Iterable[str | Path], targets: Iterable[str | Path]) -> None:
    """Let pass only targets that are none of the inputs, for results that share no names and have no folder.

    Raises:
        OutputError: A target is an input; the first few are named.
    """
    problems = _over_inputs([Path(target) for target in targets], map(Path, inputs))
    if problems:
        raise OutputError(problems)


def name_below(name: str) -> str:
    """A name out of somebody's annotations, as one that stays below a folder.

    Backslashes become slashes. Of a path that is absolute, begins with a drive or leads upwards, the last part is left.
    """
    text = name.replace("\\", "/")
    path = PurePosixPath(text)
    leads_away = path.is_absolute() or bool(PureWindowsPath(text).drive) or ".." in path.parts
    return path.name if leads_away else path.as_posix()


def _outside(folder: Path, targets: Sequence[Path]) -> Iterator[Problem]:
    root = _plain(folder)
    away = [target for target in targets if not _is_below(_plain(target), root)]
    if away:
        what = f"{len(away)} of {len(targets)} results would lie outside of it: {few(away)}"
        yield Problem(str(folder), what, "names may not be empty, absolute, or lead upwards")


def _too_long(targets: Sequence[Path]) -> Iterator[Problem]:
    for target in targets:
        if any(len(part.encode("utf-8", "surrogatepass")) > _LONGEST for part in target.parts):
            yield Problem(str(target), f"has a name of more than {_LONGEST} bytes", "give the file a shorter name")


def _plain(path: Path) -> str:
    """The whole path without `..`, links left as they are."""
    return os.path.normpath(path.absolute())


def _is_below(path: str, root: str) -> bool:
    return path != root and os.path.commonpath([path, root]) == root


def _shared(pairs: Sequence[tuple[Path, Path]]) -> Iterator[Problem]:
    sources: dict[str, list[tuple[Path, Path]]] = defaultdict(list)
    for source, target in pairs:
        sources[_alike(target)].append((source, target))
    for group in sources.values():
        if len(group) > 1:
            what = f"{len(group)} inputs would all become this one file: {few([source for source, _ in group])}"
            yield Problem(
                str(group[0][1]), what, "rename all but one of them, or convert them into folders of their own"
            )


def _nested(pairs: Sequence[tuple[Path, Path]]) -> Iterator[Problem]:
    """A result that is a folder may not hold another one's."""
    named = {_alike(target): target for _, target in pairs}
    for _, target in pairs:
        above = next((named[key] for parent in target.parents if (key := _alike(parent)) in named), None)
        if above is not None:
            yield Problem(str(target), f"would lie in {above}, which is a result too", "rename the file or the folder")


def _alike(path: Path) -> str:
    """Equal for what is one file on some file system: upper and lower case, composed and decomposed letters."""
    return unicodedata.normalize("NFC", _plain(path)).casefold()


def _over_inputs(targets: Sequence[Path], inputs: Iterable[Path]) -> list[Problem]:
    there = [target for target in targets if os.path.lexists(_straight(target))]
    if not there:  # what is not there yet is no input
        return []
    known = {number: path for path in inputs for number in _numbers(path)}
    clashes = [
        (target, known[hit])
        for target in there
        if (hit := next(iter(known.keys() & _numbers(_straight(target))), None))
    ]
    problems = [
        Problem(str(target), "would be written over an input" + (f", {path}" if path != target else ""), _ELSEWHERE)
        for target, path in clashes[:_NAMED]
    ]
    if len(clashes) > _NAMED:
        problems.append(Problem("", f"{len(clashes)} inputs in all would be written over; nothing was written"))
    return problems


def _straight(path: Path) -> Path:
    """Without `..`, which may lead through a folder that will only be made when the target is written."""
    return Path(os.path.realpath(path)) if ".." in path.parts and "\0" not in str(path) else path


def _numbers(path: Path) -> set[tuple[int, int]]:
    """What the file system knows a path by: the file that it leads to, and the link that it may be."""
    found = set()
    for look in (os.stat, os.lstat):
        try:
            status = look(path)
        except (OSError, ValueError):  # nothing there, or a name that no file can have
            continue
        found.add((status.st_dev, status.st_ino))
    return found
