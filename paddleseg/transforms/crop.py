"""Random windows."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from paddleseg.geometry import Crop, Pad, Resize, Size
from paddleseg.registry import TRANSFORMS
from paddleseg.transforms import arguments
from paddleseg.transforms.base import Move, Spatial
from paddleseg.transforms.functional import Fill, move_label
from paddleseg.transforms.sample import Sample


@TRANSFORMS.register
class RandomPaddingCrop(Spatial):
    """Cut out a random window; a smaller image is padded at the bottom and at the right first.

    Args:
        crop_size: [w, h].
        im_padding_value: Of the image: one number, or one for each channel.
        label_padding_value: Of the label.
        category_max_ratio: Below 1, windows in which one class covers a larger share are drawn again.
        ignore_index: Label value that `category_max_ratio` leaves out.
        loop_times: How often at most; the last window stands.
    """

    draws = True

    def __init__(
        self,
        crop_size: Sequence[int] = (512, 512),
        im_padding_value: Fill = 127.5,
        label_padding_value: int = 255,
        category_max_ratio: float = 1.0,
        ignore_index: int = 255,
        loop_times: int = 10,
    ):
        self.size: Size = arguments.size_from_wh("crop_size", crop_size)
        self.fill = arguments.fill("im_padding_value", im_padding_value)
        self.label_fill = arguments.label_value("label_padding_value", label_padding_value)
        self.category_max_ratio = arguments.above("category_max_ratio", category_max_ratio, 0)
        self.ignore_index = ignore_index
        self.loop_times = int(arguments.at_least("loop_times", loop_times, 1))
        self.blind = category_max_ratio >= 1

    def plan(self, size: Size, rng: np.random.Generator) -> list[Move]:
        return [*self._padding(size), self._window(size, rng)]

    def _padding(self, size: Size) -> list[Move]:
        bottom, right = (max(wanted - side, 0) for wanted, side in zip(self.size, size, strict=True))
        return [Move(Pad(0, bottom, 0, right), fill=self.fill, label_fill=self.label_fill)] if bottom or right else []

    def _window(self, size: Size, rng: np.random.Generator) -> Move:
        y, x = (int(rng.integers(max(side - wanted, 0) + 1)) for wanted, side in zip(self.size, size, strict=True))
        return Move(Crop(y, x, *self.size), fill=self.fill, label_fill=self.label_fill)

    def __call__(self, sample: Sample) -> Sample:
        if self.blind or sample.label is None:
            return super().__call__(sample)
        for move in self._padding(sample.size):
            move(sample)
        for _ in range(self.loop_times):
            window = self._window(sample.size, sample.rng)
            if self._is_mixed(move_label(sample.label, window.step)):
                break
        window(sample)
        return sample

    def _is_mixed(self, label: np.ndarray) -> bool:
        counts = np.unique(label[label != self.ignore_index], return_counts=True)[1]
        return len(counts) > 1 and counts.max() / counts.sum() < self.category_max_ratio


@TRANSFORMS.register
class RandomCenterCrop(Spatial):
    """Cut random borders off.

    Args:
        retain_ratio: The shares of width and height that stay at least.
    """

    draws = True

    def __init__(self, retain_ratio: Sequence[float] = (0.5, 0.5)):
        if not isinstance(retain_ratio, (list, tuple)) or len(retain_ratio) != 2:
            raise ValueError(f"retain_ratio should be two numbers, of width and height, not {retain_ratio!r}")
        if not all(arguments.is_number(part) and 0 < part <= 1 for part in retain_ratio):
            raise ValueError(f"retain_ratio should lie above 0 and up to 1, not {retain_ratio!r}")
        self.retain = (retain_ratio[1], retain_ratio[0])

    def plan(self, size: Size, rng: np.random.Generator) -> list[Move]:
        cut = [int(rng.integers(int(side * (1 - part)) + 1)) for side, part in zip(size, self.retain, strict=True)]
        y, x = (int(rng.integers(lost + 1)) for lost in cut)
        return [Move(Crop(y, x, size[0] - cut[0], size[1] - cut[1]))]


@TRANSFORMS.register
class RandomScaleAspect(Spatial):
    """Cut out a window of random area and shape, and stretch it to the image's size.

    Args:
        min_scale: The window's least share of the area; 0 leaves the image as it is.
        aspect_ratio: The window's least width / height, whose inverse is the largest; 0 leaves the image as it is.
    """

    draws = True

    def __init__(self, min_scale: float = 0.5, aspect_ratio: float = 0.33):
        self.min_scale = arguments.probability("min_scale", min_scale)
        self.aspect_ratio = arguments.probability("aspect_ratio", aspect_ratio)

    def plan(self, size: Size, rng: np.random.Generator) -> list[Move]:
        if not (self.min_scale and self.aspect_ratio):
            return []
        for _ in range(10):  # some shapes do not fit into some images
            area = size[0] * size[1] * rng.uniform(self.min_scale, 1)
            ratio = math.exp(rng.uniform(math.log(self.aspect_ratio), -math.log(self.aspect_ratio)))
            h, w = round(math.sqrt(area / ratio)), round(math.sqrt(area * ratio))
            if 0 < h <= size[0] and 0 < w <= size[1]:
                y, x = int(rng.integers(size[0] - h + 1)), int(rng.integers(size[1] - w + 1))
                return [Move(Crop(y, x, h, w)), Move(Resize(size))]
        return []
