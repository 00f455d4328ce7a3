"""Padding to a size or shape."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from paddleseg.errors import DataError
from paddleseg.geometry import Pad, Resize, Size
from paddleseg.registry import TRANSFORMS
from paddleseg.transforms import arguments
from paddleseg.transforms.base import Move, Spatial
from paddleseg.transforms.functional import Fill


@TRANSFORMS.register
class Padding(Spatial):
    """Pad at the bottom and at the right up to a given size.

    Args:
        target_size: [w, h].
        im_padding_value: Of the image: one number, or one for each channel.
        label_padding_value: Of the label.
        keep_larger: Whether a side above `target_size` stays as it is, as in PaddleSeg's Matting; else it is refused.

    Raises:
        DataError: In use, for an image larger than `target_size`.
    """

    draws = False

    def __init__(
        self,
        target_size: Sequence[int],
        im_padding_value: Fill = 127.5,
        label_padding_value: int = 255,
        keep_larger: bool = False,
    ):
        self.size: Size = arguments.size_from_wh("target_size", target_size)
        self.fill = arguments.fill("im_padding_value", im_padding_value)
        self.label_fill = arguments.label_value("label_padding_value", label_padding_value)
        self.keep_larger = keep_larger

    def plan(self, size: Size, rng: np.random.Generator) -> list[Move]:
        bottom, right = self.size[0] - size[0], self.size[1] - size[1]
        if self.keep_larger:
            bottom, right = max(bottom, 0), max(right, 0)
        if bottom < 0 or right < 0:
            what = f"gets an image of {size[1]}x{size[0]}, larger than its target_size {self.size[1]}x{self.size[0]}"
            raise DataError("Padding", what, "put a Resize before it")
        return [Move(Pad(0, bottom, 0, right), fill=self.fill, label_fill=self.label_fill)]


@TRANSFORMS.register
class PaddingByAspectRatio(Spatial):
    """Pad at the bottom or at the right until width / height is `aspect_ratio`."""

    draws = False

    def __init__(self, aspect_ratio: float = 1, im_padding_value: Fill = 127.5, label_padding_value: int = 255):
        self.aspect_ratio = arguments.above("aspect_ratio", aspect_ratio, 0)
        self.fill = arguments.fill("im_padding_value", im_padding_value)
        self.label_fill = arguments.label_value("label_padding_value", label_padding_value)

    def plan(self, size: Size, rng: np.random.Generator) -> list[Move]:
        h, w = size
        bottom = max(round(w / self.aspect_ratio) - h, 0)
        right = 0 if bottom else max(round(h * self.aspect_ratio) - w, 0)
        return [Move(Pad(0, bottom, 0, right), fill=self.fill, label_fill=self.label_fill)]


@TRANSFORMS.register
class ScalePadding(Spatial):
    """Pad to a square with the image in its middle, then resize the square.

    Args:
        target_size: [w, h] of the result.
    """

    draws = False

    def __init__(
        self, target_size: Sequence[int] = (512, 512), im_padding_value: Fill = 127.5, label_padding_value: int = 255
    ):
        self.size: Size = arguments.size_from_wh("target_size", target_size)
        self.fill = arguments.fill("im_padding_value", im_padding_value)
        self.label_fill = arguments.label_value("label_padding_value", label_padding_value)

    def plan(self, size: Size, rng: np.random.Generator) -> list[Move]:
        side = max(size)
        down, across = side - size[0], side - size[1]
        square = Pad(down // 2, down - down // 2, across // 2, across - across // 2)
        return [Move(square, fill=self.fill, label_fill=self.label_fill), Move(Resize(self.size), "CUBIC")]
