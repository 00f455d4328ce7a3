"""The masks of a label, one by one, as PaddleSeg's MaskFormer takes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from paddleseg.registry import TRANSFORMS
from paddleseg.transforms.base import Transform
from paddleseg.transforms.sample import Sample


class InstanceTargets(Mapping[str, Any]):
    """The classes that a label shows and a mask for each, filled up to `num_classes`; made when they are asked for.

    Shape:
        "gt_classes" (num_classes,) int64, `ignore_index` where there are no more; "gt_masks" (num_classes, H, W)
        float32 of 0 and 1; "image_shape" (h, w).
    """

    def __init__(self, label: np.ndarray, num_classes: int, ignore_index: int):
        self.label, self.num_classes, self.ignore_index = label, num_classes, ignore_index

    def __getitem__(self, name: str) -> Any:
        if name == "image_shape":
            return self.label.shape
        shown = np.unique(self.label)
        shown = shown[shown != self.ignore_index]
        if name == "gt_classes":
            return np.pad(shown.astype(np.int64), (0, self._more(shown)), constant_values=self.ignore_index)
        if name == "gt_masks":
            masks = self.label == shown.reshape(-1, 1, 1)
            return np.pad(masks.astype(np.float32), ((0, self._more(shown)), (0, 0), (0, 0)))
        raise KeyError(name)

    def _more(self, shown: np.ndarray) -> int:
        return max(0, self.num_classes - len(shown))

    def __iter__(self) -> Iterator[str]:
        return iter(("image_shape", "gt_classes", "gt_masks"))

    def __len__(self) -> int:
        return 3


@TRANSFORMS.register
class GenerateInstanceTargets(Transform):
    """Note the masks of a label as "instances", for code written for PaddleSeg.

    `MaskFormerLoss` makes them of the label itself, so training here needs no such step. It costs nothing until
    somebody reads the note.

    Args:
        num_classes: Classes, and so masks.
        ignore_index: Label value of pixels that belong to no mask.

    Example:
        >>> data = {"img": "a.jpg", "label": "a.png", "gt_fields": ["label"]}
        >>> T.Compose([GenerateInstanceTargets(150)])(data)["instances"]["gt_masks"]
    """

    draws, label_only = False, True

    def __init__(self, num_classes: int, ignore_index: int = 255):
        self.num_classes, self.ignore_index = num_classes, ignore_index

    def __call__(self, sample: Sample) -> Sample:
        if sample.label is not None:
            sample.notes["instances"] = InstanceTargets(sample.label, self.num_classes, self.ignore_index)
        return sample
