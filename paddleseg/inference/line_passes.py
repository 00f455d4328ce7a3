"""The guided filter's lines, fitted on the small copy, compiled.

Means are of whole numbers, whose sums are exact, so that they are those of OpenCV's `blur`.
"""

from __future__ import annotations

import numpy as np

from paddleseg.compiled import jit, reads, writes


@jit()
def _inside(place: int, length: int) -> int:
    """A place beyond the ends, reflected there; the last pixel itself stands once."""
    while place < 0 or place >= length:
        if length == 1:
            return 0
        place = -place if place < 0 else 2 * (length - 1) - place
    return place


@jit(reads("f8", 1), "i8", "f8", writes("f8", 1), writes("f4", 1))
def _mean_row(columns: np.ndarray, radius: int, scale: float, sums: np.ndarray, means: np.ndarray) -> None:
    """Means of windows along a row.

    Args:
        columns: Sums of the windows' columns, (w + 2 * radius,).
        scale: One by the number of pixels in a window.
        sums: Room for w numbers.
    """
    for x in range(len(sums)):
        sums[x] = columns[x]
    for k in range(1, 2 * radius + 1):
        shifted = columns[k : k + len(sums)]
        for x in range(len(sums)):
            sums[x] += shifted[x]
    for x in range(len(sums)):
        means[x] = np.float32(sums[x] * scale)


@jit()
def _add(columns: np.ndarray, row: np.ndarray, sign: float, radius: int) -> None:
    part = columns[radius : radius + len(row)]
    for x in range(len(row)):
        part[x] += sign * np.float64(row[x])


@jit(reads("f4", 2), "i8", writes("f4", 2))
def _means(values: np.ndarray, radius: int, means: np.ndarray) -> None:
    """Means of the windows around each pixel, of values whose sums are exact."""
    h, w = values.shape
    columns, sums = np.zeros(w + 2 * radius), np.empty(w)
    scale = 1.0 / ((2 * radius + 1) * (2 * radius + 1))
    for y in range(-radius, radius + 1):
        _add(columns, values[_inside(y, h)], 1.0, radius)
    for y in range(h):
        if y:
            _add(columns, values[_inside(y + radius, h)], 1.0, radius)
            _add(columns, values[_inside(y - radius - 1, h)], -1.0, radius)
        for x in range(radius):
            columns[x] = columns[radius + _inside(x - radius, w)]
            columns[radius + w + x] = columns[radius + _inside(w + x, w)]
        _mean_row(columns, radius, scale, sums, means[y])


@jit(reads("f4", 1), reads("f4", 1), writes("f4", 1), writes("f4", 1))
def _products(light: np.ndarray, prob: np.ndarray, product: np.ndarray, square: np.ndarray) -> None:
    for x in range(len(light)):
        product[x] = light[x] * prob[x]
        square[x] = light[x] * light[x]


@jit(*[reads("f4", 1)] * 4, *["f4"] * 3, writes("f4", 1), writes("f4", 1))
def _fit_row(
    light: np.ndarray,
    prob: np.ndarray,
    product: np.ndarray,
    square: np.ndarray,
    epsilon: float,
    slope_places: float,
    offset_places: float,
    slope: np.ndarray,
    offset: np.ndarray,
) -> None:
    """From a row's means to the line that fits best in each window."""
    for x in range(len(light)):
        variance = square[x] - light[x] * light[x]
        steep = (product[x] - light[x] * prob[x]) / (variance + epsilon)
        slope[x] = np.rint(steep * slope_places) / slope_places
        offset[x] = np.rint((prob[x] - slope[x] * light[x]) * offset_places) / offset_places


@jit(reads("f4", 2), reads("f4", 2), "i8", "f4", "f4", "f4", writes("f4", 2), writes("f4", 2))
def fit(
    light: np.ndarray,
    prob: np.ndarray,
    radius: int,
    epsilon: float,
    slope_places: float,
    offset_places: float,
    slope: np.ndarray,
    offset: np.ndarray,
) -> None:
    """Slope and offset (h, w) of prob = slope * light + offset: the means of what fits best in the windows around.

    Args:
        light, prob: Whole numbers (h, w).
        radius: Of the windows.
        epsilon: Variance of `light` below which a window has no edge to follow.
        slope_places, offset_places: What the results are rounded to, as numbers for which one stands.
    """
    h, w = light.shape
    product, square = np.empty((h, w), np.float32), np.empty((h, w), np.float32)
    for y in range(h):
        _products(light[y], prob[y], product[y], square[y])
    mean_light, mean_prob = np.empty((h, w), np.float32), np.empty((h, w), np.float32)
    mean_product, mean_square = np.empty((h, w), np.float32), np.empty((h, w), np.float32)
    _means(light, radius, mean_light)
    _means(prob, radius, mean_prob)
    _means(product, radius, mean_product)
    _means(square, radius, mean_square)
    for y in range(h):
        means = mean_light[y], mean_prob[y], mean_product[y], mean_square[y]
        _fit_row(*means, epsilon, slope_places, offset_places, product[y], square[y])
    _means(product, radius, slope)
    _means(square, radius, offset)


@jit(*[reads("u1", 1)] * 2, *["f4"] * 3, *[writes("f4", 1)] * 2)
def settle(
    near: np.ndarray,
    solid: np.ndarray,
    levels: float,
    slope_places: float,
    offset_places: float,
    slope: np.ndarray,
    offset: np.ndarray,
) -> None:
    """Slopes and offsets (n,) divided by `levels` and rounded; where no edge is near, those of 0 or 1; overwritten."""
    for k in range(len(slope)):
        edge = near[k] != solid[k]
        slope[k] = np.rint(slope[k] / levels * slope_places) / slope_places if edge else np.float32(0)
        offset[k] = np.rint(offset[k] / levels * offset_places) / offset_places if edge else np.float32(solid[k])
