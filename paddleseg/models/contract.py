"""What a model says of itself: the outputs that losses meet, and the inputs it needs. Without Paddle."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

HeadKind = Literal[
    "logits", "boundary", "detail", "pair", "features", "values", "alpha", "trimap", "presence", "queries", "points"
]


@dataclass(frozen=True)
class Head:
    """One output of a model.

    Args:
        name: What messages call it; no two of a model are alike.
        kind: What its numbers are, which says what losses they are for: "logits" are scores of the classes, "boundary"
            scores of the sample's edge map, "detail" scores of fine detail, "values" measures of another kind, such as
            depths, "alpha" mattes in [0, 1], "trimap" probabilities of foreground, unknown and background, "presence"
            scores (N, C) of which classes the picture shows, "points" scores (N, C, P) of points, in a list with where
            these are. "queries" are, in training, the classes and masks of a set of queries, of which evaluation makes
            scores of the classes. "pair" stands for several maps that one loss takes together, "features" for maps that
            are no scores at all.
        channels: Channels of its map; of a pair those of the first one.
    """

    name: str
    kind: HeadKind
    channels: int


def heads_of(model: object) -> tuple[Head, ...] | None:
    """What `model` returns in training, one head for each output, main first; None where it does not say.

    In evaluation a model returns the first of them alone.
    """
    heads = getattr(model, "heads", None)  # in other people's networks this may be anything
    if isinstance(heads, tuple) and heads and all(isinstance(head, Head) for head in heads):
        return heads
    return None


def inputs_of(model: object) -> tuple[str, ...]:
    """The names of what `model` takes, in order: the image alone where it does not say."""
    inputs = getattr(model, "inputs", None)
    if isinstance(inputs, tuple) and inputs and all(isinstance(name, str) for name in inputs):
        return inputs
    return ("image",)
