"""Errors a user can act on: where it is, what is wrong, one thing to do.

Our programs print them without a traceback and exit with code 2 (program.py). All else is a bug of ours and keeps its
traceback.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

_SHOWN = 5


@dataclass(frozen=True)
class Problem:
    """One fault: `where` (file, key path, image), `what` is wrong there, and a `hint` that names one thing to do."""

    where: str
    what: str
    hint: str = ""

    def __str__(self) -> str:
        head = f"{self.where}: {self.what}" if self.where else self.what
        return printable(f"{head}\n  hint: {self.hint}" if self.hint else head)


class UserError(Exception):
    """One or more problems that the user can mend.

    Args:
        where: The place of a single problem, or a list of `Problem` found together.
        what: What is wrong (single problem only).
        hint: One thing to do (single problem only).
    """

    exit_code = 2

    def __init__(self, where: str | Sequence[Problem], what: str = "", hint: str = ""):
        self.problems = [Problem(where, what, hint)] if isinstance(where, str) else list(where)
        super().__init__("\n".join(map(str, self.problems)))

    def __reduce__(self) -> tuple[type[UserError], tuple[list[Problem]]]:
        # Worker processes send their errors home by pickle; the default would pass the joined text as `where`.
        return type(self), (self.problems,)


class ConfigError(UserError):
    """A configuration file, an override or a component's arguments."""


class DataError(UserError):
    """A data set: its lists, images or labels."""


class WeightsError(UserError):
    """Trained parameters or a checkpoint that cannot be used as asked."""


class ExportError(UserError):
    """A model that cannot be exported, or whose exported form gives other numbers."""


class DeviceError(UserError):
    """A device that was asked for and is not there."""


class OutputError(UserError):
    """A file or folder that cannot be written."""


class PackageError(UserError):
    """A package that is not installed, or does not import."""


def last_line(error: Exception) -> str:
    """What an engine's message of many lines ends with, which is where it says what is wrong."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return next(
        (line for line in reversed(lines) if not line.startswith("[")), lines[-1] if lines else "no reason given"
    )


def few(names: Sequence[object]) -> str:
    """The first of many names, and how many more there are, for a sentence."""
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return printable(", ".join(map(str, names[:_SHOWN])) + more)


def printable(text: str) -> str:
    """A text that any stream takes: names of files need not be UTF-8."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
