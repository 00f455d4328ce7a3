"""The usual way from probabilities to a mask, said by four numbers: what a configuration's `export` section writes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from paddleseg.card.step import Step


@dataclass(frozen=True)
class Finish:
    """Settings of the steps `drop_faint`, `drop_specks`, `refine_edges` and `to_mask`.

    Args:
        threshold: Probability from which a pixel is foreground, with one or two classes or independent ones.
        smallest_part: Of two classes: pieces of foreground become background if they are smaller than this share of the
            largest one; 0 keeps them all.
        faintest_part: Of two classes: pieces of foreground become background if their highest probability, at the
            network's size, is below this; 0 keeps them all.
        edge_radius: Of two classes: how far, in pixels of the network's input, the photo is looked at to move the
            mask's edges onto its own; 0 leaves them.

    Raises:
        ValueError: A setting is out of its range.
    """

    threshold: float = 0.5
    smallest_part: float = 0.0
    edge_radius: float = 0.0
    faintest_part: float = 0.0

    def __post_init__(self) -> None:
        for field in fields(self):
            if isinstance(value := getattr(self, field.name), bool) or not isinstance(value, (int, float)):
                raise ValueError(f"{field.name} should be a number, not {value!r}")
        if not 0 < self.threshold < 1:
            raise ValueError(f"threshold should lie between 0 and 1, not {self.threshold!r}")
        if not 0 <= self.smallest_part < 1:
            raise ValueError(f"smallest_part should be 0 or more, and below 1, not {self.smallest_part!r}")
        if not 0 <= self.faintest_part < 1:
            raise ValueError(f"faintest_part should be 0 or more, and below 1, not {self.faintest_part!r}")
        if not 0 <= self.edge_radius < math.inf:
            raise ValueError(f"edge_radius should be 0 or more, not {self.edge_radius!r}")

    def steps(self) -> list[Step]:
        """The steps in order: what is small is dropped at the network's size, and again where edges were moved.

        What is faint goes first: it must not make others small.
        """
        faint = [Step.of("drop_faint", peak=self.faintest_part)] if self.faintest_part else []
        specks = [Step.of("drop_specks", smallest=self.smallest_part)] if self.smallest_part else []
        edges = [Step.of("refine_edges", radius=self.edge_radius), *specks] if self.edge_radius else []
        return [*faint, *specks, Step.of("to_picture"), *edges, Step.of("to_mask", threshold=self.threshold)]

    @classmethod
    def of(cls, steps: Sequence[Step]) -> Finish:
        """The settings of steps; those that are none of the four above are not told."""
        return cls(**{name: value for step in steps for name, value in _told(step).items()})


NAMES = tuple(field.name for field in fields(Finish))


def _told(step: Step) -> dict[str, Any]:
    """The settings that a step holds."""
    named = {
        "to_mask": {"threshold": "threshold"},
        "drop_faint": {"faintest_part": "peak"},
        "drop_specks": {"smallest_part": "smallest"},
        "refine_edges": {"edge_radius": "radius"},
    }.get(step.type, {})
    return {name: step.args[argument] for name, argument in named.items() if argument in step.args}
