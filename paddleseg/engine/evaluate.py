"""Run a model over a labelled data set and measure its masks at the size of the original labels."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import paddle

from paddleseg.card import Output
from paddleseg.config.schema import TestSection
from paddleseg.datasets.base import Dataset
from paddleseg.datasets.loader import EvalLoader
from paddleseg.engine import dist
from paddleseg.engine.error_map import panel
from paddleseg.errors import DataError
from paddleseg.images.paint import flatten
from paddleseg.inference import postprocess
from paddleseg.inference.augment import TestAugmentation, predict_prob
from paddleseg.inference.runtime import Dygraph
from paddleseg.metrics.base import Metric
from paddleseg.metrics.independent import IndependentClasses
from paddleseg.metrics.segmentation import Confusion
from paddleseg.progress import progress as with_progress
from paddleseg.transforms.sample import Sample

TestConfig = TestSection | Mapping[str, Any]


@dataclass
class EvalResult:
    """What an evaluation found.

    Args:
        metrics: Every measure by name, over all images; lists hold one number for each class.
        images: One row for each image, in the data set's order: index, path and the measures of that image alone.
    """

    metrics: dict[str, Any]
    images: list[dict[str, Any]]

    def log_lines(self) -> list[str]:
        """PaddleSeg's lines, which scripts read."""
        names = {"mIoU": "mIoU", "Acc": "pixel_accuracy", "Kappa": "kappa", "Dice": "dice"}
        means = " ".join(f"{shown}: {self.metrics[name]:.4f}" for shown, name in names.items())
        lists = {"IoU": "class_IoU", "Precision": "class_precision", "Recall": "class_recall"}
        classes = [f"[EVAL] Class {shown}: {np.round(self.metrics[name], 4)}" for shown, name in lists.items()]
        return [f"[EVAL] #Images: {len(self.images)} {means}", *(line.replace("\n", "") for line in classes)]


def evaluate(
    model: paddle.nn.Layer,
    dataset: Dataset,
    *,
    num_workers: int = 0,
    test_config: TestConfig | None = None,
    metrics: Sequence[Metric] = (),
    rank: int = 0,
    world_size: int = 1,
    progress: bool = False,
    log: Callable[[str], None] = print,
) -> EvalResult:
    """Measure `model` on `dataset`; every image counts once, however many ranks share the work.

    Probabilities, not logits or classes, are brought to the size of the original label; the class is chosen there.

    Args:
        test_config: Scales, flips, sliding window, and whether classes are independent; none of it by default.
        metrics: What to measure beside IoU and its relatives.
        rank: Which share of the images is this process's; all ranks get the same result.
        progress: Show a progress bar.
        log: Takes the lines that scripts read, on rank 0.

    Raises:
        DataError: An image has no label.
    """
    looks = TestAugmentation.from_config(dict(test_config or {}))
    output = output_of(test_config)
    kind = IndependentClasses if output.multilabel else Confusion
    measures = [kind(dataset.num_classes, dataset.ignore_index), *(metric.fresh() for metric in metrics)]
    loader = EvalLoader(dataset, num_workers=num_workers, rank=rank, world_size=world_size)
    rows: list[dict[str, Any]] = []
    network, samples = Dygraph(model, output), itertools.chain.from_iterable(loader)
    bar = with_progress(samples, "Evaluating", len(loader), show=progress)
    for index, sample in zip(loader.indices, bar, strict=True):
        row = {"index": index, "path": sample.path}
        label = known_label(sample, output.multilabel)
        rows.append(row | _measure(measures, label, *mask_and_prob(network, sample, looks, output)))
    result = _merged(measures, rows)
    if rank == 0:
        for line in result.log_lines():
            log(line)
    return result


def sample_pictures(
    model: paddle.nn.Layer, dataset: Dataset, test_config: TestConfig | None = None, count: int = 4
) -> list[tuple[str, np.ndarray]]:
    """(name, RGB picture) of a few evenly spaced images: photo, label, mask and errors side by side."""
    spread = np.linspace(0, len(dataset) - 1, min(count, len(dataset))).round().astype(int)
    return [(Path(path).name, picture) for path, picture in error_panels(model, dataset, spread.tolist(), test_config)]


def error_panels(
    model: paddle.nn.Layer, dataset: Dataset, indices: Sequence[int], test_config: TestConfig | None = None
) -> Iterator[tuple[str, np.ndarray]]:
    """(path, RGB picture) of the images at `indices`."""
    looks, output = TestAugmentation.from_config(dict(test_config or {})), output_of(test_config)
    network = Dygraph(model, output)
    for index in indices:
        sample = dataset.sample(index, np.random.default_rng(0))
        mask, _ = mask_and_prob(network, sample, looks, output)
        label = known_label(sample, output.multilabel)
        if output.multilabel:
            mask, label = flatten(mask), flatten((label == 1).transpose(2, 0, 1))
        yield sample.path, panel(dataset.read(index).image, label, mask, dataset.ignore_index)


def output_of(test_config: TestConfig | None) -> Output:
    """What the network's channels mean in an evaluation."""
    independent = bool(dict(test_config or {}).get("use_multilabel"))
    return Output(activation="sigmoid" if independent else "softmax", multilabel=independent)


def mask_and_prob(
    network: Dygraph, sample: Sample, looks: TestAugmentation, output: Output
) -> tuple[np.ndarray, np.ndarray]:
    """Classes (H, W) and probabilities (C, H, W) of a transformed sample, at the size of its original image.

    Of independent classes the mask is (C, H, W) of 0 and 1.
    """
    image = np.ascontiguousarray(sample.image.transpose(2, 0, 1)[None], np.float32)
    prob = postprocess.restore(predict_prob(network, image, looks)[0], sample.geometry, output)
    return postprocess.to_mask(prob, output), prob


def known_label(sample: Sample, independent: bool) -> np.ndarray:
    """The sample's label; a `DataError` that names the image where it has none, or one of the other kind."""
    if sample.label is None:
        raise DataError(sample.path, "has no label", "evaluation needs `image label` pairs")
    if independent and sample.label.ndim == 2:
        hint = "leave out use_multilabel, or save the masks of all classes side by side in one file"
        raise DataError(sample.label_path, "says one class a pixel, not independent ones", hint)
    if sample.label.ndim == 3 and not independent:
        raise DataError(sample.label_path, "holds masks of several classes", "add --use_multilabel")
    return sample.label


def _measure(measures: Sequence[Metric], label: np.ndarray, mask: np.ndarray, prob: np.ndarray) -> dict[str, float]:
    """Add one image to the measures; returns the single-valued measures of that image alone."""
    row: dict[str, float] = {}
    for measure in measures:
        single = measure.of(mask, label, prob)
        measure.merge(single)
        row |= {name: value for name, value in single.compute().items() if isinstance(value, float)}
    return row


def _merged(measures: Sequence[Metric], rows: list[dict[str, Any]]) -> EvalResult:
    """The sums and rows of all ranks put together, on every rank."""
    shares = dist.gather(([measure.state() for measure in measures], rows))
    found: dict[str, Any] = {}
    for place, measure in enumerate(measures):
        whole = measure.fresh()
        for states, _ in shares:
            whole.merge_state(states[place])
        found |= whole.compute()
    return EvalResult(found, sorted((row for _, share in shares for row in share), key=lambda row: row["index"]))
