"""Resizing."""

from __future__ import annotations

from collections.abc import Sequence

import cv2

from paddleseg.registry import TRANSFORMS
from paddleseg.transforms.base import Transform
from paddleseg.transforms.sample import Sample

INTERPOLATIONS = {
    "NEAREST": cv2.INTER_NEAREST,
    "LINEAR": cv2.INTER_LINEAR,
    "CUBIC": cv2.INTER_CUBIC,
    "AREA": cv2.INTER_AREA,
    "LANCZOS4": cv2.INTER_LANCZOS4,
}


def resize_sample(sample: Sample, size: tuple[int, int], interp: str = "LINEAR") -> Sample:
    """Bring image and labels to `size` (h, w)."""
    h, w = size
    image = cv2.resize(sample.image, (w, h), interpolation=INTERPOLATIONS[interp])
    sample.image = image if image.ndim == 3 else image[..., None]
    Transform().each_label(sample, lambda label: cv2.resize(label, (w, h), interpolation=cv2.INTER_NEAREST))
    sample.geometry.resize((h, w))
    return sample


@TRANSFORMS.register
class Resize(Transform):
    """To `target_size` [w, h], whatever the aspect ratio, or with it kept (the larger factor that still fits)."""

    def __init__(self, target_size: Sequence[int] = (512, 512), interp: str = "LINEAR", keep_ratio: bool = False):
        self.size, self.interp, self.keep_ratio = (target_size[1], target_size[0]), interp, keep_ratio

    def __call__(self, sample: Sample) -> Sample:
        h, w = self.size
        if self.keep_ratio:
            scale = min(h / sample.image.shape[0], w / sample.image.shape[1])
            h, w = round(sample.image.shape[0] * scale), round(sample.image.shape[1] * scale)
        interp = self.interp
        if interp == "RANDOM":
            interp = list(INTERPOLATIONS)[sample.rng.integers(len(INTERPOLATIONS))]
        return resize_sample(sample, (h, w), interp)


@TRANSFORMS.register
class ResizeStepScaling(Transform):
    """By a random factor between two bounds, in steps of `scale_step_size` (0: any factor)."""

    def __init__(self, min_scale_factor: float = 0.75, max_scale_factor: float = 1.25, scale_step_size: float = 0.25):
        self.low, self.high, self.step = min_scale_factor, max_scale_factor, scale_step_size

    def __call__(self, sample: Sample) -> Sample:
        if self.step:
            factor = self.low + self.step * sample.rng.integers(round((self.high - self.low) / self.step) + 1)
        else:
            factor = sample.rng.uniform(self.low, self.high)
        h, w = sample.image.shape[:2]
        return resize_sample(sample, (max(round(h * factor), 1), max(round(w * factor), 1)))
