"""The number that PaddleSeg 2.8 reports as its connectivity loss, to compare with tables made by it.

Found from its outputs: masks enter multiplied by their class number, so class 0 never has a component and costs 1, and
IoU of class v is v I / (v P + G - v I), above 1 for v > 1. A class that the label has and the mask has not costs 1 plus
its share of the image. Only the first nine components of the mask count, ignored pixels stay in the mask, and classes
that only the mask has are skipped. No gradient flows.
"""

from __future__ import annotations

import numpy as np

from paddleseg.metrics.connectivity import Components, find_components, match_components

_KEPT = 9


def paddleseg_value(mask: np.ndarray, label: np.ndarray, num_classes: int, ignore_index: int = 255) -> float:
    """PaddleSeg's value of one image's class maps (H, W)."""
    costs = []
    for number in np.unique(label[label != ignore_index]):
        inside_mask, inside_label = (np.where(classes == number, number, num_classes) for classes in (mask, label))
        if number == 0:
            costs.append(1.0)
        elif not (inside_mask == number).any():
            costs.append(1 + float((inside_label == number).mean()))
        else:
            costs.append(1 - _connectivity(inside_mask, inside_label, num_classes, int(number)))
    return float(np.mean(costs)) if costs else 0.0


def _connectivity(mask: np.ndarray, label: np.ndarray, num_classes: int, number: int) -> float:
    parts = find_components(mask, num_classes)
    first = Components(np.where(parts.numbers <= _KEPT, parts.numbers, 0), parts.classes[: _KEPT + 1])
    matching = match_components(first, find_components(label, num_classes), mask == label)
    pairs = matching.pairs
    shared = number * matching.areas[pairs]
    mask_areas = number * np.bincount(matching.mask_part, matching.areas)
    union = mask_areas[matching.mask_part[pairs]] + matching.label_areas[matching.label_part[pairs]] - shared
    return float((matching.iou_weights(num_classes) * shared / union).sum())
