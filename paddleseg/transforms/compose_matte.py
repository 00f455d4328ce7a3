"""A foreground by its alpha before another background, made anew each time."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from paddleseg.errors import DataError
from paddleseg.images.compositing import foreground_color
from paddleseg.images.io import list_images
from paddleseg.registry import TRANSFORMS
from paddleseg.transforms import arguments
from paddleseg.transforms.backdrop import random_part
from paddleseg.transforms.base import Transform
from paddleseg.transforms.fields import COLOR, Field
from paddleseg.transforms.functional import as_uint8
from paddleseg.transforms.sample import Sample
from paddleseg.transforms.trimap import fraction


@TRANSFORMS.register
class ComposeMatte(Transform):
    """Put the foreground of a photo before another background, by its alpha: the image is their mixture.

    The sample gets the maps "foreground" and "background". A sample that has a "foreground" is composed of it; of
    another one the colours are estimated. What it had as "background" is replaced. Put it first, so that what changes
    colours or quality holds the two together.

    Args:
        backgrounds: Pictures without a foreground: a folder, or a `.txt` list.
        prob: Probability that a sample is composed; one that is not keeps its photo as "background" too, where it has
            no other.

    Raises:
        DataError: No such folder or no picture in it; in use, a picture is broken.

    Example:
        >>> ComposeMatte("rooms")(sample).label_names
        ['alpha', 'foreground', 'background']
    """

    draws = True

    def __init__(self, backgrounds: str | Path, prob: float = 1.0):
        self.prob = arguments.probability("prob", prob)
        self.backgrounds = [path for path, _ in list_images(backgrounds)]

    def __call__(self, sample: Sample) -> Sample:
        if "alpha" not in sample.fields:
            raise DataError("ComposeMatte", "needs the map 'alpha'", "use a data set of mattes")
        if "foreground" not in sample.fields:
            front = foreground_color(as_uint8(sample.image), fraction(sample.fields["alpha"].array))
            sample.fields["foreground"] = Field(front, COLOR)
        if sample.rng.random() >= self.prob:
            sample.fields.setdefault("background", Field(as_uint8(sample.image), COLOR))
            return sample
        return put_before(sample, random_part(self.backgrounds, sample.size, sample.rng))


def put_before(sample: Sample, background: np.ndarray) -> Sample:
    """A sample that has "alpha" and "foreground", with its image composed before a background of its size."""
    alpha = fraction(sample.fields["alpha"].array)
    sample.image = mixed(sample.fields["foreground"].array, background, alpha)
    sample.fields["background"] = Field(background, COLOR)
    return sample


def mixed(foreground: np.ndarray, background: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """`alpha` of a foreground over a background, uint8 (H, W, 3); alpha is (H, W) in [0, 1]."""
    share = alpha[..., None]
    return np.rint(foreground * share + background * (1 - share)).astype(np.uint8)
