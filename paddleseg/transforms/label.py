"""What is derived from the label."""

from __future__ import annotations

import numpy as np

from paddleseg.registry import TRANSFORMS
from paddleseg.transforms.base import Transform
from paddleseg.transforms.functional import edge_map
from paddleseg.transforms.sample import Sample

_FRAME = 6


@TRANSFORMS.register
class AddEdgeLabel(Transform):
    """Add the map "edge": 1 along class borders, 0 elsewhere (PIDNet, CVPR 2023, section 3.4).

    It then moves with the label, so put it first. The outermost six pixels are never edges.

    Args:
        edge_size: Their width in pixels, half of it on each side of a border.
        ignore_index: Label value of pixels that count for nothing.

    Raises:
        ValueError: `edge_size` is not positive.
    """

    draws, label_only = False, True

    def __init__(self, edge_size: int = 4, ignore_index: int = 255):
        if edge_size < 1:
            raise ValueError(f"edge_size should be positive, not {edge_size}")
        self.window = np.ones((edge_size + 1, edge_size + 1), np.uint8)
        self.ignore_index = ignore_index

    def __call__(self, sample: Sample) -> Sample:
        if sample.label is not None:
            edge = edge_map(sample.label, self.window, self.ignore_index)
            inside = np.zeros(edge.shape, bool)
            inside[_FRAME:-_FRAME, _FRAME:-_FRAME] = True
            sample.extra["edge"] = np.where(~inside & (edge == 1), 0, edge)
        return sample


@TRANSFORMS.register
class AddMultiLabelAuxiliaryCategory(Transform):
    """Put one more class in front of a label (H, W, K): the pixels that belong to none of the K."""

    draws, label_only = False, True

    def __call__(self, sample: Sample) -> Sample:
        if sample.label is not None:
            none = (sample.label == 0).all(axis=2, keepdims=True)
            sample.label = np.concatenate([none.astype(sample.label.dtype), sample.label], axis=2)
        return sample
