"""Semantic connectivity of two class maps (Chu et al., WACV-W 2022, section 4.1), and counts of components."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import cv2
import numpy as np

from paddleseg.metrics.base import Metric, mean_of_known, ratio

Count = Literal["components", "pairs"]
_NOTHING = -1


@dataclass(frozen=True)
class Components:
    """The 8-connected components of a class map.

    Args:
        numbers: The component of every pixel, (H, W) int32; 0 for pixels in none.
        classes: The class of every component, (K + 1,); entry 0 stands for "none".
    """

    numbers: np.ndarray
    classes: np.ndarray


@dataclass(frozen=True)
class Matching:
    """Where the components of a mask meet those of a label of the same class.

    A segment is a set of pixels that lie in the same two components. Pairs are the segments that lie in two.

    Args:
        segments: The segment of every pixel, (H, W) int32.
        mask_part: The mask's component of every segment, 0 for none, (S,).
        label_part: The label's component of the same class, 0 for none, (S,).
        areas: Pixels of every segment, (S,).
        label_areas: Pixels of every component of the label, (L + 1,).
        mask_classes: The class of every component of the mask, (M + 1,), entry 0 for none.
        label_classes: The same for the label, (L + 1,).
    """

    segments: np.ndarray
    mask_part: np.ndarray
    label_part: np.ndarray
    areas: np.ndarray
    label_areas: np.ndarray
    mask_classes: np.ndarray
    label_classes: np.ndarray

    @property
    def pairs(self) -> np.ndarray:
        """Numbers of the segments that are pairs."""
        return np.flatnonzero((self.mask_part > 0) & (self.label_part > 0))

    def present(self, num_classes: int) -> np.ndarray:
        """Which classes have a component in the mask or the label, (num_classes,) bool."""
        found = np.zeros(num_classes, bool)
        found[self.mask_classes[1:]] = True
        found[self.label_classes[1:]] = True
        return found

    def iou_weights(self, num_classes: int, count: Count = "components") -> np.ndarray:
        """The factor of every pair's IoU in the connectivity of its class: eq. 1's 1 / k times eq. 3's 1 / N.

        Args:
            count: What N is: "components" of the label plus components of the mask that touch none, or touching
                "pairs" plus isolated components on both sides.
        """
        label_part, mask_part = self.label_part[self.pairs], self.mask_part[self.pairs]
        partners = np.bincount(label_part, minlength=len(self.label_classes))
        lonely_mask = np.bincount(mask_part, minlength=len(self.mask_classes)) == 0
        classes = self.label_classes[label_part]
        counted = self.label_classes[1:] if count == "components" else self.label_classes[1:][partners[1:] == 0]
        total = np.bincount(counted, minlength=num_classes)
        total += np.bincount(self.mask_classes[1:][lonely_mask[1:]], minlength=num_classes)
        if count == "pairs":
            total += np.bincount(classes, minlength=num_classes)
        return 1.0 / (partners[label_part] * total[classes])


def find_components(classes: np.ndarray, num_classes: int) -> Components:
    """Label every class of a class map in one pass each, with OpenCV's block-based algorithm.

    Args:
        classes: (H, W) integer; values outside `0 .. num_classes - 1` belong to no component.
    """
    numbers = np.zeros(classes.shape, np.int32)
    before = np.zeros(num_classes + 1, np.int32)  # components of all classes before each
    for number in range(num_classes):
        before[number + 1] = before[number]
        inside = (classes == number).view(np.uint8)
        x, y, width, height = cv2.boundingRect(inside)
        if not width:
            continue
        box = np.s_[y : y + height, x : x + width]
        amount, parts = cv2.connectedComponentsWithAlgorithm(inside[box], 8, cv2.CV_32S, cv2.CCL_BBDT)
        numbers[box] += parts
        before[number + 1] += amount - 1
    # Numbers so far begin with 1 in every class.
    np.add(numbers, np.take(before, classes, mode="clip"), out=numbers, where=numbers > 0)
    owners = np.repeat(np.arange(num_classes), np.diff(before))
    return Components(numbers, np.concatenate([[_NOTHING], owners]))


def keep_largest(found: Components, most: int | None, min_area: float = 0) -> Components:
    """The `most` largest components of every class, and of these the ones of at least `min_area` pixels."""
    if not min_area and (most is None or len(found.classes) <= most + 1):
        return found
    areas = np.bincount(found.numbers.ravel(), minlength=len(found.classes))
    renumbered, classes = largest(areas, found.classes, most, min_area)
    return Components(np.take(renumbered, found.numbers), classes)


def largest(
    areas: np.ndarray, classes: np.ndarray, most: int | None, min_area: float = 0
) -> tuple[np.ndarray, np.ndarray]:
    """What `keep_largest` makes of components' `areas` and `classes` (K + 1,): new numbers, 0 for none, and classes."""
    kept = areas >= min_area
    if most is not None:
        order = 1 + np.lexsort((-areas[1:], classes[1:]))
        first = np.searchsorted(classes[order], classes[order])  # where each one's class begins
        kept[order[np.arange(len(order)) - first >= most]] = False
    kept[0] = True  # "none" stays what it is
    return np.where(kept, np.cumsum(kept) - 1, 0).astype(np.int32), classes[kept]


def match_components(mask: Components, label: Components, same: np.ndarray) -> Matching:
    """Find all segments of two component maps.

    Args:
        same: Where both maps have one class, (H, W) bool.
    """
    width = len(label.classes)
    codes = mask.numbers.astype(np.int64)
    codes *= width
    np.add(codes, label.numbers, out=codes, where=same)
    found, areas, segments = _distinct(codes.ravel(), len(mask.classes) * width)
    return Matching(
        segments=segments.reshape(codes.shape),
        mask_part=found // width,
        label_part=found % width,
        areas=areas,
        label_areas=np.bincount(label.numbers.ravel(), minlength=width),
        mask_classes=mask.classes,
        label_classes=label.classes,
    )


def _distinct(codes: np.ndarray, bound: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The different values among codes in `0 .. bound - 1`, how often each occurs, and where each code's value is."""
    if bound > 8 * codes.size:  # a table of all values would cost more than sorting
        found, positions, counts = np.unique(codes, return_inverse=True, return_counts=True)
        return found, counts, positions.astype(np.int32)
    occurrences = np.bincount(codes, minlength=bound)
    found = np.flatnonzero(occurrences)
    positions = np.empty(bound, np.int32)
    positions[found] = np.arange(len(found), dtype=np.int32)
    return found, occurrences[found], np.take(positions, codes)


def match_maps(
    mask: np.ndarray,
    label: np.ndarray,
    num_classes: int,
    ignore_index: int = 255,
    *,
    max_components: int | None = None,
    min_area: float = 0,
) -> Matching:
    """The segments of two class maps (H, W); ignored pixels lie in neither.

    Args:
        max_components: Components of the mask kept of each class, largest first.
        min_area: Components of either map with fewer pixels are left out.

    Raises:
        ValueError: The maps differ in size.
    """
    if mask.shape != label.shape:
        raise ValueError(f"mask {mask.shape} and label {label.shape} differ in size")
    valid = (label != ignore_index) & (label >= 0) & (label < num_classes)
    small = np.min_scalar_type(num_classes)
    mask, label = (np.where(valid, classes, num_classes).astype(small) for classes in (mask, label))
    return match_components(
        keep_largest(find_components(mask, num_classes), max_components, min_area),
        keep_largest(find_components(label, num_classes), None, min_area),
        mask == label,
    )


def semantic_connectivity(
    mask: np.ndarray, label: np.ndarray, num_classes: int, ignore_index: int = 255, count: Count = "components"
) -> np.ndarray:
    """The connectivity of every class (eq. 1-3), (num_classes,) in [0, 1]; nan for a class in neither map.

    Args:
        mask: Predicted classes, (H, W) integer.
        label: True classes, (H, W) integer.
        ignore_index: Label value of pixels that lie in neither map.
        count: How eq. 3 counts, see `Matching.iou_weights`.

    Raises:
        ValueError: The maps differ in size.

    Example:
        >>> person = np.zeros((4, 4), int); person[1:, 1:3] = 1
        >>> semantic_connectivity(person, person, num_classes=2)
        array([1., 1.])
    """
    return connectivity_of(match_maps(mask, label, num_classes, ignore_index), num_classes, count)


def connectivity_of(matching: Matching, num_classes: int, count: Count = "components") -> np.ndarray:
    """As `semantic_connectivity`, from a matching."""
    pairs, parts = matching.pairs, matching.mask_part
    shared, label_part = matching.areas[pairs], matching.label_part[pairs]
    mask_areas = np.bincount(parts, matching.areas, minlength=len(matching.mask_classes))
    union = mask_areas[parts[pairs]] + matching.label_areas[label_part] - shared
    weighted = matching.iou_weights(num_classes, count) * shared / union
    found = np.bincount(matching.label_classes[label_part], weighted, minlength=num_classes)
    return np.where(matching.present(num_classes), found, np.nan)


class Connectivity(Metric):
    """Semantic connectivity of hard masks, and how many pieces the foreground is in.

    Hand-made labels carry specks, each of which counts as much as the person beside it. Therefore the measure is
    given twice: over all components, and without those that cover less than `speck` of the image.

    Args:
        num_classes: Classes, background included.
        ignore_index: Label value of pixels that lie in neither map.
        speck: Share of the image below which a component is a speck.
    """

    def __init__(self, num_classes: int, ignore_index: int = 255, speck: float = 0.001):
        self.num_classes, self.ignore_index, self.speck = num_classes, ignore_index, speck
        names = ("images", "measured", "sum", "sum_clean", "measured_clean", "components", "label_components")
        each = ("class_sum", "class_images", "class_sum_clean", "class_images_clean")
        sizes = dict.fromkeys(names, 1) | dict.fromkeys(each, num_classes)
        self.totals = {name: np.zeros(size) for name, size in sizes.items()}

    def update(self, mask: np.ndarray, label: np.ndarray, prob: np.ndarray | None = None) -> None:
        plain, clean = (
            match_maps(mask, label, self.num_classes, self.ignore_index, min_area=area)
            for area in (0, self.speck * mask.size)
        )
        totals = self.totals
        for suffix, matching in (("", plain), ("_clean", clean)):
            values = connectivity_of(matching, self.num_classes)
            mean = mean_of_known(values)
            totals[f"sum{suffix}"] += np.nan_to_num(mean)
            totals[f"measured{suffix}"] += not np.isnan(mean)
            totals[f"class_sum{suffix}"] += np.nan_to_num(values)
            totals[f"class_images{suffix}"] += ~np.isnan(values)
        totals["images"] += 1
        totals["components"] += np.count_nonzero(plain.mask_classes > 0)
        totals["label_components"] += np.count_nonzero(plain.label_classes > 0)

    def compute(self) -> dict[str, Any]:
        """`SC` and `SC_without_specks`: the mean over images of the mean over classes present; both for each class; the
        mean number of foreground `components` an image, and of the label's."""
        totals = self.totals
        return {
            "SC": float(ratio(totals["sum"], totals["measured"])[0]),
            "SC_without_specks": float(ratio(totals["sum_clean"], totals["measured_clean"])[0]),
            "class_SC": ratio(totals["class_sum"], totals["class_images"]).tolist(),
            "class_SC_without_specks": ratio(totals["class_sum_clean"], totals["class_images_clean"]).tolist(),
            "components": float(ratio(totals["components"], totals["images"])[0]),
            "label_components": float(ratio(totals["label_components"], totals["images"])[0]),
        }
