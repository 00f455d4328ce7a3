"""Colour, noise, blur and normalisation: the image changes, the label stays."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from paddleseg.errors import DataError
from paddleseg.registry import TRANSFORMS
from paddleseg.transforms import functional
from paddleseg.transforms.arguments import at_least, one_of, probability
from paddleseg.transforms.base import Transform
from paddleseg.transforms.colour_change import ColourChange
from paddleseg.transforms.sample import Sample

_BLURS = ("gaussian", "median", "blur")


@TRANSFORMS.register
class RandomDistort(Transform):
    """Change brightness, contrast, saturation, hue and sharpness in random order, each with its own probability.

    Args:
        brightness_range: The factor lies within 1 - range and 1 + range; so do those of contrast, saturation and
            sharpness.
        hue_range: The largest shift either way, in 256ths of the colour circle.
    """

    draws = True

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
        given = {
            "brightness": (brightness_range, brightness_prob),
            "contrast": (contrast_range, contrast_prob),
            "saturation": (saturation_range, saturation_prob),
            "hue": (hue_range, hue_prob),
            "sharpness": (sharpness_range, sharpness_prob),
        }
        self.changes = []
        for name, (reach, prob) in given.items():
            at_least(f"{name}_range", reach, 0)
            probability(f"{name}_prob", prob)
            bounds = (-reach, reach) if name == "hue" else (max(1 - reach, 0), 1 + reach)
            self.changes.append((name, bounds, prob))

    def __call__(self, sample: Sample) -> Sample:
        rng, change = sample.rng, ColourChange(functional.as_uint8(sample.image))
        for number in rng.permutation(len(self.changes)):
            name, bounds, prob = self.changes[number]
            if rng.random() < prob:
                getattr(change, name)(rng.uniform(*bounds))
        sample.image = change.result()
        return sample


@TRANSFORMS.register
class RandomBlur(Transform):
    """Blur with probability `prob`, with a window 3 to 9 pixels wide.

    Args:
        blur_type: gaussian, median, blur (box), or random for any of them.
    """

    draws = True

    def __init__(self, prob: float = 0.1, blur_type: str = "gaussian"):
        self.prob = probability("prob", prob)
        self.blur_type = one_of("blur_type", blur_type, [*_BLURS, "random"])

    def __call__(self, sample: Sample) -> Sample:
        rng = sample.rng
        if rng.random() < self.prob:
            width = int(rng.integers(3, 10)) | 1
            kind = str(rng.choice(_BLURS)) if self.blur_type == "random" else self.blur_type
            sample.image = functional.blur(functional.as_uint8(sample.image), kind, width)
        return sample


@TRANSFORMS.register
class RandomNoise(Transform):
    """Add Gaussian noise with probability `prob`.

    Args:
        max_sigma: Largest standard deviation, on the scale of 0 to 255.
    """

    draws = True

    def __init__(self, prob: float = 0.5, max_sigma: float = 10.0):
        self.prob = probability("prob", prob)
        self.max_sigma = at_least("max_sigma", max_sigma, 0)

    def __call__(self, sample: Sample) -> Sample:
        rng = sample.rng
        if rng.random() < self.prob:
            noise = rng.standard_normal(sample.image.shape, np.float32)
            sample.image = functional.as_uint8(sample.image + noise * np.float32(rng.uniform(0, self.max_sigma)))
        return sample


@TRANSFORMS.register
class Normalize(Transform):
    """To float32: `(value / 255 - mean) / std`.

    Args:
        mean: One number for all channels, or one for each.
        std: Likewise.
    """

    draws = False
    kept = False  # float32 would take four times the room

    def __init__(self, mean: float | Sequence[float] = (0.5,), std: float | Sequence[float] = (0.5,)):
        self.mean, self.std = np.atleast_1d(np.asarray(mean, float)), np.atleast_1d(np.asarray(std, float))
        if not np.isfinite([*self.mean, *self.std]).all():
            raise ValueError(f"mean and std should be numbers, not {mean!r} and {std!r}")
        if not (self.std > 0).all():
            raise ValueError(f"std should be above 0, not {std!r}")
        if len({self.mean.size, self.std.size} - {1}) > 1:
            raise ValueError(f"mean and std should have one number, or one for each channel: {mean!r}, {std!r}")
        scale, shift = np.broadcast_arrays(1 / (255 * self.std), -self.mean / self.std)
        self.scale, self.shift = scale.tolist(), shift.tolist()

    def __call__(self, sample: Sample) -> Sample:
        sample.image = self.normalized(sample.image, sample.room)
        return sample

    def normalized(self, image: np.ndarray, room: np.ndarray | None = None) -> np.ndarray:
        """The image (H, W, C) as float32, in `room` (C, H, W) where that fits.

        Raises:
            DataError: There are neither one mean and std nor one for each channel.
        """
        channels = image.shape[2]
        if len(self.scale) not in (1, channels):
            what = f"has {len(self.scale)} means or stds, but the image has {channels} channels"
            raise DataError("Normalize", what, "give one number, or one for each channel")
        repeat = channels // len(self.scale)
        return functional.scale_and_shift(image, self.scale * repeat, self.shift * repeat, room)
