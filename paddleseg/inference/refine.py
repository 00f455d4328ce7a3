"""A segmentation network and something that knows hair, one after the other: only the mask's edge is looked at again.

The mask says what is surely person and what is surely not; between them lies a band of unknown pixels. A matting
network, or a classical method, is shown crops along that band, so a photo of any size takes the memory of a crop.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import cv2
import numpy as np

from paddleseg.card import Output
from paddleseg.errors import ConfigError
from paddleseg.images.small import halved, halvings
from paddleseg.inference.predictor import Predictor, SegResult
from paddleseg.transforms.trimap import BACKGROUND, FOREGROUND, UNKNOWN, trimap_of, unknown

Refiner = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""A crop (h, w, 3) uint8 and its trimap (h, w) uint8 to an alpha (h, w) float32 in [0, 1]."""

CLASSICAL = {"closed_form": "cf", "knn": "knn", "learning_based": "lbdm"}
"""Methods of the package pymatting."""
_CROP, _FADE = 512, 32
_BAND = 0.015
_COARSE = 512
"""The longer side at which the band is drawn: at 4K it is sixty pixels wide, and no window of that size is needed."""


class Chained:
    """A predictor of masks, whose edges something else looks at again; it serves where a `Predictor` does for photos.

    Args:
        segment: Gives the mask.
        refine: Looks at crops along its edge, as `refiner` makes one.
        band: The width of what is unknown on each side of the edge, as a share of the photo's longer side.
        crop: The side of a crop in pixels.

    Raises:
        ConfigError: A number is out of range.

    Example:
        >>> chained = Chained(Predictor.from_zoo("portrait"), refiner("closed_form"))
        >>> chained(photo).alpha.shape == photo.shape[:2]
        True
    """

    def __init__(self, segment: Predictor, refine: Refiner, band: float = _BAND, crop: int = _CROP):
        if not 0 < band <= 0.25:
            raise ConfigError("band", f"should lie above 0, up to 0.25, not {band!r}")
        if crop < 4 * _FADE:
            raise ConfigError("crop", f"should be {4 * _FADE} pixels or more, not {crop!r}")
        self.segment, self.refine, self.band, self.crop = segment, refine, band, crop
        output = Output(name="alpha", kind="alpha", activation="sigmoid")
        self.card = segment.card.model_copy(update={"outputs": [output]})

    def __call__(self, image: np.ndarray) -> SegResult:
        """The alpha of one picture, RGB uint8 (H, W, 3); the mask is where it is above a half."""
        first = self.segment(image)
        trimap = self.trimap(first.alpha)
        alpha = self._alpha(image, trimap, first.alpha)
        classes = (alpha > 0.5).view(np.uint8)
        return replace(first, classes=classes, values=alpha[None], output=self.card.output, matte=None)

    def batch(self, images: Sequence[np.ndarray]) -> list[SegResult]:
        """Pictures one after the other."""
        return [self(image) for image in images]

    def trimap(self, alpha: np.ndarray) -> np.ndarray:
        """What is sure of a mask or a soft edge (H, W) in [0, 1]: all but a band around where it is in between."""
        h, w = alpha.shape
        times = halvings(max(h, w) / _COARSE)
        # A small copy keeps what is soft, since a mean of 0 and 1 is neither.
        small = halved(alpha, times)
        width = max(round(self.band * max(small.shape)), 1)
        drawn = trimap_of(np.where(small < 0.1, 0, np.where(small > 0.9, 1, small)), width, width)
        return cv2.resize(drawn, (w, h), interpolation=cv2.INTER_NEAREST_EXACT)

    def _alpha(self, image: np.ndarray, trimap: np.ndarray, coarse: np.ndarray) -> np.ndarray:
        total, weight = np.zeros(trimap.shape, np.float32), np.zeros(trimap.shape, np.float32)
        for window in windows(trimap, self.crop):
            known = trimap[window]
            if (known == FOREGROUND).any() and (known == BACKGROUND).any():
                found = self.refine(np.ascontiguousarray(image[window]), np.ascontiguousarray(known))
            else:  # nothing to tell them apart by
                found = coarse[window]
            share = _ramp(known.shape)
            total[window] += share * found
            weight[window] += share
        alpha = np.where(trimap == FOREGROUND, np.float32(1), np.float32(0))
        open_ = (trimap == UNKNOWN) & (weight > 0)
        alpha[open_] = np.clip(total[open_] / weight[open_], 0, 1)
        return alpha


def windows(trimap: np.ndarray, side: int) -> Iterator[tuple[slice, slice]]:
    """Overlapping windows of at most `side` pixels, of those that hold anything unknown; none leaves the picture."""
    h, w = trimap.shape
    for y in _starts(h, side):
        for x in _starts(w, side):
            window = np.s_[y : min(y + side, h), x : min(x + side, w)]
            if unknown(trimap[window]).any():
                yield window


def _starts(length: int, side: int) -> list[int]:
    """Where windows begin so that each overlaps the next one by what they fade over, at least."""
    if length <= side:
        return [0]
    count = -(-(length - 2 * _FADE) // (side - 2 * _FADE))
    return [round(number * (length - side) / (count - 1)) for number in range(count)]


def _ramp(size: tuple[int, ...]) -> np.ndarray:
    """How much a crop counts at each pixel: less towards its border, where it has seen one side only."""
    rows, columns = (np.minimum(np.arange(1, n + 1), np.arange(n, 0, -1)) / _FADE for n in size)
    return np.outer(np.minimum(rows, 1), np.minimum(columns, 1)).astype(np.float32)


def refiner(source: str | Predictor) -> Refiner:
    """What looks at crops: a classical method by its name in `CLASSICAL`, or a matting network.

    A network that takes a trimap gets it. Another one sees the crop alone, so it should have learned from close-ups.

    Raises:
        ImportError: A classical method, and pymatting is not installed (the extra `matting`).
        ConfigError: There is no such method, or the network gives no alphas.
    """
    if isinstance(source, str):
        return _classical(source)
    if source.card.output.kind != "alpha":
        hint = "take a network of the task matting"
        raise ConfigError("matting", f"{source.card.name or 'the network'} gives no alphas", hint)
    more = [item.name for item in source.card.inputs[1:]]

    def network(image: np.ndarray, trimap: np.ndarray) -> np.ndarray:
        return source(image, **dict.fromkeys(more, trimap)).alpha

    return network


def _classical(method: str) -> Refiner:
    if method not in CLASSICAL:
        raise ConfigError("matting", f"no method is called {method!r}", f"known: {', '.join(CLASSICAL)}")
    import pymatting

    estimate = getattr(pymatting, f"estimate_alpha_{CLASSICAL[method]}")

    def classical(image: np.ndarray, trimap: np.ndarray) -> np.ndarray:
        return estimate(image / 255.0, trimap / 255.0).astype(np.float32)

    return classical
