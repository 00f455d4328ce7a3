"""What cameras do to a picture: motion, little light, a wrong white. The label stays."""

from __future__ import annotations

import math
from collections.abc import Sequence

import cv2
import numpy as np

from paddleseg.registry import TRANSFORMS
from paddleseg.transforms import functional
from paddleseg.transforms.arguments import above, at_least, probability, span
from paddleseg.transforms.base import Transform
from paddleseg.transforms.sample import Sample

_GAMMA = 2.2


@TRANSFORMS.register
class RandomMotionBlur(Transform):
    """Blur along a straight line of random direction, as of a camera or person that moves while the shutter is open.

    Args:
        prob: How often.
        length_range: The line's length, as shares of the picture's longer side.
    """

    draws = True

    def __init__(self, prob: float = 0.1, length_range: Sequence[float] = (0.01, 0.05)):
        self.prob = probability("prob", prob)
        self.lengths = span("length_range", length_range, 0, 0.5)

    def __call__(self, sample: Sample) -> Sample:
        rng = sample.rng
        if rng.random() < self.prob:
            length = rng.uniform(*self.lengths) * max(sample.size)
            sample.image = functional.motion_blur(functional.as_uint8(sample.image), length, rng.uniform(0, math.pi))
        return sample


@TRANSFORMS.register
class RandomLowLight(Transform):
    """Take the picture again with less light: darker, or made bright again by a gain that shows the sensor's noise.

    Light is counted in electrons: shot noise grows with its square root, read noise is always there (EMVA 1288).

    Args:
        prob: How often.
        stops_range: By how many factors of two there is less light.
        electrons: What a white pixel holds in full light; small sensors hold fewer, and are noisier.
        read_noise: Standard deviation of the read-out, in electrons.
    """

    draws = True

    def __init__(
        self,
        prob: float = 0.1,
        stops_range: Sequence[float] = (0.5, 3.0),
        electrons: float = 2000.0,
        read_noise: float = 4.0,
    ):
        self.prob = probability("prob", prob)
        self.stops = span("stops_range", stops_range, 0, 8)
        self.electrons, self.read_noise = above("electrons", electrons, 0), at_least("read_noise", read_noise, 0)

    def __call__(self, sample: Sample) -> Sample:
        rng = sample.rng
        if rng.random() >= self.prob:
            return sample
        stops = rng.uniform(*self.stops)
        # The camera's own gain brings back a part of the brightness, seldom all of it.
        gain = 2 ** (stops * rng.uniform(0, 1))
        counts = (np.linspace(0, 1, 256) ** _GAMMA * self.electrons * 2**-stops).astype(np.float32)
        light = counts[functional.as_uint8(sample.image)]
        light += rng.standard_normal(light.shape, np.float32) * np.sqrt(light + np.float32(self.read_noise**2))
        shown = np.clip(light * np.float32(gain / self.electrons), 0, 1) ** np.float32(1 / _GAMMA)
        sample.image = np.rint(shown * 255).astype(np.uint8)
        return sample


@TRANSFORMS.register
class RandomWhiteBalance(Transform):
    """Let white be warm or cold: red against blue, and green by itself, as a lamp taken for daylight.

    Grey images stay as they are.

    Args:
        prob: How often.
        max_gain: The largest factor of a channel's brightness; the least is its inverse.
    """

    draws = True

    def __init__(self, prob: float = 0.2, max_gain: float = 1.3):
        self.prob = probability("prob", prob)
        self.reach = math.log(at_least("max_gain", max_gain, 1))

    def __call__(self, sample: Sample) -> Sample:
        rng = sample.rng
        if rng.random() >= self.prob:
            return sample
        warm, tint = rng.uniform(-self.reach, self.reach), rng.uniform(-self.reach, self.reach) / 3
        if sample.image.shape[2] == 3:
            gains = np.exp([warm, tint, -warm])
            table = np.clip(np.rint(np.arange(256)[:, None] * gains), 0, 255).astype(np.uint8)
            sample.image = cv2.LUT(functional.as_uint8(sample.image), table[None])
        return sample
