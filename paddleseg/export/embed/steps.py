"""Which of a card's steps can be part of a graph."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from paddleseg.card import Card, Finish, Step
from paddleseg.errors import ExportError, Problem
from paddleseg.inference.preprocess import Preprocessor

Ending = Literal["mask", "prob"]
"""What an embedded graph gives, at the picture's size."""
LEFT_OUT = ("drop_faint", "drop_specks", "fill_holes")
"""Steps that count pieces, which graphs cannot."""
_BEFORE = ("Normalize", "Resize", "ResizeToArea")
_AFTER = ("to_picture", "refine_edges", "to_mask")


def require(card: Card) -> None:
    """Refuse a card that cannot be part of a graph.

    Raises:
        ExportError: An input, an output or steps cannot; all that cannot are named.
    """
    problems = [
        Problem(f"preprocess.{index}", f"{step.type} {why}", "leave --embed out, or change export.transforms")
        for index, step in enumerate(preparation(card))
        if (why := _fault(step, preparation(card)[:index]))
    ]
    problems += [
        Problem(f"postprocess.{index}", f"{step.type} cannot be part of a graph", "leave --embed out")
        for index, step in enumerate(card.postprocess)
        if step.type not in (*_AFTER, *LEFT_OUT)
    ]
    if card.output.kind != "prob":
        problems.append(Problem("--embed", f"needs probabilities, not {card.output.kind}", "use --output_op softmax"))
    if (batch := card.input.shape[0]) not in (None, 1):
        what = f"takes one picture, but the input's batch is {batch}"
        problems.append(Problem("--embed", what, "use --input_shape 1 C H W"))
    if problems:
        raise ExportError(problems)


def preparation(card: Card) -> list[Step]:
    """The card's preprocessing, without resizing to the size that the first step has given."""
    settled = card.input.size
    if settled is None or Preprocessor(card.preprocess[:1]).fixed_size(card.input.channels) != settled:
        return card.preprocess
    return [step for index, step in enumerate(card.preprocess) if not (index and step.type.startswith("Resize"))]


def split(card: Card) -> tuple[list[Step], list[str]]:
    """The postprocessing that a graph has, and the names of the steps that it lacks."""
    steps = card.postprocess or Finish().steps()
    return (
        [step for step in steps if step.type not in LEFT_OUT],
        sorted({step.type for step in steps if step.type in LEFT_OUT}),
    )


def _fault(step: Step, before: Sequence[Step]) -> str:
    if step.type not in _BEFORE:
        return f"cannot be part of a graph; {', '.join(_BEFORE)} can"
    if step.type == "Normalize":
        return "comes twice" if any(other.type == "Normalize" for other in before) else ""
    if step.args.get("interp", "LINEAR") != "LINEAR":
        return f"with interp: {step.args['interp']} cannot be part of a graph; LINEAR can"
    return "is not the first step" if before else ""
