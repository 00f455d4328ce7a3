"""What calls and phones do to a picture, made of any labelled photos: the same for every network and in every run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from paddleseg.datasets import Dataset
from paddleseg.geometry import Crop
from paddleseg.transforms import ComposePortrait, RandomJPEG, RandomLowLight, RandomRotate90
from paddleseg.transforms.affine import tilt
from paddleseg.transforms.base import Move
from paddleseg.transforms.sample import Sample

Change = Callable[[Sample], Sample]

_DEGREES, _WIDE, _HEADROOM = 20.0, 16 / 9, 0.08
_FRAME = (640, 360)


def tilted(sample: Sample) -> Sample:
    """By 20 degrees to either side; the corners that nobody has seen are black, and do not count."""
    degrees = _DEGREES if sample.rng.random() < 0.5 else -_DEGREES
    Move(tilt(sample.size, degrees), fill=0)(sample)
    return sample


def cropped_wide(sample: Sample) -> Sample:
    """The part that a 16:9 camera would show: as wide as the photo, from a little above the highest person on."""
    h, w = sample.size
    height = min(h, round(w / _WIDE))
    assert sample.label is not None
    rows = np.flatnonzero((sample.label == 1).any(axis=1))
    top = (rows[0] if len(rows) else 0) - round(_HEADROOM * height)
    Move(Crop(int(np.clip(top, 0, h - height)), 0, height, w))(sample)
    return sample


PLAIN: dict[str, Change] = {
    "upright": lambda sample: sample,
    "turned 90": RandomRotate90(1, [1]),
    "turned 180": RandomRotate90(1, [2]),
    "turned 270": RandomRotate90(1, [3]),
    "tilt 20": tilted,
    "16:9": cropped_wide,
    "low light": RandomLowLight(1, [3, 3]),
    "JPEG 20": RandomJPEG(1, [20, 20]),
}
"""Of the photo alone."""


def conditions(dataset: Dataset, rooms: Path | None) -> dict[str, Change]:
    """All changes by name; people before other backgrounds where there are pictures of `rooms`."""
    if rooms is None:
        return PLAIN
    small = ComposePortrait(rooms, 1, 0, _FRAME, [0.3, 0.3], more_people_prob=0)
    several = ComposePortrait(rooms, 1, 0, _FRAME, [0.6, 0.9], more_people_prob=1, max_people=3)
    for change in (small, several):
        change.attach(dataset)
    return PLAIN | {"small person": small, "several people": several}
