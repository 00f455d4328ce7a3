"""Objects in front of people."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from paddleseg.geometry import Size
from paddleseg.images.io import list_images, read_image
from paddleseg.registry import TRANSFORMS
from paddleseg.transforms import arguments
from paddleseg.transforms.base import Source, Transform
from paddleseg.transforms.cutout import people_of
from paddleseg.transforms.functional import as_uint8
from paddleseg.transforms.sample import Sample


@TRANSFORMS.register
class RandomOcclusion(Transform):
    """Hold things before people: shapes as of phones, cups and books, with what other photos show as their surface.

    Each lies on a person, below the top third, where hands are. A sample without people stays as it is. Needs labels
    (H, W).

    Args:
        prob: How often.
        max_objects: How many at most.
        size_range: An object's length, as shares of the smaller side of the people's box.
        label_value: What the label says there: 0 where objects are background; the people's class where, as in
            PP-HumanSeg14K, what people hold belongs to them. Other maps than the label are 0 there.
        pictures: A folder or a `.txt` list of pictures for the surfaces; else photos of the data set are taken.
        person: The people's class.
    """

    draws = True

    def __init__(
        self,
        prob: float = 0.2,
        max_objects: int = 2,
        size_range: Sequence[float] = (0.15, 0.45),
        label_value: int = 0,
        pictures: str | Path | None = None,
        person: int = 1,
    ):
        self.prob = arguments.probability("prob", prob)
        self.max_objects = int(arguments.at_least("max_objects", max_objects, 1))
        self.sizes = arguments.span("size_range", size_range, 0.01, 1)
        self.label_value, self.person = arguments.label_value("label_value", label_value, 255), person
        self.pictures = [] if pictures is None else [path for path, _ in list_images(pictures)]
        self.source: Source | None = None

    def attach(self, source: Source) -> None:
        self.source = source

    def __call__(self, sample: Sample) -> Sample:
        rng = sample.rng
        if sample.label is None or rng.random() >= self.prob:
            return sample
        people = people_of(sample, self.person, "RandomOcclusion")
        rows = np.flatnonzero(people.any(axis=1))
        if not len(rows):
            return sample
        height, width = rows[-1] + 1 - rows[0], np.ptp(np.flatnonzero(people.any(axis=0))) + 1
        people[: rows[0] + height // 3] = False
        held = np.argwhere(people)
        sample.image = as_uint8(sample.image).copy()
        for _ in range(int(rng.integers(1, self.max_objects + 1)) if len(held) else 0):
            y, x = held[rng.integers(len(held))]
            length = max(rng.uniform(*self.sizes) * min(height, width), 4)
            alpha = shape(sample.size, (float(x), float(y)), length, rng)
            self._draw(sample, alpha, self._surface(sample, rng))
        return sample

    def _draw(self, sample: Sample, alpha: np.ndarray, surface: np.ndarray) -> None:
        """Put a surface (H, W, C) over the photo, and the label's value over all maps."""
        weight = alpha[..., None]
        sample.image = np.rint(surface * weight + sample.image * (1 - weight)).astype(np.uint8)
        for name in sample.label_names:
            held = sample.fields[name]
            if held.kind.unit:
                share = 1 - (alpha if alpha.shape == held.array.shape else weight)
                held.array = np.asarray(held.array * share).astype(held.array.dtype)
                continue
            held.array = held.array.copy()
            held.array[alpha >= 0.5] = self.label_value if name == "label" else 0

    def _surface(self, sample: Sample, rng: np.random.Generator) -> np.ndarray:
        """A random part of another picture, of the sample's size."""
        if self.pictures:
            picture = read_image(self.pictures[rng.integers(len(self.pictures))], sample.image.shape[2])
        elif self.source is not None:
            picture = as_uint8(self.source.read(int(rng.integers(len(self.source))), rng).image)
        else:
            picture = sample.image[::-1]
        h, w = sample.size
        part = rng.uniform(0.2, 1.0)
        sides = [max(round(side * part), 1) for side in picture.shape[:2]]
        y, x = (int(rng.integers(side - wanted + 1)) for side, wanted in zip(picture.shape, sides, strict=False))
        return cv2.resize(picture[y : y + sides[0], x : x + sides[1]], (w, h)).reshape(h, w, -1)


def shape(size: Size, centre: tuple[float, float], length: float, rng: np.random.Generator) -> np.ndarray:
    """A turned rectangle with round corners, or an ellipse, as alpha (H, W) with a soft edge."""
    width, degrees = length * rng.uniform(0.4, 1.0), rng.uniform(0, 360)
    alpha: np.ndarray = np.zeros(size, np.float32)
    if rng.random() < 0.3:
        cv2.ellipse(alpha, (centre, (width, length), degrees), 1.0, cv2.FILLED)
    else:
        corner = width * rng.uniform(0.05, 0.3)
        inner = cv2.boxPoints((centre, (width - 2 * corner, length - 2 * corner), degrees))
        cv2.fillConvexPoly(alpha, np.rint(inner).astype(np.int32), 1.0)
        side = 2 * round(corner) + 1
        alpha = cv2.dilate(alpha, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)))
    return cv2.GaussianBlur(alpha, (3, 3), 0)
