"""What a smaller network loses on labelled photos, in every runtime that it was written for; too much is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated

from pydantic import Field
from rich.table import Table

from paddleseg.card import load_card
from paddleseg.config.schema import Section
from paddleseg.datasets.base import Dataset
from paddleseg.engine.evaluate import evaluate
from paddleseg.errors import ConfigError, ExportError, Problem
from paddleseg.export.targets import written
from paddleseg.inference.predictor import Predictor
from paddleseg.tasks.base import Measures, Task

Points = Annotated[float, Field(ge=0, le=100)]
SHOWN = {"mIoU": "mIoU", "boundary_IoU": "boundary IoU"}


class Margin(Section):
    """What may be lost, in points of 100."""

    mIoU: Points = 0.3  # noqa: N815 - what the measure is called everywhere
    """Of the mean IoU."""
    boundary_IoU: Points = 0.5  # noqa: N815
    """Of the boundary IoU."""


Figures = dict[str, float]


class Proof:
    """Labelled photos, and what the network in float scores on them.

    Args:
        predictor: In float.
        dataset: The photos.
        task: Has to measure masks.

    Raises:
        ConfigError: It does not.
        DataError: A photo cannot be used.
    """

    def __init__(self, predictor: Predictor, dataset: Dataset, task: Task, *, show: bool = False):
        self.dataset, self.task, self.show = dataset, task, show
        self.rows: dict[str, Figures] = {"float": self.figures(predictor)}

    @property
    def photos(self) -> list[Path]:
        """The photos' files."""
        return [entry[0] for entry in self.dataset.entries]

    def figures(self, predictor: Predictor) -> Figures:
        """mIoU and boundary IoU in points."""
        measures = Measures(connectivity=False)
        result = evaluate(
            predictor, self.dataset, self.task, measures=measures, progress=self.show, log=lambda line: None
        )
        found = {name: 100 * result.metrics[name] for name in SHOWN if name in result.metrics}
        if "mIoU" not in found:
            raise ConfigError("task", "has no mIoU, by which a loss is judged", "use a task with masks of classes")
        return found

    def measure(self, folder: Path) -> None:
        """Run an export in each of its runtimes but Paddle's, whose graph is in float."""
        card, place = load_card(folder)
        for target in written(card):
            if target.name != "paddle":
                self.rows[target.name] = self.figures(Predictor.from_export(place, target.name))

    def problems(self, margin: Margin, hint: Callable[[], str]) -> Iterator[Problem]:
        """What has lost more than it may."""
        for name, row in self.rows.items():
            for measure, value in row.items():
                lost, most = self.rows["float"][measure] - value, getattr(margin, measure)
                if not lost <= most:
                    what = f"loses {lost:.2f} {SHOWN[measure]} on {len(self.dataset)} photos, where {most:g} is allowed"
                    yield Problem(f"the graph in 8 bits in {name}", what, hint())

    def require(self, margin: Margin, hint: Callable[[], str]) -> None:
        """Refuse what has lost too much.

        Raises:
            ExportError: Something has.
        """
        if problems := list(self.problems(margin, hint)):
            raise ExportError(problems)

    def table(self) -> Table:
        """The figures for a terminal."""
        table = Table("", *(SHOWN[name] for name in self.rows["float"]), title=f"{len(self.dataset)} photos")
        for name, row in self.rows.items():
            table.add_row(name, *(f"{value:.2f}" for value in row.values()))
        return table
