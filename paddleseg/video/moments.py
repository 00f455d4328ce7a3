"""What every source gives: RGB frames with their times, and what is known of them beforehand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sized
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Protocol

import numpy as np

from paddleseg.errors import DataError
from paddleseg.geometry import Size

RATE = Fraction(25)
"""Frames a second of what has no times, where nothing else is said."""


@dataclass(frozen=True)
class Moment:
    """A frame of a source.

    Args:
        image: RGB uint8 (H, W, 3), upright.
        time: When it is shown, in seconds from the beginning of what was asked for.
        duration: For how long, in seconds; 0 where the source does not say.
    """

    image: np.ndarray
    time: Fraction
    duration: Fraction = Fraction(0)


@dataclass
class Info:
    """What is known of a source before its frames are read.

    Args:
        name: For messages.
        size: (h, w) of its frames, upright.
        rate: Frames a second, on average.
        time_base: What times are multiples of, in seconds.
        duration: Seconds that will come; None where it has no known end.
        frames: How many will come, nearly; None where that is not known.
        live: Whether frames come when they happen: cameras, and addresses without an end.
        pixel_aspect: Width of a pixel by its height.
        colour: What its numbers mean (`paddleseg.video.colour.Colour`); None for pictures in sRGB.
        bits: Of a value, as it is stored.
        rotation: Degrees by which frames were turned to stand upright, clockwise.
        metadata: Title, date and such.
        chapters: As PyAV gives and takes them.
        remarks: What is not kept as it is.
    """

    name: str
    size: Size
    rate: Fraction = RATE
    time_base: Fraction = 1 / RATE
    duration: Fraction | None = None
    frames: int | None = None
    live: bool = False
    pixel_aspect: Fraction = Fraction(1)
    colour: Any = None
    bits: int = 8
    rotation: int = 0
    metadata: dict[str, str] = field(default_factory=dict)
    chapters: list[Any] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


class Source(Protocol):
    """Frames in their order, once; `remarks` of `info` grows while they are read."""

    info: Info

    def __iter__(self) -> Iterator[Moment]: ...

    def close(self) -> None:
        """Let go of files and devices."""


class Arrays:
    """RGB arrays as a source.

    Raises:
        DataError: There are none.
    """

    def __init__(self, arrays: Iterable[np.ndarray], rate: Fraction, start: Fraction, end: Fraction | None):
        self._rest = moments(iter(arrays), rate, start, end)
        self._first = next(self._rest, None)
        if self._first is None:
            raise no_frames("arrays")
        count = len(arrays) if isinstance(arrays, Sized) else None
        image = self._first.image
        self.info = Info("arrays", image.shape[:2], rate, 1 / rate, *spans(count, rate, start, end))

    def __iter__(self) -> Iterator[Moment]:
        assert self._first is not None
        yield self._first
        yield from self._rest

    def close(self) -> None:
        """There is nothing to let go of."""


def moments(images: Iterator[np.ndarray], rate: Fraction, start: Fraction, end: Fraction | None) -> Iterator[Moment]:
    """Pictures at an even pace, as far as they lie in the time that was asked for.

    Raises:
        DataError: One is no RGB picture of the first one's size.
    """
    size: tuple[int, ...] | None = None
    for index, image in enumerate(images):
        time = index / rate
        if end is not None and time >= end:
            return
        if time < start:
            continue
        if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or 0 in image.shape:
            what = f"should be RGB uint8 (H, W, 3), not {image.dtype} {image.shape}"
            raise DataError(f"frame {index}", what, "convert it before")
        size = size or image.shape
        if image.shape != size:
            what = f"has {image.shape[1]} x {image.shape[0]} pixels, the first one {size[1]} x {size[0]}"
            raise DataError(f"frame {index}", what, "give frames of one size")
        yield Moment(image, time - start, 1 / rate)


def spans(
    count: int | None, rate: Fraction, start: Fraction, end: Fraction | None
) -> tuple[Fraction | None, int | None]:
    """Seconds and number of frames between `start` and `end`, of `count` frames in all."""
    if count is None:
        return None, None
    last = count / rate if end is None else min(end, count / rate)
    duration = max(last - start, Fraction(0))
    return duration, round(duration * rate)


def no_frames(name: str, start: Fraction = Fraction(0), end: Fraction | None = None) -> DataError:
    """There is none in what was asked for."""
    if start or end is not None:
        until = "its end" if end is None else f"{float(end):g} s"
        return DataError(name, f"has no frame between {float(start):g} s and {until}", "choose another start or end")
    return DataError(name, "holds no frame", "is it the right one, and whole?")
