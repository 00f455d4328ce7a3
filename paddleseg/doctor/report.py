"""What the doctor found, for people and for programs."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from paddleseg.errors import DataError, Problem

if TYPE_CHECKING:
    from paddleseg.doctor.pairs import Pair

_SHOWN = 5


def few(names: Sequence[str]) -> str:
    """The first names, and how many more there are."""
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def counted(items: Sequence[object], noun: str) -> str:
    return f"{len(items)} {noun}{'' if len(items) == 1 else 's'}"


@dataclass(frozen=True)
class Finding(Problem):
    """A fault or a remark, with what programs, pages and repairs need to know about it.

    Args:
        kind: A name that stays the same when the words change, such as "labels.0-255".
        role: The data set, "train" or "val".
        pairs: The pairs that show it, the worst first.
        optional: Without these pairs training could do (`on_error: skip`), and a repaired list does.
    """

    kind: str = ""
    role: str = ""
    pairs: tuple[Pair, ...] = field(default=(), repr=False, compare=False)
    optional: bool = False

    def of(self, role: str) -> Finding:
        """The same, said of a data set."""
        return replace(self, where=f"{role}: {self.where}", role=role)

    def plain(self) -> dict[str, object]:
        """For JSON."""
        files = [str(path) for pair in self.pairs for path in (pair.image, pair.label) if path is not None]
        return {"kind": self.kind, "role": self.role, **asdict(self.problem), "files": files}

    @property
    def problem(self) -> Problem:
        return Problem(self.where, self.what, self.hint)


@dataclass
class Role:
    """The figures of one data set.

    Args:
        smallest: Size [w, h], likewise `largest`.
        class_shares: Of all labelled pixels, by class.
        class_images: Images that show the class, by class.
        shapes: Images by aspect ratio, such as {"4:3": 70}.
        roughness: The labels' distances from the photo's edges (`doctor.edges`) at 5, 25, 50, 75 and 95 %.
    """

    pairs: int
    unreadable: int
    smallest: list[int]
    largest: list[int]
    class_shares: list[float]
    class_images: list[int]
    shapes: dict[str, int]
    roughness: list[float]


@dataclass
class Report:
    """What the doctor found.

    Args:
        problems: Faults that would spoil or stop a run.
        notes: What a person should know, and may well be meant so.
        roles: Figures by role.
        pairs: Everything that was looked at, by role.
    """

    problems: list[Finding] = field(default_factory=list)
    notes: list[Finding] = field(default_factory=list)
    roles: dict[str, Role] = field(default_factory=dict)
    pairs: dict[str, list[Pair]] = field(default_factory=dict, repr=False)

    def add(self, role: str, problems: Sequence[Finding], notes: Sequence[Finding]) -> None:
        """Keep what was found in one data set."""
        self.problems += [finding.of(role) for finding in problems]
        self.notes += [finding.of(role) for finding in notes]

    def raise_problems(self) -> None:
        """Raise all problems together as one `DataError`, if there are any."""
        if self.problems:
            raise DataError([finding.problem for finding in self.problems])

    def table(self) -> str:
        """Images, sizes, shapes and the share of every class, by role."""
        table = Table("", "pairs", "unreadable", "smallest", "largest", "w:h", "roughness", "share of each class, %")
        for name, role in self.roles.items():
            sizes = ("x".join(map(str, size)) for size in (role.smallest, role.largest))
            shapes = ", ".join(f"{shape} {count}" for shape, count in role.shapes.items())
            rough = f"{role.roughness[2]:.1f}" if role.roughness else ""
            shares = ", ".join(f"{100 * share:.1f}" for share in role.class_shares)
            table.add_row(name, str(role.pairs), str(role.unreadable), *sizes, shapes, rough, shares)
        stream = io.StringIO()
        Console(file=stream, width=120).print(table)
        return stream.getvalue().rstrip()

    def json(self) -> str:
        """Everything, as JSON."""
        content = {
            "problems": [finding.plain() for finding in self.problems],
            "notes": [finding.plain() for finding in self.notes],
            "roles": {name: asdict(role) for name, role in self.roles.items()},
        }
        return json.dumps(content, indent=2, ensure_ascii=False)


def as_finding(problem: Problem, kind: str, pair: Pair | None = None, *, optional: bool = False) -> Finding:
    """What the reading code said, as a finding."""
    pairs = () if pair is None else (pair,)
    return Finding(problem.where, problem.what, problem.hint, kind=kind, pairs=pairs, optional=optional)


def names(pairs: Sequence[Pair], *, labels: bool = False) -> str:
    """The first file names, for the end of a line."""
    paths: list[Path | None] = [pair.label if labels else pair.image for pair in pairs]
    return few([path.name for path in paths if path is not None])
