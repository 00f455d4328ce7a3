"""What the doctor found, for people and for programs."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

from rich.console import Console
from rich.table import Table

from paddleseg.doctor.findings import Finding, Pair
from paddleseg.errors import DataError, printable


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
        return printable(json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False))
