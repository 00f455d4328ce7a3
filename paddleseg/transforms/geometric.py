"""Flips, rotation, padding and crops."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from paddleseg.registry import TRANSFORMS
from paddleseg.transforms.base import Transform
from paddleseg.transforms.sample import Sample

Fill = float | Sequence[float]


def _colour(value: Fill, channels: int) -> list[float]:
    return [float(value)] * channels if isinstance(value, (int, float)) else [float(part) for part in value]


@TRANSFORMS.register
class RandomHorizontalFlip(Transform):
    """Left and right change sides with probability `prob`."""

    def __init__(self, prob: float = 0.5):
        self.prob = prob

    def __call__(self, sample: Sample) -> Sample:
        if sample.rng.random() < self.prob:
            sample.image = np.ascontiguousarray(sample.image[:, ::-1])
            self.each_label(sample, lambda label: np.ascontiguousarray(label[:, ::-1]))
            sample.geometry.flip(horizontal=True)
        return sample


@TRANSFORMS.register
class RandomRotation(Transform):
    """By up to `max_rotation` degrees either way, on a canvas that holds the whole picture."""

    def __init__(self, max_rotation: float = 15, im_padding_value: Fill = 127.5, label_padding_value: int = 255):
        self.max_rotation, self.im_padding_value = max_rotation, im_padding_value
        self.label_padding_value = label_padding_value

    def __call__(self, sample: Sample) -> Sample:
        if self.max_rotation <= 0:
            return sample
        h, w = sample.image.shape[:2]
        matrix = cv2.getRotationMatrix2D((w / 2, h / 2), sample.rng.uniform(-self.max_rotation, self.max_rotation), 1.0)
        cosine, sine = abs(matrix[0, 0]), abs(matrix[0, 1])
        width, height = int(h * sine + w * cosine), int(h * cosine + w * sine)
        matrix[:, 2] += ((width - w) / 2, (height - h) / 2)
        fill = _colour(self.im_padding_value, sample.image.shape[2])
        image = cv2.warpAffine(sample.image, matrix, (width, height), flags=cv2.INTER_LINEAR, borderValue=fill)
        sample.image = image if image.ndim == 3 else image[..., None]
        self.each_label(
            sample,
            lambda label: cv2.warpAffine(
                label, matrix, (width, height), flags=cv2.INTER_NEAREST, borderValue=self.label_padding_value
            ),
        )
        sample.geometry.resize((height, width))
        return sample


@TRANSFORMS.register
class RandomPaddingCrop(Transform):
    """A random window of `crop_size` [w, h]; a smaller picture is padded to it at right and bottom first."""

    def __init__(
        self, crop_size: Sequence[int] = (512, 512), im_padding_value: Fill = 127.5, label_padding_value: int = 255
    ):
        self.size = (crop_size[1], crop_size[0])
        self.im_padding_value, self.label_padding_value = im_padding_value, label_padding_value

    def __call__(self, sample: Sample) -> Sample:
        h, w = self.size
        bottom, right = max(h - sample.image.shape[0], 0), max(w - sample.image.shape[1], 0)
        y = int(sample.rng.integers(max(sample.image.shape[0] - h, 0) + 1))
        x = int(sample.rng.integers(max(sample.image.shape[1] - w, 0) + 1))

        def window(plane: np.ndarray, fill: list[float]) -> np.ndarray:
            part = plane[y : y + h, x : x + w]
            if bottom or right:
                part = cv2.copyMakeBorder(part, 0, bottom, 0, right, cv2.BORDER_CONSTANT, value=fill)
            return np.ascontiguousarray(part)

        sample.image = window(sample.image, _colour(self.im_padding_value, sample.image.shape[2])).reshape(h, w, -1)
        self.each_label(sample, lambda label: window(label, [self.label_padding_value]))
        if bottom or right:
            sample.geometry.pad(0, bottom, 0, right)
        sample.geometry.crop(y, x, h, w)
        return sample
