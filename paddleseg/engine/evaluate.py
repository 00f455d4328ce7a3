"""Run a predictor over a labelled data set and measure its answers at the size of the original pictures."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from paddleseg import compat
from paddleseg.datasets.base import Dataset
from paddleseg.datasets.loader import EvalLoader
from paddleseg.engine import dist
from paddleseg.errors import DataError, Problem
from paddleseg.inference.predictor import Predictor, Prepared, with_maps
from paddleseg.inference.preprocess import Preprocessor
from paddleseg.metrics.base import Metric
from paddleseg.progress import progress as with_progress
from paddleseg.tasks.base import EvalResult, Measures, Task
from paddleseg.tasks.semantic import Semantic
from paddleseg.transforms.sample import Sample


def evaluate(
    predictor: Predictor,
    dataset: Dataset,
    task: Task | None = None,
    *,
    num_workers: int = 0,
    measures: Measures | None = None,
    metrics: Sequence[Metric] = (),
    rank: int = 0,
    world_size: int = 1,
    progress: bool = False,
    log: Callable[[str], None] = compat.say,
) -> EvalResult:
    """Measure what users of `predictor` get on `dataset`; every image counts once, however many ranks share the work.

    The predictor prepares the pictures, so the data set's own transforms are not used.

    Args:
        task: What is compared with what; masks of classes by default.
        measures: Which of the task's measures; all that it finds fit by default.
        metrics: More measures.
        rank: Which share of the images is this process's; all ranks get the same result.
        progress: Show a progress bar.
        log: Takes the lines that scripts read, on rank 0.

    Raises:
        DataError: Images cannot be used, or have no label; all are named. A figure without them would be another one.
    """
    task = task or Semantic()
    read = _Read(predictor.prepare_image, [item.name for item in predictor.card.inputs[1:]], task)
    loader = EvalLoader(dataset, num_workers=num_workers, rank=rank, world_size=world_size, read=read)
    own = task.metrics(loader.dataset, predictor.card.output, measures or Measures())
    totals = [*own, *(metric.fresh() for metric in metrics)]
    rows: list[dict[str, Any]] = []
    problems: list[Problem] = []
    pairs = with_progress(itertools.chain.from_iterable(loader), "Evaluating", len(loader), show=progress)
    for index, pair in zip(loader.indices, pairs, strict=True):
        if isinstance(pair, DataError):
            problems += pair.problems
            continue
        if problems and world_size == 1:  # the rest is only looked at; ranks keep step, since none waits long
            continue
        sample, prepared = pair
        compared = task.compare(predictor.infer([prepared])[0], sample)
        rows.append({"index": index, "path": sample.path} | _measure(totals, compared))
    problems = [problem for share in dist.gather(problems) for problem in share]
    if problems:
        raise DataError(problems)
    result = _merged(totals, rows)
    if rank == 0:
        for line in task.log_lines(result):
            log(line)
    return result


def sample_pictures(
    predictor: Predictor, dataset: Dataset, task: Task | None = None, count: int = 4
) -> list[tuple[str, np.ndarray]]:
    """(name, RGB picture) of a few evenly spaced images, as the task shows its errors."""
    spread = np.linspace(0, len(dataset) - 1, min(count, len(dataset))).round().astype(int)
    return [(Path(path).name, picture) for path, picture in error_panels(predictor, dataset, spread.tolist(), task)]


def error_panels(
    predictor: Predictor, dataset: Dataset, indices: Sequence[int], task: Task | None = None
) -> Iterator[tuple[str, np.ndarray]]:
    """(path, RGB picture) of the images at `indices`."""
    task = task or Semantic()
    for index in indices:
        sample = dataset.read(index)
        maps = task.maps(sample) if len(predictor.card.inputs) > 1 else {}
        yield sample.path, task.panel(predictor(sample.image, **maps), sample, dataset)


class _Read:
    """A sample as the data set reads it, and the network's input beside it."""

    def __init__(self, prepare: Preprocessor, more: Sequence[str], task: Task):
        self.prepare, self.more, self.task = prepare, more, task

    def __call__(self, dataset: Dataset, index: int) -> tuple[Sample, Prepared] | DataError:
        """Both; or, where the picture cannot be used, why not."""
        try:
            sample = dataset.read(index, np.random.default_rng(0))
        except DataError as error:
            return error
        try:
            prepared = Prepared(sample.image, *self.prepare(sample.image))
            return sample, with_maps(prepared, self.more, self.task.maps(sample)) if self.more else prepared
        except DataError as error:
            return DataError([Problem(f"{sample.path}: {p.where}", p.what, p.hint) for p in error.problems])


def _measure(totals: Sequence[Metric], compared: tuple[np.ndarray | None, ...]) -> dict[str, float]:
    """Add one image to the measures; returns the single-valued measures of that image alone."""
    row: dict[str, float] = {}
    for total in totals:
        single = total.of(*compared)  # type: ignore[arg-type]
        total.merge(single)
        row |= {name: value for name, value in single.compute().items() if isinstance(value, float)}
    return row


def _merged(totals: Sequence[Metric], rows: list[dict[str, Any]]) -> EvalResult:
    """The sums and rows of all ranks put together, on every rank."""
    shares = dist.gather(([total.state() for total in totals], rows))
    found: dict[str, Any] = {}
    for place, total in enumerate(totals):
        whole = total.fresh()
        for states, _ in shares:
            whole.merge_state(states[place])
        found |= whole.compute()
    return EvalResult(found, sorted((row for _, share in shares for row in share), key=lambda row: row["index"]))
