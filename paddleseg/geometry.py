"""What resizing, padding, cropping and flipping did to an image, and the single way back."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np

Size = tuple[int, int]
_INTERPOLATION = {"linear": cv2.INTER_LINEAR, "nearest": cv2.INTER_NEAREST_EXACT}


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
    steps: list[tuple[str, tuple[int, ...], Size]] = field(default_factory=list)

    @property
    def size(self) -> Size:
        """The current size (h, w)."""
        if not self.steps:
            return self.original
        name, values, before = self.steps[-1]
        if name == "resize":
            return values[0], values[1]
        if name == "pad":
            return before[0] + values[0] + values[1], before[1] + values[2] + values[3]
        if name == "crop":
            return values[2], values[3]
        return before

    def resize(self, size: Size) -> None:
        self._add("resize", *size)

    def pad(self, top: int, bottom: int, left: int, right: int) -> None:
        self._add("pad", top, bottom, left, right)

    def crop(self, y: int, x: int, h: int, w: int) -> None:
        self._add("crop", y, x, h, w)

    def flip(self, *, horizontal: bool = False, vertical: bool = False) -> None:
        self._add("flip", int(horizontal), int(vertical))

    def _add(self, name: str, *values: int) -> None:
        self.steps.append((name, tuple(int(value) for value in values), self.size))

    @property
    def content(self) -> tuple[int, int, int, int]:
        """The box (y, x, h, w) of the network's input that shows the image, not padding."""
        shown = self._forward(np.full(self.original, 1, np.uint8))
        rows, columns = np.flatnonzero(shown.any(axis=1)), np.flatnonzero(shown.any(axis=0))
        if not rows.size:
            return 0, 0, 0, 0
        return int(rows[0]), int(columns[0]), int(np.ptp(rows)) + 1, int(np.ptp(columns)) + 1

    def _forward(self, plane: np.ndarray) -> np.ndarray:
        for name, values, _ in self.steps:
            if name == "resize":
                plane = cv2.resize(plane, values[::-1], interpolation=cv2.INTER_NEAREST)
            elif name == "pad":
                plane = np.pad(plane, (values[:2], values[2:]))
            elif name == "crop":
                y, x, h, w = values
                plane = plane[y : y + h, x : x + w]
            else:
                plane = plane[:: -1 if values[1] else 1, :: -1 if values[0] else 1]
        return plane

    def invert(self, values: np.ndarray, interpolation: str = "linear", fill: float = 0.0) -> np.ndarray:
        """Bring a map of the current size back to the original image.

        Args:
            values: (h, w) or (h, w, c), float32 or uint8, of the current size.
            interpolation: "linear" for probabilities, "nearest" for classes.
            fill: The value of pixels that a crop has cut away.

        Raises:
            ValueError: `values` is not of the current size.
        """
        if values.shape[:2] != self.size:
            raise ValueError(f"a map of size {values.shape[:2]} does not belong to an input of size {self.size}")
        for name, arguments, (h, w) in reversed(self.steps):
            if name == "resize":
                resized = cv2.resize(np.ascontiguousarray(values), (w, h), interpolation=_INTERPOLATION[interpolation])
                values = resized.reshape(h, w, *values.shape[2:])
            elif name == "pad":
                values = values[arguments[0] : arguments[0] + h, arguments[2] : arguments[2] + w]
            elif name == "crop":
                y, x, height, width = arguments
                whole = np.full((h, w, *values.shape[2:]), fill, values.dtype)
                whole[y : y + height, x : x + width] = values
                values = whole
            else:
                values = values[:: -1 if arguments[1] else 1, :: -1 if arguments[0] else 1]
        return np.ascontiguousarray(values)
