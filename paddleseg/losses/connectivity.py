"""The semantic connectivity loss of the PP-HumanSeg paper."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import paddle

from paddleseg import kernels
from paddleseg.kernels.regions import Regions
from paddleseg.losses.base import SegLoss
from paddleseg.losses.connectivity_paddleseg import paddleseg_value
from paddleseg.losses.soft_areas import soft_mask
from paddleseg.metrics.connectivity import Count, Matching, match_maps
from paddleseg.registry import LOSSES


@LOSSES.register
class SemanticConnectivityLoss(SegLoss):
    """Penalise a mask that breaks into pieces (Chu et al., WACV-W 2022, section 4, eq. 1-5).

    Components of the arg-max mask are matched to components of the label. A matched pair scores the soft IoU of the
    class probability inside the mask's component, so the loss is differentiable in the logits; which pixels form a
    component is not. A class without any match costs its soft union over the area of the image (eq. 5).

    The value is the mean over images of the mean over classes in the arg-max mask or the label. Labelling and
    matching happen on the host, and only class maps travel there; see docs/reference/losses.md for the readings of the
    paper.

    Args:
        num_classes: Classes, background included.
        ignore_index: Label value of pixels that lie in neither map.
        max_components: Components of the mask kept of each class, largest first; bounds the noise of early masks.
        count: What N of eq. 3 is: "components" of the label plus components of the mask that touch none of them, or
            touching "pairs" plus isolated components on both sides.
        reading: "paper", or "paddleseg" for the value (without gradient) that PaddleSeg 2.8 gives.

    Shape:
        logits (N, C, H, W) float; labels (N, H, W) int64. Returns a scalar in [0, 1].

    Raises:
        ValueError: logits and labels differ in N, H or W, or logits have not `num_classes` channels.
    """

    def __init__(
        self,
        num_classes: int,
        ignore_index: int = 255,
        max_components: int = 256,
        count: Count = "components",
        reading: Literal["paper", "paddleseg"] = "paper",
    ):
        super().__init__(ignore_index)
        self.num_classes, self.max_components, self.count, self.reading = num_classes, max_components, count, reading

    def forward(self, logits: paddle.Tensor, labels: paddle.Tensor) -> paddle.Tensor:
        if logits.shape[1] != self.num_classes:
            raise ValueError(f"SemanticConnectivityLoss: {logits.shape[1]} channels for {self.num_classes} classes")
        # A copy of the labels would cost as much as finding the components of a good mask.
        label = np.from_dlpack(labels) if labels.place.is_cpu_place() else labels.numpy()
        soft = soft_mask(logits)
        if self.reading == "paddleseg":
            maps = zip(soft.mask, label, strict=True)
            values = [paddleseg_value(*pair, self.num_classes, self.ignore_index) for pair in maps]
            return paddle.to_tensor(np.mean(values), logits.dtype)
        if 0 <= self.ignore_index < self.num_classes:
            label = np.where(label == self.ignore_index, -1, label)
        plan = self.plan(soft.mask, label)
        sums, outside = soft.areas(Regions(plan.segments, len(plan.mask_part), label, plan.cold > 0))
        loss = plan.constant + (outside * paddle.to_tensor(plan.cold, outside.dtype)).sum()
        if not len(plan.pairs):
            return loss + 0 * sums.sum()  # logits get a gradient, of 0, where nothing is known at all
        pairs, owners = paddle.to_tensor(plan.pairs), paddle.to_tensor(plan.mask_part)
        parts = paddle.zeros([int(plan.mask_part.max()) + 1], sums.dtype)
        parts = paddle.put_along_axis(parts, owners, sums, axis=0, reduce="add")
        shared = paddle.gather(sums, pairs)
        union = paddle.gather(parts, paddle.gather(owners, pairs)) - shared
        union += paddle.to_tensor(plan.label_areas, sums.dtype)
        return loss - (paddle.to_tensor(plan.weights, sums.dtype) * shared / union).sum()

    def plan(self, mask: np.ndarray, label: np.ndarray) -> Plan:
        """All that the loss needs to know of a batch of class maps (N, H, W)."""
        match = matching_function()
        matchings = [
            match(*maps, self.num_classes, self.ignore_index, max_components=self.max_components)
            for maps in zip(mask, label, strict=True)
        ]
        return make_plan(matchings, self.num_classes, self.count)


def matching_function() -> Callable[..., Matching]:
    """Compiled passes over all classes at once where numba is installed, else OpenCV's over each."""
    if not kernels.available():
        return match_maps
    from paddleseg.kernels import matching

    return matching.match_maps


@dataclass(frozen=True)
class Plan:
    """The loss of a batch as a function of soft areas: `constant + sum(cold * outside) - sum(weights * IoU)`.

    Args:
        segments: The segment of every pixel, (N, H, W) int32, numbered over the batch.
        mask_part: The mask's component of every segment, numbered over the batch.
        pairs: The segments that lie in a component of both maps.
        label_areas: Pixels of the label's component of every pair.
        weights: The factor of every pair's IoU.
        cold: The factor of the probability outside the label, for images and classes where nothing touches, (N, C).
        constant: What does not depend on probabilities.
    """

    segments: np.ndarray
    mask_part: np.ndarray
    pairs: np.ndarray
    label_areas: np.ndarray
    weights: np.ndarray
    cold: np.ndarray
    constant: float


def make_plan(matchings: list[Matching], num_classes: int, count: Count) -> Plan:
    """Join the matchings of a batch's images."""
    segments = np.empty((len(matchings), *matchings[0].segments.shape), np.int32)
    mask_part, pairs, label_areas, weights = [], [], [], []
    cold = np.zeros((len(matchings), num_classes))
    constant, first_segment, first_part = 0.0, 0, 0
    for number, matching in enumerate(matchings):
        touching = matching.pairs
        label_part = matching.label_part[touching]
        classes = matching.label_classes[label_part]
        present = matching.present(num_classes)
        share = 1 / (len(matchings) * max(np.count_nonzero(present), 1))
        np.add(matching.segments, np.int32(first_segment), out=segments[number])
        mask_part.append(matching.mask_part + first_part)
        pairs.append(touching + first_segment)
        label_areas.append(matching.label_areas[label_part])
        weights.append(matching.iou_weights(num_classes, count) * share)
        # Eq. 4 where something touches, else eq. 5: the soft union is the label and the probability outside it.
        warm = np.zeros(num_classes, bool)
        warm[classes] = True
        cold[number, present & ~warm] = share / matching.segments.size
        areas = np.bincount(matching.label_classes[1:], matching.label_areas[1:], minlength=num_classes)
        constant += share * np.count_nonzero(warm) + float(cold[number] @ areas)
        first_segment += len(matching.areas)
        first_part += len(matching.mask_classes)
    joined = {"mask_part": mask_part, "pairs": pairs, "label_areas": label_areas, "weights": weights}
    parts = {name: np.concatenate(arrays) for name, arrays in joined.items()}
    return Plan(segments=segments, cold=cold, constant=constant, **parts)
