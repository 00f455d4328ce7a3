"""Components and their overlaps in single passes over the pixels, compiled: what the connectivity loss uses.

OpenCV labels one class at a time, so its cost grows with the number of classes; with 19 it would be the larger half of
the loss.
"""

from __future__ import annotations

import numpy as np

from paddleseg.metrics.connectivity import Components, Matching, keep_largest, match_components
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


@jit
def _known(mask, label, num_classes, ignore_index, mask_classes, label_classes):
    """Both maps with `num_classes` where nothing is known."""
    for y in range(mask.shape[0]):
        for x in range(mask.shape[1]):
            truth = label[y, x]
            known = truth != ignore_index and 0 <= truth < num_classes
            mask_classes[y, x] = mask[y, x] if known else num_classes
            label_classes[y, x] = truth if known else num_classes


@jit
def _meet(mask, label, mask_classes, label_classes, seen, codes, segments, areas, label_areas):
    """Number the segments in the order of their first pixels; returns how many there are.

    Args:
        mask: Components, like `label`; `mask_classes` and `label_classes` their classes.
        seen: -1 for every pair of components.
        codes: Filled with the pair (mask's component * width + label's) of every segment.
    """
    width, count = len(label_areas), 0
    for y in range(mask.shape[0]):
        own, truth, segment, begin = -1, 0, 0, 0
        for x in range(mask.shape[1]):
            if mask[y, x] != own or label[y, x] != truth:  # pixels come in runs, which are counted as a whole
                areas[segment] += x - begin
                label_areas[truth] += x - begin
                own, truth, begin = mask[y, x], label[y, x], x
                together = own > 0 and mask_classes[y, x] == label_classes[y, x]
                code = own * width + (truth if together else 0)
                segment = seen[code]
                if segment < 0:
                    segment = count
                    seen[code] = segment
                    codes[segment] = code
                    count += 1
            segments[y, x] = segment
        areas[segment] += mask.shape[1] - begin
        label_areas[truth] += mask.shape[1] - begin
    return count


def find_components(classes: np.ndarray, num_classes: int) -> Components:
    """As `metrics.connectivity.find_components`; numbers follow the first pixels instead of the classes."""
    numbers, owners = np.empty(classes.shape, np.int32), np.empty(classes.size + 1, np.int32)
    owners[0] = -1
    count = _label(classes, num_classes, numbers, owners)
    return Components(numbers, owners[: count + 1].copy())


def match_maps(
    mask: np.ndarray, label: np.ndarray, num_classes: int, ignore_index: int = 255, *, max_components: int | None = None
) -> Matching:
    """As `metrics.connectivity.match_maps`, in another order of segments and components."""
    mask_classes, label_classes = np.empty(mask.shape, np.int32), np.empty(mask.shape, np.int32)
    _known(mask, label, num_classes, ignore_index, mask_classes, label_classes)
    found = keep_largest(find_components(mask_classes, num_classes), max_components)
    truth = find_components(label_classes, num_classes)
    pairs = len(found.classes) * len(truth.classes)
    if pairs > 8 * mask.size:  # a table of all pairs would cost more than sorting
        return match_components(found, truth, mask_classes == label_classes)
    segments, seen = np.empty(mask.shape, np.int32), np.full(pairs, -1, np.int32)
    most = min(pairs, mask.size)
    codes, areas = np.empty(most, np.int64), np.zeros(most, np.int64)
    label_areas = np.zeros(len(truth.classes), np.int64)
    maps = (found.numbers, truth.numbers, mask_classes, label_classes)
    count = _meet(*maps, seen, codes, segments, areas, label_areas)
    return Matching(
        segments=segments,
        mask_part=codes[:count] // len(truth.classes),
        label_part=codes[:count] % len(truth.classes),
        areas=areas[:count].copy(),
        label_areas=label_areas,
        mask_classes=found.classes,
        label_classes=truth.classes,
    )
