"""An evaluation for people and for programs: tables, JSON, and pictures of the worst images."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from rich.console import Group
from rich.table import Table

from paddleseg.datasets.base import Dataset
from paddleseg.engine.evaluate import error_panels
from paddleseg.files import atomic_dir
from paddleseg.images.io import write_png
from paddleseg.inference.predictor import Predictor
from paddleseg.tasks.base import EvalResult, Task
from paddleseg.tasks.semantic import Semantic


def tables(result: EvalResult) -> Group:
    """The measures over all images, and those of each class, for a terminal."""
    whole, classes = Table("measure", "value"), Table("class")
    lists = {name: values for name, values in result.metrics.items() if isinstance(values, list)}
    for name, value in result.metrics.items():
        if name not in lists:
            whole.add_row(name, f"{value:.4f}")
    for name in lists:
        classes.add_column(name.removeprefix("class_"), justify="right")
    for number, values in enumerate(zip(*lists.values(), strict=True)):
        classes.add_row(str(number), *(f"{value:.4f}" for value in values))
    return Group(whole, classes) if lists else Group(whole)


def to_json(result: EvalResult, **about: Any) -> str:
    """Everything in `result`, after what `about` says of the run; what could not be measured is null."""
    return json.dumps(_plain({**about, "metrics": result.metrics, "images": result.images}), indent=1)


def write_worst(
    predictor: Predictor, dataset: Dataset, result: EvalResult, count: int, folder: Path, task: Task | None = None
) -> None:
    """Draw the `count` images that the task finds worst, the worst first.

    Raises:
        OutputError: The folder cannot be written.
    """
    measure, ordered = (task or Semantic()).worst_first(result, dataset)
    ordered = ordered[:count]
    panels = error_panels(predictor, dataset, [row["index"] for row in ordered], task)
    index = []
    with atomic_dir(folder) as new:
        for place, (row, (path, picture)) in enumerate(zip(ordered, panels, strict=True), 1):
            name = f"{place:03d}_{Path(path).stem}.png"
            write_png(new / name, picture)
            index.append({"picture": name, **row})
        text = json.dumps(_plain({"sorted_by": measure, "images": index}), indent=1)
        (new / "index.json").write_text(text, encoding="utf-8")


def _plain(value: Any) -> Any:
    """`value` without nan, which JSON does not know."""
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return None if isinstance(value, float) and math.isnan(value) else value
