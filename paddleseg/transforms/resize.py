"""Resizing to a fixed or random size."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from paddleseg import geometry
from paddleseg.geometry import Size
from paddleseg.registry import TRANSFORMS
from paddleseg.transforms.arguments import above, at_least, length, one_of, ordered, size_from_wh
from paddleseg.transforms.base import Move, Spatial
from paddleseg.transforms.functional import INTERPOLATIONS, fit_inside, scaled


@TRANSFORMS.register
class Resize(Spatial):
    """Resize to a given size.

    Args:
        target_size: [w, h].
        keep_ratio: Keep the image's shape: the largest size that lies within `target_size`.
        size_divisor: Round both sides up to multiples of this.
        interp: NEAREST, LINEAR, CUBIC, AREA, LANCZOS4, or RANDOM for any of them.
    """

    def __init__(
        self,
        target_size: Sequence[int] = (512, 512),
        keep_ratio: bool = False,
        size_divisor: int | None = None,
        interp: str = "LINEAR",
    ):
        self.size: Size = size_from_wh("target_size", target_size)
        self.keep_ratio = keep_ratio
        self.size_divisor = 1 if size_divisor is None else int(length("size_divisor", size_divisor))
        self.interp = one_of("interp", interp, [*INTERPOLATIONS, "RANDOM"])
        self.draws = interp == "RANDOM"

    def plan(self, size: Size, rng: np.random.Generator) -> list[Move]:
        interp = self.interp
        if interp == "RANDOM":
            interp = str(rng.choice(list(INTERPOLATIONS)))
        h, w = fit_inside(size, self.size) if self.keep_ratio else self.size
        rounded = (_ceil_to(h, self.size_divisor), _ceil_to(w, self.size_divisor))
        return [Move(geometry.Resize(rounded), interp)]


def _ceil_to(side: int, divisor: int) -> int:
    return -(-side // divisor) * divisor


@TRANSFORMS.register
class ResizeToArea(Spatial):
    """Resize to about the area of a given size at the image's own shape: people keep theirs, and any picture costs
    a network the same.

    Args:
        target_size: [w, h], of which only the product counts.
        size_divisor: Both sides become multiples of this, the nearest ones, so the shape changes a little.
    """

    draws = False

    def __init__(self, target_size: Sequence[int] = (256, 144), size_divisor: int = 16):
        h, w = size_from_wh("target_size", target_size)
        self.area, self.divisor = h * w, int(length("size_divisor", size_divisor))

    def plan(self, size: Size, rng: np.random.Generator) -> list[Move]:
        factor = math.sqrt(self.area / (size[0] * size[1])) / self.divisor
        h, w = (max(round(side * factor), 1) * self.divisor for side in size)
        return [Move(geometry.Resize((h, w)))]


class _Scaling(Spatial):
    """Resize by a factor that keeps the shape."""

    def factor(self, size: Size, rng: np.random.Generator) -> float:
        raise NotImplementedError

    def plan(self, size: Size, rng: np.random.Generator) -> list[Move]:
        return [Move(geometry.Resize(scaled(size, self.factor(size, rng))))]


@TRANSFORMS.register
class ResizeByLong(_Scaling):
    """Resize so that the longer side is `long_size`; the shape stays."""

    draws = False

    def __init__(self, long_size: int):
        self.long_size = length("long_size", long_size)

    def factor(self, size: Size, rng: np.random.Generator) -> float:
        return self.long_size / max(size)


@TRANSFORMS.register
class ResizeByShort(_Scaling):
    """Resize so that the shorter side is `short_size`; the shape stays.

    Args:
        short_size: One length, or a list of lengths of which each image takes one at random.
        max_size: The longer side's limit; where it is hit, the shorter side becomes smaller than `short_size`.
    """

    def __init__(self, short_size: int | Sequence[int], max_size: float = 1e10):
        sides = short_size if isinstance(short_size, (list, tuple)) and short_size else [short_size]
        self.short_sizes = [length("short_size", side) for side in sides]
        self.draws = len(sides) > 1
        self.max_size = at_least("max_size", max_size, 1)

    def factor(self, size: Size, rng: np.random.Generator) -> float:
        short_size = self.short_sizes[rng.integers(len(self.short_sizes))]
        return min(short_size / min(size), self.max_size / max(size))


@TRANSFORMS.register
class LimitLong(_Scaling):
    """Resize only where the longer side is above `max_long` or below `min_long`; the shape stays."""

    draws = False

    def __init__(self, max_long: int | None = None, min_long: int | None = None):
        self.min_long = length("min_long", 1 if min_long is None else min_long)
        self.max_long = float("inf")
        if max_long is not None:
            self.max_long = ordered("min_long", self.min_long, "max_long", length("max_long", max_long))[1]

    def factor(self, size: Size, rng: np.random.Generator) -> float:
        long_side = max(size)
        return min(max(long_side, self.min_long), self.max_long) / long_side


@TRANSFORMS.register
class ResizeRangeScaling(_Scaling):
    """Resize so that the longer side has a random length between two bounds; the shape stays."""

    draws = True

    def __init__(self, min_value: int = 400, max_value: int = 600):
        self.low, self.high = ordered(
            "min_value", length("min_value", min_value), "max_value", length("max_value", max_value)
        )

    def factor(self, size: Size, rng: np.random.Generator) -> float:
        return rng.uniform(self.low, self.high) / max(size)


@TRANSFORMS.register
class ResizeStepScaling(_Scaling):
    """Resize by a random factor between two bounds; the shape stays.

    Args:
        scale_step_size: The distance of possible factors from `min_scale_factor` on; 0 for any factor.
    """

    draws = True

    def __init__(self, min_scale_factor: float = 0.75, max_scale_factor: float = 1.25, scale_step_size: float = 0.25):
        above("min_scale_factor", min_scale_factor, 0)
        self.low, self.high = ordered("min_scale_factor", min_scale_factor, "max_scale_factor", max_scale_factor)
        self.step = at_least("scale_step_size", scale_step_size, 0)

    def factor(self, size: Size, rng: np.random.Generator) -> float:
        if self.step:
            # The small number makes up for 0.5 / 0.1 being a little less than 5.
            steps = int((self.high - self.low) / self.step + 1e-6)
            return self.low + self.step * int(rng.integers(steps + 1))
        return rng.uniform(self.low, self.high)
