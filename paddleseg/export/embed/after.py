"""From the network's output to a mask of the picture's size, as nodes: the card's `postprocess`."""

from __future__ import annotations

import numpy as np

from paddleseg.card import Card
from paddleseg.export.embed.before import Sides
from paddleseg.export.embed.edges import refined
from paddleseg.export.embed.nodes import Nodes
from paddleseg.export.embed.steps import split
from paddleseg.inference.postprocess import MARGIN, TIE


def finished(
    nodes: Nodes, card: Card, prob: str, channels: int, picture: str, small: Sides, out: str, *, as_mask: bool
) -> None:
    """Nodes from probabilities (1, channels, h, w) to `out`.

    Args:
        small: Height and width of the network's input.
        out: A mask (H, W) uint8; of independent classes (C, H, W) with 0 and 1. Else probabilities (H, W) float32 of
            the foreground, or (C, H, W) of more classes.
        as_mask: Which of the two.
    """
    h, w = nodes.side(picture, 0), nodes.side(picture, 1)
    one_plane = channels <= 2 and not card.output.multilabel
    if one_plane:
        ends = [nodes.constant([end]) for end in (channels - 1, channels, 1)]
        prob = nodes.add("Slice", prob, *ends)
    steps = split(card)[0]
    for step, after in zip(steps, [*steps[1:], None], strict=True):
        if step.type == "to_picture" and after is not None and after.type == "refine_edges":
            continue  # edges are found from the network's own size
        if step.type == "to_picture":
            prob = nodes.resized(prob, h, w)
        elif step.type == "refine_edges":
            radius, threshold = float(step.args["radius"]), card.finish.threshold
            prob = refined(nodes, prob, picture, card.input.channels, small, radius, threshold)
    if as_mask and (one_plane or card.output.multilabel):
        prob = nodes.cast(nodes.add("Greater", prob, nodes.single(card.finish.threshold + MARGIN)), np.uint8)
    elif as_mask:
        prob, one_plane = _best(nodes, prob), True
    nodes.add("Reshape", prob, nodes.row(h, w) if one_plane else nodes.row(channels, h, w), out=out)


def _best(nodes: Nodes, prob: str) -> str:
    """The class of the highest probability, of a tie the lowest class."""
    least = nodes.add("Sub", nodes.reduced("ReduceMax", prob, [1], keepdims=1), nodes.single(TIE))
    near = nodes.cast(nodes.add("Not", nodes.add("Less", prob, least)), np.float32)
    return nodes.cast(nodes.add("ArgMax", near, axis=1, keepdims=0), np.uint8)
