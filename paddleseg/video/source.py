"""Where frames come from: clips, folders of pictures, cameras, addresses, arrays; all as RGB frames with times."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sized
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from paddleseg.errors import DataError
from paddleseg.files import is_dir
from paddleseg.geometry import Size

RATE = Fraction(25)
"""Frames a second of what has no times, where nothing else is said."""
VIDEO_SUFFIXES = (
    *(".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".ts", ".m2ts", ".mts", ".wmv", ".flv"),
    *(".3gp", ".ogv", ".y4m", ".vob", ".mxf"),
)
_ADDRESS = re.compile(r"(?!file:)[a-z][a-z0-9+.-]+://", re.IGNORECASE)
_CAMERA = re.compile(r"\d{1,2}|/dev/video\d+")


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
    remarks: list[str] = field(default_factory=list)


class Source(Protocol):
    """Frames in their order, once; `remarks` of `info` grows while they are read."""

    info: Info

    def __iter__(self) -> Iterator[Moment]: ...

    def close(self) -> None:
        """Let go of files and devices."""


def open_source(
    what: str | Path | Iterable[np.ndarray],
    start: float | None = None,
    end: float | None = None,
    rate: float | str | Fraction | None = None,
) -> Source:
    """Open anything that gives frames; the first one has been read when this returns.

    Args:
        what: A clip's file; a folder of pictures, which are taken in the order of the numbers in their names; a
            camera, "0" or "/dev/video0"; an address that FFmpeg opens, such as rtsp://; or RGB arrays uint8 (H, W, 3).
        start: Seconds from the beginning; frames before it are left out.
        end: Seconds from the beginning; this frame and those after it are left out.
        rate: Frames a second of pictures and arrays, which have no times; 25 by default. Also as "30000/1001".

    Raises:
        DataError: There is nothing of that name, or no frame in it, or `start`, `end` or `rate` are no such numbers.

    Example:
        >>> source = open_source("clip.mp4", start=2, end=4)
        >>> for moment in source:
        ...     print(float(moment.time), moment.image.shape)
    """
    begin, stop = _between(start, end)
    pace = _pace(rate)
    if not isinstance(what, (str, Path)):
        return Arrays(what, pace, begin, stop)
    text = str(what)
    if _CAMERA.fullmatch(text) and not is_dir(text):
        from paddleseg.video.webcam import Webcam

        return Webcam(text, begin, stop)
    if is_dir(text):
        from paddleseg.video.stills import Stills

        return Stills(Path(text), pace, begin, stop)
    from paddleseg.video.clip import Clip

    return Clip(text if is_address(what) else text.removeprefix("file://"), begin, stop, address=is_address(what))


def is_address(what: object) -> bool:
    """Whether that is something to be reached over a network, such as rtsp://."""
    return isinstance(what, str) and _ADDRESS.match(what) is not None


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


def _between(start: float | None, end: float | None) -> tuple[Fraction, Fraction | None]:
    for name, value in (("start", start), ("end", end)):
        if value is not None and not 0 <= value < 1e9:
            raise DataError(name, f"is {value}, which is no time in seconds", f"such as {name}=2.5")
    begin = Fraction(start or 0).limit_denominator(1_000_000)
    stop = None if end is None else Fraction(end).limit_denominator(1_000_000)
    if stop is not None and stop <= begin:
        raise DataError("end", f"is {end:g} s and start {float(begin):g} s: nothing lies between", "give a later end")
    return begin, stop


def _pace(rate: float | str | Fraction | None) -> Fraction:
    if rate is None:
        return RATE
    try:
        pace = Fraction(rate).limit_denominator(1001)
    except (ValueError, ZeroDivisionError, OverflowError):
        pace = Fraction(0)
    if not 0 < pace <= 1000:
        raise DataError("rate", f"is {rate}, which is no number of frames a second", "such as 25, or 30000/1001")
    return pace
