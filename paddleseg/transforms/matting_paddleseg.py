"""Transforms of PaddleSeg's Matting by its names, for its configurations; others here do the same and more."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from paddleseg.geometry import Crop, Resize, Size
from paddleseg.registry import TRANSFORMS
from paddleseg.transforms import arguments
from paddleseg.transforms.base import Move, Spatial, Transform
from paddleseg.transforms.codec import RandomJPEG
from paddleseg.transforms.functional import as_uint8, scaled
from paddleseg.transforms.sample import Sample
from paddleseg.transforms.trimap import fraction


@TRANSFORMS.register
class LoadImages(Transform):
    """Nothing: pictures are read, as RGB, before transforms begin.

    Args:
        to_rgb: Without effect.
    """

    draws = False

    def __init__(self, to_rgb: bool = True):
        self.to_rgb = to_rgb

    def __call__(self, sample: Sample) -> Sample:
        return sample


@TRANSFORMS.register
class LimitShort(Spatial):
    """Resize only where the shorter side is above `max_short` or below `min_short`; the shape stays."""

    draws = False

    def __init__(self, max_short: int | None = None, min_short: int | None = None):
        self.low = arguments.length("min_short", 1 if min_short is None else min_short)
        self.high = float("inf")
        if max_short is not None:
            longest = arguments.length("max_short", max_short)
            self.high = arguments.ordered("min_short", self.low, "max_short", longest)[1]

    def plan(self, size: Size, rng: np.random.Generator) -> list[Move]:
        short = min(size)
        return [Move(Resize(scaled(size, min(max(short, self.low), self.high) / short)))]


@TRANSFORMS.register
class ResizeToIntMult(Spatial):
    """Resize both sides down to multiples of `mult_int`, a smaller side up to it."""

    draws = False

    def __init__(self, mult_int: int = 32):
        self.divisor = int(arguments.length("mult_int", mult_int))

    def plan(self, size: Size, rng: np.random.Generator) -> list[Move]:
        h, w = (max(side // self.divisor, 1) * self.divisor for side in size)
        return [Move(Resize((h, w)))]


@TRANSFORMS.register
class RandomResize(Spatial):
    """Resize so that `size` fits inside, then by a random factor; the shape stays.

    Args:
        size: [w, h]; None for the picture's own.
        scale: The least and the largest factor; None for 1.
    """

    draws = True

    def __init__(self, size: Sequence[int] | None = None, scale: Sequence[float] | None = None):
        self.least = None if size is None else arguments.size_from_wh("size", size)
        self.scale = arguments.span("scale", (1, 1) if scale is None else scale, 0.01, 100)

    def plan(self, size: Size, rng: np.random.Generator) -> list[Move]:
        inside = 1.0 if self.least is None else max(self.least[0] / size[0], self.least[1] / size[1])
        return [Move(Resize(scaled(size, inside * rng.uniform(*self.scale))))]


def _sizes(value: Sequence[Sequence[int]] | Sequence[int]) -> list[Size]:
    several = isinstance(value, (list, tuple)) and value and isinstance(value[0], (list, tuple))
    return [arguments.size_from_wh("crop_size", each) for each in (value if several else [value])]  # type: ignore[list-item,arg-type]


_SIZES = ((320, 320), (480, 480), (640, 640))


@TRANSFORMS.register
class RandomCrop(Spatial):
    """Cut out a random window; of a smaller picture all that there is.

    Args:
        crop_size: [w, h], or several of which each picture takes one.
    """

    draws = True

    def __init__(self, crop_size: Sequence[Sequence[int]] | Sequence[int] = _SIZES):
        self.sizes = _sizes(crop_size)

    def plan(self, size: Size, rng: np.random.Generator) -> list[Move]:
        wanted = self.sizes[int(rng.integers(len(self.sizes)))]
        h, w = (min(pair) for pair in zip(wanted, size, strict=True))
        y, x = int(rng.integers(size[0] - h + 1)), int(rng.integers(size[1] - w + 1))
        return [Move(Crop(y, x, h, w))]


@TRANSFORMS.register
class RandomCropByAlpha(RandomCrop):
    """Cut out a random window, often one in whose middle the alpha is soft.

    Args:
        crop_size: [w, h], or several of which each picture takes one.
        prob: How often it is about a soft pixel, where there are any.
    """

    def __init__(self, crop_size: Sequence[Sequence[int]] | Sequence[int] = _SIZES, prob: float = 0.5):
        super().__init__(crop_size)
        self.prob = arguments.probability("prob", prob)

    def __call__(self, sample: Sample) -> Sample:
        rng = sample.rng
        if "alpha" not in sample.fields or rng.random() >= self.prob:
            return super().__call__(sample)
        alpha = fraction(sample.fields["alpha"].array)
        soft = np.flatnonzero((alpha > 0) & (alpha < 1))
        if not soft.size:
            return super().__call__(sample)
        center = divmod(int(soft[rng.integers(soft.size)]), alpha.shape[1])
        wanted = self.sizes[int(rng.integers(len(self.sizes)))]
        h, w = (min(pair) for pair in zip(wanted, sample.size, strict=True))
        y, x = (
            min(max(middle - side // 2, 0), whole - side)
            for middle, side, whole in zip(center, (h, w), sample.size, strict=True)
        )
        Move(Crop(y, x, h, w))(sample)
        return sample


@TRANSFORMS.register
class RandomReJpeg(RandomJPEG):
    """`RandomJPEG` of good quality."""

    def __init__(self, prob: float = 0.1):
        super().__init__(prob, (70, 95))


@TRANSFORMS.register
class RandomSharpen(Transform):
    """Add a tenth to a half of what a blur takes away.

    Args:
        prob: How often.
    """

    draws = True

    def __init__(self, prob: float = 0.1):
        self.prob = arguments.probability("prob", prob)

    def __call__(self, sample: Sample) -> Sample:
        rng = sample.rng
        if rng.random() < self.prob:
            width, share = int(rng.choice([3, 5, 7, 9])), float(rng.uniform(0.1, 0.5))
            image = as_uint8(sample.image)
            blurred = cv2.GaussianBlur(image, (width, width), 5).reshape(image.shape)
            sample.image = as_uint8(image + share * (image - blurred.astype(np.float32)))
        return sample
