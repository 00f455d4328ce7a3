"""What a command is about to write, held against what it reads."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from paddleseg.errors import OutputError, Problem

_NAMED = 5


def refuse_overwriting(inputs: Iterable[str | Path], targets: Iterable[str | Path]) -> None:
    """Let pass only targets that are none of the inputs, under whatever name: links and other cases are followed.

    Called before the first of them is written, so that a command does all of its work or none.

    Raises:
        OutputError: A target is an input; the first few are named.
    """
    read = {mark: Path(path) for path in inputs if (mark := _mark(path)) is not None}
    clashes = [(Path(target), read[mark]) for target in targets if (mark := _mark(target)) in read]
    if not clashes:
        return
    hint = "choose an output folder away from the input"
    problems = [
        Problem(str(target), "would be written over an input" + (f", {path}" if path != target else ""), hint)
        for target, path in clashes[:_NAMED]
    ]
    if len(clashes) > _NAMED:
        problems.append(Problem("", f"{len(clashes)} inputs in all would be written over; nothing was written"))
    raise OutputError(problems)


def _mark(path: str | Path) -> tuple[int, int] | None:
    """The file itself, whatever it is called; None where there is none, so that nothing can be lost."""
    try:
        found = Path(path).stat()
    except (OSError, ValueError):
        return None
    return found.st_dev, found.st_ino
