"""What the doctor found, for people and for programs."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

import numpy as np
from rich.console import Console
from rich.table import Table

from paddleseg.errors import DataError, Problem
from paddleseg.geometry import Size

_SHOWN = 5


def few(names: Sequence[str]) -> str:
    """The first names, and how many more there are."""
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def counted(items: Sequence[object], noun: str) -> str:
    return f"{len(items)} {noun}{'' if len(items) == 1 else 's'}"


@dataclass
class Role:
    """The figures of one data set: sizes are [w, h], shares of pixels by class."""

    pairs: int
    unreadable: int
    smallest: list[int]
    largest: list[int]
    class_shares: list[float]


@dataclass
class Report:
    """What the doctor found.

    Args:
        problems: Faults that would spoil or stop a run.
        notes: What a person should know, and may well be meant so.
        roles: Figures by role.
    """

    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    roles: dict[str, Role] = field(default_factory=dict)

    def add(self, name: str, sizes: Sequence[Size | None], counts: np.ndarray, num_classes: int) -> None:
        """Keep the figures of one role: the images' sizes (None: unreadable) and pixels by label value."""
        known = sorted({size for size in sizes if size is not None}, key=lambda size: size[0] * size[1]) or [(0, 0)]
        shares = counts[:num_classes] / max(counts[:num_classes].sum(), 1)
        unreadable = sum(size is None for size in sizes)
        self.roles[name] = Role(len(sizes), unreadable, [*known[0][::-1]], [*known[-1][::-1]], shares.tolist())

    def raise_problems(self) -> None:
        """Raise all problems together as one `DataError`, if there are any."""
        if self.problems:
            raise DataError(self.problems)

    def table(self) -> str:
        """Images, sizes and the share of every class, by role."""
        table = Table("", "pairs", "unreadable", "smallest", "largest", "share of each class, %")
        for name, role in self.roles.items():
            sizes = ("x".join(map(str, size)) for size in (role.smallest, role.largest))
            shares = ", ".join(f"{100 * share:.1f}" for share in role.class_shares)
            table.add_row(name, str(role.pairs), str(role.unreadable), *sizes, shares)
        stream = io.StringIO()
        Console(file=stream, width=110).print(table)
        return stream.getvalue().rstrip()

    def json(self) -> str:
        """Everything, as JSON."""
        return json.dumps(asdict(self), indent=2, ensure_ascii=False)
