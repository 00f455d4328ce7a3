"""Components and their overlaps from runs of equal pixels, compiled: what the connectivity loss uses.

OpenCV labels one class at a time, so its cost grows with the number of classes; with 19 it would be the larger half of
the loss. Here the pixels of both maps are looked at once, whatever the number of classes; all that follows works on
runs, of which a good mask has a few in each row.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from paddleseg.kernels.runtime import jit
from paddleseg.metrics.connectivity import Components, Matching, largest, match_components


@jit
def _scan(
    mask: np.ndarray,
    label: np.ndarray,
    num_classes: int,
    ignore_index: int,
    mask_starts: np.ndarray,
    mask_owners: np.ndarray,
    label_starts: np.ndarray,
    label_owners: np.ndarray,
) -> tuple[int, int]:
    """Where runs of one class begin in both maps, and their classes; `num_classes` where nothing is known.

    A run ends with its row. Returns how many there are, of the mask and of the label.
    """
    height, width = mask.shape
    in_mask, in_label = 0, 0
    for y in range(height):
        for x in range(width):
            if x and mask[y, x] == mask[y, x - 1] and label[y, x] == label[y, x - 1]:
                continue
            own, truth = np.int32(mask[y, x]), np.int32(label[y, x])
            if truth == ignore_index or truth < 0 or truth >= num_classes:
                own = truth = np.int32(num_classes)
            if x == 0 or own != mask_owners[in_mask - 1]:
                mask_starts[in_mask], mask_owners[in_mask] = y * width + x, own
                in_mask += 1
            if x == 0 or truth != label_owners[in_label - 1]:
                label_starts[in_label], label_owners[in_label] = y * width + x, truth
                in_label += 1
    mask_starts[in_mask] = label_starts[in_label] = height * width
    return in_mask, in_label


@jit
def _root(parent: np.ndarray, number: int) -> int:
    while parent[number] != number:
        number = parent[number]
    return number


@jit
def _join(
    starts: np.ndarray, owners: np.ndarray, width: int, num_classes: int, parts: np.ndarray, classes: np.ndarray
) -> int:
    """The 8-connected component of every run, from 1 in the order of their first pixels; 0 where nothing is known.

    Returns how many there are; `classes` gets theirs.
    """
    count = len(owners)
    parent = np.arange(count)
    above = 0
    for k in range(count):
        row = starts[k] // width * width
        if owners[k] == num_classes or row == 0:
            continue
        # In the row above, the same columns and one more on either side.
        first, last = max(starts[k] - 1, row) - width, min(starts[k + 1] + 1, row + width) - width
        while starts[above + 1] <= first:
            above += 1
        other = above
        while starts[other] < last:
            if owners[other] == owners[k]:
                a, b = _root(parent, other), _root(parent, k)
                parent[max(a, b)] = min(a, b)
            other += 1
    found = 0
    for k in range(count):  # parents come before children
        if owners[k] == num_classes:
            parts[k] = 0
        elif parent[k] == k:
            found += 1
            classes[found] = owners[k]
            parts[k] = found
        else:
            parts[k] = parts[parent[k]]
    return found


@jit
def _meet(
    starts: np.ndarray,
    parts: np.ndarray,
    classes: np.ndarray,
    label_starts: np.ndarray,
    label_parts: np.ndarray,
    label_classes: np.ndarray,
    seen: np.ndarray,
    codes: np.ndarray,
    segments: np.ndarray,
    areas: np.ndarray,
    label_areas: np.ndarray,
) -> int:
    """Number the segments in the order of their first pixels; returns how many there are.

    Args:
        starts: The mask's runs, their components in `parts` and the components' `classes`; likewise of the label.
        seen: -1 for every pair of components.
        codes: Filled with the pair (mask's component * width + label's) of every segment.
    """
    width, count = len(label_areas), 0
    i, j, begin = 0, 0, 0
    while begin < len(segments):
        end = min(starts[i + 1], label_starts[j + 1])
        own, truth = parts[i], label_parts[j]
        together = own > 0 and truth > 0 and classes[own] == label_classes[truth]
        code = own * width + (truth if together else 0)
        segment = seen[code]
        if segment < 0:
            segment = count
            seen[code], codes[segment] = segment, code
            count += 1
        segments[begin:end] = segment
        areas[segment] += end - begin
        label_areas[truth] += end - begin
        i += starts[i + 1] == end
        j += label_starts[j + 1] == end
        begin = end
    return count


@dataclass(frozen=True)
class Runs:
    """A class map, row by row, as runs of one class.

    Args:
        starts: The first pixel of every run, and one past the last (R + 1,).
        owners: The class of every run (R,); `num_classes` where nothing is known.
        parts: The component of every run (R,), 0 for none.
        classes: The class of every component (K + 1,); entry 0 stands for none.
    """

    starts: np.ndarray
    owners: np.ndarray
    parts: np.ndarray
    classes: np.ndarray

    @classmethod
    def of(cls, starts: np.ndarray, owners: np.ndarray, width: int, num_classes: int) -> Runs:
        parts, classes = np.empty(len(owners), np.int32), np.empty(len(owners) + 1, np.int32)
        classes[0] = -1
        found = _join(starts, owners, width, num_classes, parts, classes)
        return cls(starts, owners, parts, classes[: found + 1].copy())

    @property
    def lengths(self) -> np.ndarray:
        return np.diff(self.starts)

    def keep_largest(self, most: int | None) -> Runs:
        """As `metrics.connectivity.keep_largest`."""
        if most is None or len(self.classes) <= most + 1:
            return self
        areas = np.bincount(self.parts, self.lengths, minlength=len(self.classes))
        renumbered, classes = largest(areas, self.classes, most)
        return Runs(self.starts, self.owners, renumbered[self.parts], classes)

    def spread(self, shape: tuple[int, ...]) -> Components:
        """The same as maps of pixels."""
        return Components(np.repeat(self.parts, self.lengths).reshape(shape), self.classes)


def find_runs(mask: np.ndarray, label: np.ndarray, num_classes: int, ignore_index: int) -> tuple[Runs, Runs]:
    """The components of the mask and of the label; ignored pixels lie in neither."""
    arrays = [np.empty(mask.size + 1, np.int32) for _ in range(4)]
    in_mask, in_label = _scan(mask, label, num_classes, ignore_index, *arrays)
    starts, owners, label_starts, label_owners = arrays
    width = mask.shape[1]
    return (
        Runs.of(starts[: in_mask + 1], owners[:in_mask], width, num_classes),
        Runs.of(label_starts[: in_label + 1], label_owners[:in_label], width, num_classes),
    )


def match_maps(
    mask: np.ndarray, label: np.ndarray, num_classes: int, ignore_index: int = 255, *, max_components: int | None = None
) -> Matching:
    """As `metrics.connectivity.match_maps`, in another order of segments and components."""
    found, truth = find_runs(mask, label, num_classes, ignore_index)
    found = found.keep_largest(max_components)
    pairs = len(found.classes) * len(truth.classes)
    if pairs > 8 * mask.size:  # a table of all pairs would cost more than sorting
        same = np.repeat(found.owners, found.lengths) == np.repeat(truth.owners, truth.lengths)
        return match_components(found.spread(mask.shape), truth.spread(mask.shape), same.reshape(mask.shape))
    segments, seen = np.empty(mask.size, np.int32), np.full(pairs, -1, np.int32)
    most = min(pairs, mask.size)
    codes, areas = np.empty(most, np.int64), np.zeros(most, np.int64)
    label_areas = np.zeros(len(truth.classes), np.int64)
    maps = (found.starts, found.parts, found.classes, truth.starts, truth.parts, truth.classes)
    count = _meet(*maps, seen, codes, segments, areas, label_areas)
    return Matching(
        segments=segments.reshape(mask.shape),
        mask_part=codes[:count] // len(truth.classes),
        label_part=codes[:count] % len(truth.classes),
        areas=areas[:count].copy(),
        label_areas=label_areas,
        mask_classes=found.classes,
        label_classes=truth.classes,
    )
