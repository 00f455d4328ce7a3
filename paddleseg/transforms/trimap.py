"""Trimaps: what of a matte is known for sure."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from paddleseg.registry import TRANSFORMS
from paddleseg.transforms import arguments
from paddleseg.transforms.base import Transform
from paddleseg.transforms.fields import TRIMAP, Field
from paddleseg.transforms.sample import Sample

BACKGROUND, UNKNOWN, FOREGROUND = 0, 128, 255
_SURE = 1 / 255
"""An alpha closer than that to 0 or 1 is one of these; half of it, since rounding comes after it."""


def trimap_of(alpha: np.ndarray, erosion: int, dilation: int) -> np.ndarray:
    """A trimap (H, W) uint8 of 0, 128 and 255.

    Args:
        alpha: (H, W) in [0, 1].
        erosion: Pixels by which what is wholly foreground shrinks.
        dilation: Pixels by which what is not wholly background grows.
    """
    sure = _grown(alpha < 1 - _SURE / 2, erosion)
    maybe = _grown(alpha > _SURE / 2, dilation)
    return np.where(sure, np.where(maybe, np.uint8(UNKNOWN), np.uint8(BACKGROUND)), np.uint8(FOREGROUND))


def _grown(region: np.ndarray, by: int) -> np.ndarray:
    """A region (H, W) with all that lies within so many pixels of it; the image's border adds nothing."""
    if by < 1:
        return region
    window = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * by + 1, 2 * by + 1))
    return cv2.dilate(region.view(np.uint8), window) > 0


def unknown(trimap: np.ndarray) -> np.ndarray:
    """The pixels (H, W) that a trimap of whole numbers leaves open, whatever grey it has for them."""
    return (trimap > BACKGROUND) & (trimap < FOREGROUND)


@TRANSFORMS.register
class MakeTrimap(Transform):
    """Give training samples a trimap, made of their alpha by erosion and dilation of random widths.

    A trimap that the sample has already is replaced: a network that always sees the same width learns that width.

    Args:
        erosion: The least and the largest number of pixels by which the foreground shrinks.
        dilation: Likewise, by which it grows.

    Example:
        >>> MakeTrimap(erosion=[1, 25])(sample)["trimap"].dtype
        dtype('uint8')
    """

    label_only = True
    draws = True

    def __init__(self, erosion: Sequence[int] = (1, 20), dilation: Sequence[int] = (1, 20)):
        self.erosion = arguments.span("erosion", erosion, 0, 500)
        self.dilation = arguments.span("dilation", dilation, 0, 500)

    def __call__(self, sample: Sample) -> Sample:
        if "alpha" in sample.fields:
            spans = (self.erosion, self.dilation)
            widths = [int(sample.rng.integers(int(low), int(high) + 1)) for low, high in spans]
            sample.fields["trimap"] = Field(trimap_of(fraction(sample.fields["alpha"].array), *widths), TRIMAP)
        return sample


def fraction(alpha: np.ndarray) -> np.ndarray:
    """An alpha of whole numbers, from 0 to their type's largest, or of [0, 1] already, as float32 in [0, 1]."""
    if alpha.dtype.kind in "iu":
        return alpha / np.float32(np.iinfo(alpha.dtype).max)
    return alpha.astype(np.float32, copy=False)
