"""What resizing, padding, cropping, flipping and turning did to an image, and the single way back."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Protocol

import cv2
import numpy as np

Size = tuple[int, int]
"""(h, w)."""
Box = tuple[float, float, float, float]
"""(top, left, bottom, right) in pixels; the right and bottom borders are not part of it."""

_INTERPOLATION = {"linear": cv2.INTER_LINEAR, "nearest": cv2.INTER_NEAREST_EXACT}


class Step(Protocol):
    """One change of an image of size `before`."""

    def after(self, before: Size) -> Size:
        """The size that it leaves."""

    def box(self, box: Box, before: Size) -> Box:
        """Where a box of the image lands."""

    def undo(self, values: np.ndarray, before: Size, interpolation: str, fill: float) -> np.ndarray:
        """Bring a map back to the size `before`; `fill` stands where the step has cut the image away."""


@dataclass(frozen=True)
class Resize:
    size: Size

    def after(self, before: Size) -> Size:
        return self.size

    def box(self, box: Box, before: Size) -> Box:
        y, x = self.size[0] / before[0], self.size[1] / before[1]
        return box[0] * y, box[1] * x, box[2] * y, box[3] * x

    def undo(self, values: np.ndarray, before: Size, interpolation: str, fill: float) -> np.ndarray:
        resized = cv2.resize(np.ascontiguousarray(values), before[::-1], interpolation=_INTERPOLATION[interpolation])
        return resized.reshape(*before, *values.shape[2:])


@dataclass(frozen=True)
class Pad:
    top: int
    bottom: int
    left: int
    right: int

    def after(self, before: Size) -> Size:
        return before[0] + self.top + self.bottom, before[1] + self.left + self.right

    def box(self, box: Box, before: Size) -> Box:
        return box[0] + self.top, box[1] + self.left, box[2] + self.top, box[3] + self.left

    def undo(self, values: np.ndarray, before: Size, interpolation: str, fill: float) -> np.ndarray:
        return values[self.top : self.top + before[0], self.left : self.left + before[1]]


@dataclass(frozen=True)
class Crop:
    y: int
    x: int
    h: int
    w: int

    def after(self, before: Size) -> Size:
        return self.h, self.w

    def box(self, box: Box, before: Size) -> Box:
        return box[0] - self.y, box[1] - self.x, box[2] - self.y, box[3] - self.x

    def undo(self, values: np.ndarray, before: Size, interpolation: str, fill: float) -> np.ndarray:
        whole = np.full((*before, *values.shape[2:]), fill, values.dtype)
        whole[self.y : self.y + self.h, self.x : self.x + self.w] = values
        return whole


@dataclass(frozen=True)
class Flip:
    horizontal: bool = False
    vertical: bool = False

    def after(self, before: Size) -> Size:
        return before

    def box(self, box: Box, before: Size) -> Box:
        top, left, bottom, right = box
        if self.vertical:
            top, bottom = before[0] - bottom, before[0] - top
        if self.horizontal:
            left, right = before[1] - right, before[1] - left
        return top, left, bottom, right

    def undo(self, values: np.ndarray, before: Size, interpolation: str, fill: float) -> np.ndarray:
        return values[:: -1 if self.vertical else 1, :: -1 if self.horizontal else 1]


@dataclass(frozen=True)
class Warp:
    """A turn, scale and shift: the pixel (x, y) moves to `matrix` (2 rows of 3) times (x, y, 1)."""

    matrix: tuple[tuple[float, ...], ...]
    size: Size

    def of_resized(self, before: Size, resized: Size) -> Warp:
        """The same from an image of size `before`, which this warp expects resized to `resized`."""
        y, x = resized[0] / before[0], resized[1] / before[1]
        # A pixel's centre lies half a pixel within its border, before and after: (x', y') = (x, y) * scale + shift.
        down, right = (y - 1) / 2, (x - 1) / 2
        return Warp(tuple((a * x, b * y, a * right + b * down + c) for a, b, c in self.matrix), self.size)

    def window(self, y: int, x: int, size: Size) -> Warp:
        """The same, but only the part of the result at (y, x) of that size; it may reach beyond the result."""
        (a, b, to_x), (c, d, to_y) = self.matrix
        return Warp(((a, b, to_x - x), (c, d, to_y - y)), size)

    def flipped(self, flip: Flip) -> Warp:
        """The same, its result flipped."""
        (a, b, to_x), (c, d, to_y) = self.matrix
        if flip.horizontal:
            a, b, to_x = -a, -b, self.size[1] - 1 - to_x
        if flip.vertical:
            c, d, to_y = -c, -d, self.size[0] - 1 - to_y
        return Warp(((a, b, to_x), (c, d, to_y)), self.size)

    def after(self, before: Size) -> Size:
        return self.size

    def box(self, box: Box, before: Size) -> Box:
        top, left, bottom, right = box
        corners = np.array([(left, top, 1.0), (right, top, 1), (left, bottom, 1), (right, bottom, 1)])
        # The matrix speaks of pixel centres, a box of pixel borders: half a pixel apart.
        corners[:, :2] -= 0.5
        xs, ys = np.asarray(self.matrix) @ corners.T + 0.5
        return ys.min(), xs.min(), ys.max(), xs.max()

    def undo(self, values: np.ndarray, before: Size, interpolation: str, fill: float) -> np.ndarray:
        flags = cv2.WARP_INVERSE_MAP | (cv2.INTER_LINEAR if interpolation == "linear" else cv2.INTER_NEAREST)
        planes = values.reshape(*values.shape[:2], -1)
        back = [  # plane by plane, since OpenCV fills no more than four channels
            cv2.warpAffine(plane, np.asarray(self.matrix), before[::-1], flags=flags, borderValue=fill)
            for plane in np.ascontiguousarray(planes.transpose(2, 0, 1))
        ]
        return np.stack(back, axis=-1).reshape(*before, *values.shape[2:])


@dataclass
class Geometry:
    """The steps from an image of `original` size (h, w) to what a network sees, in order.

    Example:
        >>> geometry = Geometry((480, 640))
        >>> geometry.resize((144, 192))
        >>> geometry.pad(24, 24, 0, 0)
        >>> geometry.size
        (192, 192)
        >>> mask = geometry.invert(prob)  # (480, 640)
    """

    original: Size
    steps: list[Step] = field(default_factory=list)

    def sizes(self) -> list[Size]:
        """The size before the first step and after each one."""
        sizes = [self.original]
        for step in self.steps:
            sizes.append(step.after(sizes[-1]))
        return sizes

    @property
    def size(self) -> Size:
        """The current size (h, w)."""
        return self.sizes()[-1]

    def add(self, step: Step) -> None:
        """Record one more step."""
        self.steps.append(step)

    def resize(self, size: Size) -> None:
        self.add(Resize(size))

    def pad(self, top: int, bottom: int, left: int, right: int) -> None:
        self.add(Pad(top, bottom, left, right))

    def crop(self, y: int, x: int, h: int, w: int) -> None:
        self.add(Crop(y, x, h, w))

    def flip(self, *, horizontal: bool = False, vertical: bool = False) -> None:
        self.add(Flip(horizontal, vertical))

    @property
    def content(self) -> tuple[int, int, int, int]:
        """The box (y, x, h, w) of the current image that can show the original one, not padding."""
        sizes = self.sizes()
        box: Box = (0, 0, *self.original)
        for step, before, after in zip(self.steps, sizes, sizes[1:], strict=False):
            top, left, bottom, right = step.box(box, before)
            box = (max(top, 0), max(left, 0), min(bottom, after[0]), min(right, after[1]))
        top, left, bottom, right = (round(border) for border in box)
        return top, left, max(bottom - top, 0), max(right - left, 0)

    @property
    def zoom(self) -> float:
        """How many pixels of the current image one of the original has become, by the side."""
        box: Box = (0, 0, *self.original)
        for step, before in zip(self.steps, self.sizes(), strict=False):
            box = step.box(box, before)
        top, left, bottom, right = box
        return math.sqrt((bottom - top) * (right - left) / (self.original[0] * self.original[1]))

    @property
    def only_resizes(self) -> bool:
        """Whether all that happened is resizing, so that a resized map of the current image fits the original one."""
        return all(isinstance(step, Resize) for step in self.steps)

    def invert(self, values: np.ndarray, interpolation: str = "linear", fill: float = 0.0) -> np.ndarray:
        """Bring a map of the current size back to the original image.

        Args:
            values: (h, w) or (h, w, c), float32 or uint8, of the current size.
            interpolation: "linear" for probabilities, "nearest" for classes.
            fill: The value of pixels that a crop has cut away.

        Raises:
            ValueError: `values` is not of the current size.
        """
        sizes = self.sizes()
        if values.shape[:2] != sizes[-1]:
            raise ValueError(f"a map of size {values.shape[:2]} does not belong to an input of size {sizes[-1]}")
        for step, before in zip(reversed(self.steps), reversed(sizes[:-1]), strict=True):
            values = step.undo(values, before, interpolation, fill)
        return np.ascontiguousarray(values)
