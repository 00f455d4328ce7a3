"""Colour, blur and normalisation: the image changes, the label stays."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from paddleseg.registry import TRANSFORMS
from paddleseg.transforms.base import Transform
from paddleseg.transforms.sample import Sample


@TRANSFORMS.register
class RandomDistort(Transform):
    """Brightness, contrast, saturation, hue and sharpness, each by a random factor with its own probability."""

    def __init__(
        self,
        brightness_range: float = 0.5,
        brightness_prob: float = 0.5,
        contrast_range: float = 0.5,
        contrast_prob: float = 0.5,
        saturation_range: float = 0.5,
        saturation_prob: float = 0.5,
        hue_range: float = 18,
        hue_prob: float = 0.5,
        sharpness_range: float = 0.5,
        sharpness_prob: float = 0,
    ):
        self.brightness = (brightness_range, brightness_prob)
        self.contrast = (contrast_range, contrast_prob)
        self.saturation = (saturation_range, saturation_prob)
        self.hue = (hue_range, hue_prob)
        self.sharpness = (sharpness_range, sharpness_prob)

    def __call__(self, sample: Sample) -> Sample:
        rng, image = sample.rng, sample.image
        for kind in rng.permutation(5):
            reach, prob = (self.brightness, self.contrast, self.saturation, self.hue, self.sharpness)[kind]
            if rng.random() >= prob:
                continue
            if kind == 3:
                image = _shift_hue(image, rng.uniform(-reach, reach))
                continue
            factor = rng.uniform(max(1 - reach, 0), 1 + reach)
            image = (_brightness, _contrast, _saturation, None, _sharpness)[kind](image, factor)
        sample.image = image
        return sample


def _table(values: np.ndarray) -> np.ndarray:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def _brightness(image: np.ndarray, factor: float) -> np.ndarray:
    return cv2.LUT(image, _table(np.arange(256) * factor)).reshape(image.shape)


def _contrast(image: np.ndarray, factor: float) -> np.ndarray:
    mean = float(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).mean()) if image.shape[2] == 3 else float(image.mean())
    return cv2.LUT(image, _table(mean + (np.arange(256) - mean) * factor)).reshape(image.shape)


def _saturation(image: np.ndarray, factor: float) -> np.ndarray:
    if image.shape[2] != 3:
        return image
    grey = cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    return cv2.addWeighted(image, factor, grey, 1 - factor, 0)


def _shift_hue(image: np.ndarray, degrees: float) -> np.ndarray:
    if image.shape[2] != 3:
        return image
    hsv = cv2.cvtColor(image, cv2.COLOR_RGB2HSV)
    turned = ((np.arange(256) + round(degrees / 2)) % 180).astype(np.uint8)
    hsv[..., 0] = cv2.LUT(np.ascontiguousarray(hsv[..., 0]), turned)
    return cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)


def _sharpness(image: np.ndarray, factor: float) -> np.ndarray:
    soft = cv2.blur(image, (3, 3)).reshape(image.shape)
    return cv2.addWeighted(image, factor, soft, 1 - factor, 0).reshape(image.shape)


@TRANSFORMS.register
class RandomBlur(Transform):
    """Gaussian, median or box blur (`random`: any of the three) with an odd radius from 3, with probability `prob`."""

    def __init__(self, prob: float = 0.1, blur_type: str = "gaussian"):
        self.prob, self.blur_type = prob, blur_type

    def __call__(self, sample: Sample) -> Sample:
        if sample.rng.random() >= self.prob:
            return sample
        radius = int(sample.rng.integers(3, 10)) | 1
        kind = self.blur_type
        if kind == "random":
            kind = ("gaussian", "median", "blur")[sample.rng.integers(3)]
        if kind == "gaussian":
            image = cv2.GaussianBlur(sample.image, (radius, radius), 0, 0)
        elif kind == "median":
            image = cv2.medianBlur(sample.image, radius)
        else:
            image = cv2.blur(sample.image, (radius, radius))
        sample.image = image.reshape(sample.image.shape)
        return sample


@TRANSFORMS.register
class Normalize(Transform):
    """To float32: `(x / 255 - mean) / std` for each channel."""

    def __init__(self, mean: float | Sequence[float] = (0.5, 0.5, 0.5), std: float | Sequence[float] = (0.5, 0.5, 0.5)):
        self.mean, self.std = np.atleast_1d(np.asarray(mean, np.float32)), np.atleast_1d(np.asarray(std, np.float32))

    def __call__(self, sample: Sample) -> Sample:
        scale = (1 / (255 * self.std)).astype(np.float32)
        sample.image = sample.image * scale - (self.mean / self.std)
        return sample
