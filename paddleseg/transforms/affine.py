"""Turning."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from paddleseg.geometry import Size, Warp
from paddleseg.registry import TRANSFORMS
from paddleseg.transforms import arguments
from paddleseg.transforms.base import Move, Spatial
from paddleseg.transforms.functional import Fill


def turn(size: Size, degrees: float, scale: float, result: Size, shift: tuple[float, float] = (0, 0)) -> Warp:
    """Turn an image counter-clockwise about its centre, which lands `shift` (x, y) from the centre of the result."""
    a = scale * math.cos(math.radians(degrees))
    b = scale * math.sin(math.radians(degrees))
    x, y = (size[1] - 1) / 2, (size[0] - 1) / 2
    to_x, to_y = (result[1] - 1) / 2 + shift[0], (result[0] - 1) / 2 + shift[1]
    return Warp(((a, b, to_x - a * x - b * y), (-b, a, to_y + b * x - a * y)), result)


def tilt(size: Size, degrees: float) -> Warp:
    """Turn an image counter-clockwise, on a canvas that holds all of it."""
    cosine, sine = abs(math.cos(math.radians(degrees))), abs(math.sin(math.radians(degrees)))
    h, w = size
    return turn(size, degrees, 1, (int(h * cosine + w * sine), int(h * sine + w * cosine)))


@TRANSFORMS.register
class RandomRotation(Spatial):
    """Turn by a random angle, on a canvas that holds the whole image.

    Args:
        max_rotation: Largest angle, in degrees, either way.
        im_padding_value: Of the image: one number, or one for each channel.
        label_padding_value: Of the label.
        prob: How often.
    """

    draws = True

    def __init__(
        self,
        max_rotation: float = 15,
        im_padding_value: Fill = 127.5,
        label_padding_value: int = 255,
        prob: float = 1.0,
    ):
        self.max_rotation = arguments.at_least("max_rotation", max_rotation, 0)
        self.fill = arguments.fill("im_padding_value", im_padding_value)
        self.label_fill = arguments.label_value("label_padding_value", label_padding_value)
        self.prob = arguments.probability("prob", prob)

    def plan(self, size: Size, rng: np.random.Generator) -> list[Move]:
        # Nothing is drawn where it is always done: runs of before stay what they were.
        if not self.max_rotation or (self.prob < 1 and rng.random() >= self.prob):
            return []
        degrees = rng.uniform(-self.max_rotation, self.max_rotation)
        return [Move(tilt(size, degrees), fill=self.fill, label_fill=self.label_fill)]


@TRANSFORMS.register
class RandomRotate90(Spatial):
    """Turn by a quarter, a half or three quarters, as a phone is held; no pixel is lost.

    Args:
        prob: How often.
        turns: Quarters, counter-clockwise, of which one is drawn.
    """

    draws = True

    def __init__(self, prob: float = 0.1, turns: Sequence[int] = (1, 2, 3)):
        self.prob = arguments.probability("prob", prob)
        if not isinstance(turns, (list, tuple)) or not turns or not set(turns) <= {1, 2, 3}:
            raise ValueError(f"turns should be a list of 1, 2 and 3, not {turns!r}")
        self.turns = list(turns)

    @property
    def changes_shape(self) -> bool:
        """Whether it may make upright photos lie down, and the other way round."""
        return bool(self.prob and {1, 3} & set(self.turns))

    def plan(self, size: Size, rng: np.random.Generator) -> list[Move]:
        if rng.random() >= self.prob:
            return []
        quarters = self.turns[rng.integers(len(self.turns))]
        return [Move(turn(size, 90 * quarters, 1, size if quarters == 2 else size[::-1]))]


@TRANSFORMS.register
class RandomAffine(Spatial):
    """Turn, scale and shift at random into a result of fixed size.

    Args:
        size: [w, h] of the result. At a scale of 1 the image has, on the mean of both sides, the size of the result.
        translation_offset: Largest shift in pixels, either way.
        max_rotation: Largest angle, in degrees, either way.
        min_scale_factor: Least scale.
        max_scale_factor: Largest scale.
        im_padding_value: Of the image: one number, or one for each channel.
        label_padding_value: Of the label.
    """

    draws = True

    def __init__(
        self,
        size: Sequence[int] = (224, 224),
        translation_offset: float = 0,
        max_rotation: float = 15,
        min_scale_factor: float = 0.75,
        max_scale_factor: float = 1.25,
        im_padding_value: Fill = 128,
        label_padding_value: int = 255,
    ):
        self.size: Size = arguments.size_from_wh("size", size)
        self.offset = arguments.at_least("translation_offset", translation_offset, 0)
        self.max_rotation = arguments.at_least("max_rotation", max_rotation, 0)
        arguments.above("min_scale_factor", min_scale_factor, 0)
        self.scales = arguments.ordered("min_scale_factor", min_scale_factor, "max_scale_factor", max_scale_factor)
        self.fill = arguments.fill("im_padding_value", im_padding_value)
        self.label_fill = arguments.label_value("label_padding_value", label_padding_value)

    def plan(self, size: Size, rng: np.random.Generator) -> list[Move]:
        x, y = rng.uniform(-self.offset, self.offset, 2)
        degrees = rng.uniform(-self.max_rotation, self.max_rotation)
        scale = rng.uniform(*self.scales) * (self.size[0] / size[0] + self.size[1] / size[1]) / 2
        warp = turn(size, degrees, scale, self.size, (x, y))
        return [Move(warp, fill=self.fill, label_fill=self.label_fill)]
