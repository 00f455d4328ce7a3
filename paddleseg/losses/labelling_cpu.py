"""All components of a class map in a single pass over its pixels, compiled: what training does on a CPU.

OpenCV labels one class at a time, so its cost grows with the number of classes; with 19 it would be the larger half of
the connectivity loss.
"""

from __future__ import annotations

import numpy as np

from paddleseg.metrics.connectivity import Components
from paddleseg.models.layers.cpu.runtime import jit


@jit
def _root(parent, number):
    while parent[number] != number:
        number = parent[number]
    return number


@jit
def _join(parent, a, b):
    """Make one set of two; the smaller number stands for it."""
    a, b = _root(parent, a), _root(parent, b)
    parent[max(a, b)] = min(a, b)
    return min(a, b)


@jit
def _label(classes, num_classes, numbers, owners):
    """Number the 8-connected components from 1 in the order of their first pixels; returns how many there are."""
    height, width = classes.shape
    parent = np.empty(classes.size + 1, np.int32)
    parent[0], last = 0, 0
    for y in range(height):
        for x in range(width):
            own = classes[y, x]
            if own >= num_classes:
                numbers[y, x] = 0
                continue
            left = x > 0 and classes[y, x - 1] == own
            # The pixel above touches all other neighbours seen so far: they are in its component already.
            if y > 0 and classes[y - 1, x] == own:
                numbers[y, x] = numbers[y - 1, x]
            elif y > 0 and x + 1 < width and classes[y - 1, x + 1] == own:
                number = numbers[y - 1, x + 1]
                if left:
                    number = _join(parent, numbers[y, x - 1], number)
                elif x > 0 and classes[y - 1, x - 1] == own:
                    number = _join(parent, numbers[y - 1, x - 1], number)
                numbers[y, x] = number
            elif left:
                numbers[y, x] = numbers[y, x - 1]
            elif y > 0 and x > 0 and classes[y - 1, x - 1] == own:
                numbers[y, x] = numbers[y - 1, x - 1]
            else:
                last += 1
                parent[last] = last
                owners[last] = own
                numbers[y, x] = last
    count = 0
    for number in range(1, last + 1):  # from here on `parent` holds final numbers: parents come before children
        if parent[number] == number:
            count += 1
            owners[count] = owners[number]
            parent[number] = count
        else:
            parent[number] = parent[parent[number]]
    for y in range(height):
        for x in range(width):
            numbers[y, x] = parent[numbers[y, x]]
    return count


def find_components(classes: np.ndarray, num_classes: int) -> Components:
    """As `metrics.connectivity.find_components`; numbers follow the first pixels instead of the classes."""
    numbers, owners = np.empty(classes.shape, np.int32), np.empty(classes.size + 1, np.int32)
    owners[0] = -1
    count = _label(classes, num_classes, numbers, owners)
    return Components(numbers, owners[: count + 1].copy())
