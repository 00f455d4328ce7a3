"""`refine_edges` as nodes: the guided filter of `inference/edges.py`."""

from __future__ import annotations

import numpy as np

from paddleseg.export.embed.before import Sides
from paddleseg.export.embed.nodes import Nodes
from paddleseg.inference.edges import EPSILON, STEEPNESS, WINDOW

_MOST = 5
"""Pixels to either side of the largest window: where the small copy's would be larger, the copy is halved once more."""
_GREY = (9798, 19235, 3735)
"""OpenCV's shares of red, green and blue in a pixel's brightness, in 32768ths."""


def refined(
    nodes: Nodes, planes: str, picture: str, channels: int, small: Sides, radius: float, threshold: float
) -> str:
    """The foreground (1, 1, H, W) with the picture's edges.

    Args:
        planes: The foreground (1, 1, h, w) at any size.
        picture: (H, W, C) uint8.
        small: Height and width of the network's input.
        radius, threshold: As the card has them.
    """
    h, w = nodes.side(picture, 0), nodes.side(picture, 1)
    light = _light(nodes, picture, channels)
    reach, block = _reach(nodes, (h, w), small, radius)
    rows, columns = (nodes.add("Div", _up(nodes, side, block), block) for side in (h, w))
    whole = nodes.add("Mul", rows, block), nodes.add("Mul", columns, block)
    dim = nodes.add("Div", _averaged(nodes, light, block, (h, w), whole, (rows, columns)), nodes.single(255))
    steep = nodes.resized(planes, rows, columns)
    steep = nodes.add("Sub", steep, nodes.single(threshold))
    steep = nodes.add("Add", nodes.add("Mul", steep, nodes.single(STEEPNESS)), nodes.single(threshold))
    slope, offset = _lines(nodes, dim, nodes.clip(steep, 0, 1), _window(nodes, reach, block))
    slope = nodes.add("Div", slope, nodes.single(255))
    slope, offset = (_cut(nodes, nodes.resized(plane, *whole), (h, w)) for plane in (slope, offset))
    lit = nodes.add("Mul", light, slope)
    return nodes.clip(nodes.add("Add", lit, offset), 0, 1)


def _up(nodes: Nodes, side: str, block: str) -> str:
    """A side and what a division by `block` would lose."""
    return nodes.add("Sub", nodes.add("Add", side, block), nodes.constant(1))


def _cut(nodes: Nodes, planes: str, sides: Sides) -> str:
    """The top left (1, 1, h, w) of planes."""
    return nodes.add("Slice", planes, nodes.row(0, 0), nodes.row(*sides), nodes.constant([2, 3]))


def _light(nodes: Nodes, picture: str, channels: int) -> str:
    """Brightness (1, 1, H, W) float32, 0 to 255 in whole numbers."""
    planes = nodes.cast(nodes.add("Transpose", picture, perm=[2, 0, 1]), np.float32)
    if channels == 3:  # one plane after the other: as a product of matrices it takes engines three times as long
        half = nodes.single(0.5)
        for index, share in enumerate(_GREY):
            part = nodes.add("Mul", nodes.add("Gather", planes, nodes.constant(index)), nodes.single(share / (1 << 15)))
            half = nodes.add("Add", part, half)  # exact, in 32 bits too
        planes = nodes.add("Floor", half)
    return nodes.reshape(planes, nodes.row(1, 1, nodes.side(picture, 0), nodes.side(picture, 1)))


def _reach(nodes: Nodes, full: Sides, small: Sides, radius: float) -> tuple[str, str]:
    """The radius in the picture's pixels, and how many of these the side of a pixel of the small copy is."""
    areas = [nodes.add("Mul", *(nodes.floats(side) for side in sides)) for sides in (full, small)]
    reach = nodes.add("Mul", nodes.add("Sqrt", nodes.add("Div", *areas)), nodes.double(radius))
    share = nodes.add("Max", nodes.add("Div", reach, nodes.double(WINDOW)), nodes.double(1))
    halvings = nodes.add("Floor", nodes.add("Div", nodes.add("Log", share), nodes.double(np.log(2))))
    return reach, nodes.integer(nodes.add("Round", nodes.add("Pow", nodes.double(2), halvings)))


def _averaged(nodes: Nodes, light: str, block: str, full: Sides, whole: Sides, small: Sides) -> str:
    """The small copy (1, 1, h, w): means of blocks; the last row and column are repeated until these fill `whole`."""
    rows, columns = small
    below, beside = (nodes.add("Sub", *sides) for sides in zip(whole, full, strict=True))
    filled = nodes.add("Pad", light, nodes.row(0, 0, 0, 0, 0, 0, below, beside), mode="edge")
    blocks = nodes.reshape(filled, nodes.row(rows, block, columns, block))
    return nodes.reshape(nodes.reduced("ReduceMean", blocks, [1, 3], keepdims=0), nodes.row(1, 1, rows, columns))


def _window(nodes: Nodes, reach: str, block: str) -> str:
    """The weights of a mean over a window, along one axis: zero beyond the window's radius."""
    radius = nodes.add("Round", nodes.add("Div", reach, nodes.floats(block)))
    radius = nodes.cast(nodes.add("Max", radius, nodes.double(1)), np.float32)
    away = nodes.constant(np.abs(np.arange(-_MOST, _MOST + 1)), np.float32)
    inside = nodes.clip(nodes.add("Sub", nodes.add("Add", radius, nodes.single(1)), away), 0, 1)
    width = nodes.add("Add", nodes.add("Mul", radius, nodes.single(2)), nodes.single(1))
    return nodes.add("Div", inside, width)


def _lines(nodes: Nodes, light: str, prob: str, window: str) -> tuple[str, str]:
    """Slope and offset of prob = slope * light + offset, as `inference.edges` finds them."""
    length = 2 * _MOST + 1
    pads = nodes.constant([0, 0, _MOST, _MOST, 0, 0, _MOST, _MOST])
    down, across = (nodes.reshape(window, nodes.constant([1, 1, *sides])) for sides in ((length, 1), (1, length)))

    def mean(plane: str) -> str:
        padded = nodes.add("Pad", plane, pads, mode="reflect")
        return nodes.add("Conv", nodes.add("Conv", padded, down), across)

    mean_light, mean_prob = mean(light), mean(prob)
    both = nodes.add("Sub", mean(nodes.add("Mul", light, prob)), nodes.add("Mul", mean_light, mean_prob))
    variance = nodes.add("Sub", mean(nodes.add("Mul", light, light)), nodes.add("Mul", mean_light, mean_light))
    slope = nodes.add("Div", both, nodes.add("Add", variance, nodes.single(EPSILON)))
    offset = nodes.add("Sub", mean_prob, nodes.add("Mul", slope, mean_light))
    return mean(slope), mean(offset)
