"""Proof that exported files give the numbers of the model they came from."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
from paddle import nn

from paddleseg.card import Card, load_card
from paddleseg.errors import ExportError, Problem, UserError, last_line
from paddleseg.export.targets import written
from paddleseg.export.targets.base import Precision, Target
from paddleseg.inference.predictor import Predictor
from paddleseg.inference.runtimes.dygraph import evaluating

TOLERANCE = 1e-4
MASK_TOLERANCE = 1e-3
# What rounding changes on the way through a network, as a share of its largest logit.
_RELATIVE = 1e-5
_TOLERANCES: dict[Precision, float] = {"fp32": TOLERANCE, "fp16": 5e-3, "int8": math.inf}  # int8: of masks only
# Where height and width are open the graph has to work at more than the one size it was traced for.
_OPEN_SIZES = ((192, 256), (224, 160))


def verify(
    folder: str | Path, model: nn.Layer, tolerance: float = TOLERANCE, precision: Precision = "fp32"
) -> dict[str, float]:
    """Run an export in every runtime it was written for and compare with `model`.

    Args:
        tolerance: The largest difference of a probability that is still rounding; of an argmax graph, the largest
            share of pixels in another class. Where the model's logits are large, as of one that is barely trained,
            probabilities may differ by more, if the masks are the same.
        precision: That the files were written in; lower ones are allowed more.

    Returns:
        The largest difference by runtime.

    Raises:
        ExportError: A runtime fails, or differs by more than `tolerance`; all that do are named.
    """
    with evaluating(model):
        return _differences(folder, model, tolerance, precision)


def precision_of(target: type[Target], asked: Precision) -> Precision:
    """What a target was written in where an export was asked for a precision."""
    return asked if asked in target.precisions else "fp32"


def tolerance_of(precision: Precision, tolerance: float = TOLERANCE) -> float:
    """The largest difference of a probability that a precision may make."""
    return max(tolerance, _TOLERANCES[precision])


def _differences(folder: str | Path, model: nn.Layer, tolerance: float, precision: Precision) -> dict[str, float]:
    card, place = load_card(folder)
    reference = Predictor.from_model(model, card)
    logits = logits_of(model, card)
    differences: dict[str, float] = {}
    problems: list[Problem] = []
    for target in written(card):
        try:
            with engine_faults(card, target.title):
                exported = Predictor.from_export(place, target.name)
                batches = [_batches(card, size) for size in _sizes(card)]
                found = [_difference(card, reference, exported, batch) for batch in batches]
        except ExportError as error:
            problems += error.problems
            continue
        used = precision_of(target, precision)
        limit = tolerance_of(used, tolerance)
        differences[target.name] = max(difference for difference, _ in found)
        for batch, (difference, masks) in zip(batches, found, strict=True):
            if difference <= limit:
                continue
            most = limit if card.output.kind == "argmax" else allowed(logits.runtime(*batch), limit)
            if not (difference <= most and masks <= MASK_TOLERANCE):  # NaN is no agreement either
                what = f"differs by {difference:.2g} from the model, where {most:.2g} is allowed"
                what += f", and in {masks:.2%} of the mask" if difference <= most else ""
                problems.append(Problem(_where(target.title), what, hint(card, used)))
                break
    if problems:
        raise ExportError(problems)
    return differences


@contextmanager
def engine_faults(card: Card, title: str) -> Iterator[None]:
    """What an engine raises, which may be anything, as an `ExportError` that names it."""
    try:
        yield
    except UserError:
        raise
    except Exception as error:
        raise ExportError(_where(title), f"fails: {last_line(error)}", hint(card)) from error


def _where(title: str) -> str:
    return f"the exported graph in {title}"


def _sizes(card: Card) -> list[tuple[int, int]]:
    h, w = card.input.shape[2:]
    if h is not None and w is not None:
        return [(h, w)]
    fixed = [card.input.size] if card.input.size else []
    return [*fixed, *((h or open_h, w or open_w) for open_h, open_w in _OPEN_SIZES)]


def logits_of(model: nn.Layer, card: Card) -> Predictor:
    """The model without the end of its graph."""
    output = card.output.model_copy(update={"kind": "logits"})
    return Predictor.from_model(model, card.model_copy(update={"outputs": [output, *card.outputs[1:]]}))


def allowed(logits: np.ndarray, tolerance: float = TOLERANCE) -> float:
    """How far a probability may be from the model's: more where logits are so large that their rounding shows.

    Two logits that are both wrong by `d` change the share of a class by `d / 2` at most.
    """
    largest = float(np.abs(logits).max(initial=0))
    return max(tolerance, min(_RELATIVE * largest, 1) / 2) if np.isfinite(largest) else tolerance


def _batches(card: Card, size: tuple[int, int]) -> list[np.ndarray]:
    """A batch for each input: pictures, and besides maps of 0 to 1."""
    pictures = np.repeat(photo_like(size, card.input.channels)[None], card.input.shape[0] or 2, axis=0)
    pictures[1:] = pictures[1:, ..., ::-1]  # a graph that mixes up its pictures must show
    maps = [np.rint(pictures[:, :1] + 1) / 2 for _ in card.inputs[1:]]
    return [pictures, *maps]


def _difference(
    card: Card, reference: Predictor, exported: Predictor, batch: Sequence[np.ndarray]
) -> tuple[float, float]:
    """The largest difference, and the share of pixels in another class."""
    if card.output.kind == "argmax":
        share = float(np.mean(reference.runtime(*batch) != exported.runtime(*batch)))
        return share, share
    want, have = (predictor.forward(*batch) for predictor in (reference, exported))
    return float(np.abs(want - have).max()), float(np.mean(_classes(want) != _classes(have)))


def _classes(prob: np.ndarray) -> np.ndarray:
    return prob.argmax(axis=1) if prob.shape[1] > 1 else prob > 0.5


def photo_like(size: tuple[int, int], channels: int = 3) -> np.ndarray:
    """A normalised input (C, h, w) with the smooth areas, edges and grain of a photo; always the same."""
    rng = np.random.default_rng(0)
    h, w = size
    smooth = cv2.resize(rng.uniform(-1, 1, (6, 6, channels)).astype(np.float32), (w, h), interpolation=cv2.INTER_CUBIC)
    picture = smooth.reshape(h, w, channels) + rng.normal(0, 0.05, (h, w, channels)).astype(np.float32)
    y, x = np.mgrid[:h, :w]
    body = ((y - h) / (0.5 * h)) ** 2 + ((x - w / 2) / (0.4 * w)) ** 2 < 1
    head = ((y - 0.35 * h) / (0.2 * h)) ** 2 + ((x - w / 2) / (0.15 * w)) ** 2 < 1
    picture[body] = 0.3 * picture[body] - 0.4
    picture[head] = 0.2 * picture[head] + 0.5
    return np.ascontiguousarray(np.clip(picture, -1, 1).transpose(2, 0, 1), dtype=np.float32)


def hint(card: Card, precision: Precision = "fp32") -> str:
    """What to do where a graph gives other numbers."""
    if precision != "fp32":
        more = "calibrate on more photos, or " if precision == "int8" else ""
        return f"{more}use --precision {'fp16' if precision == 'int8' else 'fp32'}; nothing has been written"
    import paddle

    if paddle.__version__.startswith("3.3."):
        return f"Paddle {paddle.__version__} has known faults in exported graphs; use paddlepaddle 3.2.2"
    return "use paddlepaddle 3.2.2, the tested version, or try a fixed --input_shape"
