"""From a picture to the network's input, as nodes: the card's `preprocess`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from paddleseg.card import Step
from paddleseg.export.embed.nodes import Nodes
from paddleseg.transforms.colour import Normalize
from paddleseg.transforms.resize import Resize, ResizeToArea

Sides = tuple[str, str]
"""The names of height and width, scalars."""


def prepared(nodes: Nodes, picture: str, steps: Sequence[Step], channels: int, out: str) -> Sides:
    """Nodes from a picture (H, W, C) uint8 to the tensor `out` (1, C, h, w) float32.

    Args:
        steps: Of those that `embed.steps` lists.

    Returns:
        Height and width of the network's input.
    """
    sides = (nodes.side(picture, 0), nodes.side(picture, 1))
    planes = ""
    for step in steps:
        if step.type in _SIZES:
            sides = _SIZES[step.type](nodes, sides, step)
            planes = _resized(nodes, picture, sides)
        else:
            planes = _normalized(nodes, planes or _planes(nodes, picture), Normalize(**step.args), channels)
    batch = nodes.cast(planes or _planes(nodes, picture), np.float32)
    nodes.add("Reshape", batch, nodes.row(1, channels, *sides), out=out)
    return sides


def _fixed(nodes: Nodes, sides: Sides, step: Step) -> Sides:
    resize = Resize(**step.args)
    h, w = (nodes.constant(side) for side in resize.size)
    if resize.keep_ratio:
        have = [nodes.floats(side) for side in sides]
        factor = nodes.add(
            "Min", *(nodes.add("Div", nodes.floats(to), of) for to, of in zip((h, w), have, strict=True))
        )
        h, w = (nodes.integer(_at_least_one(nodes, nodes.add("Mul", side, factor))) for side in have)
    divisor = nodes.constant(resize.size_divisor)
    rim = nodes.constant(resize.size_divisor - 1)
    h, w = (nodes.add("Mul", nodes.add("Div", nodes.add("Add", side, rim), divisor), divisor) for side in (h, w))
    return h, w


def _to_area(nodes: Nodes, sides: Sides, step: Step) -> Sides:
    resize = ResizeToArea(**step.args)
    have = [nodes.floats(side) for side in sides]
    share = nodes.add("Div", nodes.double(resize.area), nodes.add("Mul", *have))
    factor = nodes.add("Div", nodes.add("Sqrt", share), nodes.double(resize.divisor))
    divisor = nodes.constant(resize.divisor)
    h, w = (
        nodes.add("Mul", nodes.integer(_at_least_one(nodes, nodes.add("Mul", side, factor))), divisor) for side in have
    )
    return h, w


def _at_least_one(nodes: Nodes, value: str) -> str:
    return nodes.add("Max", nodes.add("Round", value), nodes.double(1))


_SIZES: dict[str, Callable[[Nodes, Sides, Step], Sides]] = {"Resize": _fixed, "ResizeToArea": _to_area}


def _resized(nodes: Nodes, picture: str, sides: Sides) -> str:
    """A picture (H, W, C) uint8 resized bilinearly to (C, h, w) int32, in the whole numbers that OpenCV counts with.

    Only the pixels that are looked at are taken, so that nothing is made of the whole picture.
    """
    rows = _pairs(nodes, nodes.side(picture, 0), sides[0], (1, -1, 1))
    columns = _pairs(nodes, nodes.side(picture, 1), sides[1], (1, 1, -1))
    halves = []
    for row, share in rows:
        line = nodes.add("Gather", picture, row, axis=0)
        parts = [
            nodes.add("Mul", nodes.cast(_planes(nodes, nodes.add("Gather", line, column, axis=1)), np.int32), part)
            for column, part in columns
        ]
        across = _divided(nodes, nodes.add("Add", *parts), 16)
        halves.append(_divided(nodes, nodes.add("Mul", across, share), 1 << 16))
    rounded = nodes.add("Add", nodes.add("Add", *halves), nodes.constant(2, np.int32))
    return _divided(nodes, rounded, 4)


def _planes(nodes: Nodes, picture: str) -> str:
    return nodes.add("Transpose", picture, perm=[2, 0, 1])


def _divided(nodes: Nodes, values: str, by: int) -> str:
    return nodes.add("Div", values, nodes.constant(by, np.int32))


def _pairs(nodes: Nodes, have: str, want: str, shape: tuple[int, int, int]) -> list[tuple[str, str]]:
    """The two pixels of `have` that each of `want` lies between, each with its share in 2048ths."""
    scale = nodes.add("Div", nodes.floats(have), nodes.floats(want))
    index = nodes.floats(nodes.add("Range", nodes.constant(0), want, nodes.constant(1)))
    centre = nodes.add("Mul", nodes.add("Add", index, nodes.double(0.5)), scale)
    place = nodes.cast(nodes.add("Sub", centre, nodes.double(0.5)), np.float32)
    last = nodes.cast(nodes.add("Sub", have, nodes.constant(1)), np.float32)
    place = nodes.add("Min", nodes.add("Max", place, nodes.single(0)), last)
    first = nodes.add("Floor", place)
    share = nodes.add("Sub", place, first)
    second = nodes.add("Min", nodes.add("Add", first, nodes.single(1)), last)
    pairs = []
    for pixel, part in ((first, nodes.add("Sub", nodes.single(1), share)), (second, share)):
        whole = nodes.add("Round", nodes.add("Mul", part, nodes.single(2048)))
        pairs.append((nodes.integer(pixel), nodes.reshape(nodes.cast(whole, np.int32), nodes.constant(shape))))
    return pairs


def _normalized(nodes: Nodes, planes: str, step: Normalize, channels: int) -> str:
    repeat = channels // len(step.scale)
    scale, shift = (
        nodes.constant(np.reshape(numbers * repeat, (channels, 1, 1)), np.float32)
        for numbers in (step.scale, step.shift)
    )
    return nodes.add("Add", nodes.add("Mul", nodes.cast(planes, np.float32), scale), shift)
