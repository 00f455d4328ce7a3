"""Where frames come from: clips, folders of pictures, cameras, addresses, arrays; all as RGB frames with times."""

from __future__ import annotations

import re
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import numpy as np

from paddleseg.errors import DataError
from paddleseg.files import is_dir
from paddleseg.video.moments import RATE, Arrays, Source

VIDEO_SUFFIXES = (
    *(".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".ts", ".m2ts", ".mts", ".wmv", ".flv"),
    *(".3gp", ".ogv", ".y4m", ".vob", ".mxf"),
)
_ADDRESS = re.compile(r"(?!file:)[a-z][a-z0-9+.-]+://", re.IGNORECASE)
_CAMERA = re.compile(r"\d{1,2}|/dev/video\d+")


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
    if is_camera(text):
        from paddleseg.video.webcam import Webcam

        return Webcam(text, begin, stop)
    if is_dir(text):
        from paddleseg.video.stills import Stills

        return Stills(Path(text), pace, begin, stop)
    from paddleseg.video.clip import Clip  # on demand: backgrounds that do not move need no PyAV

    return Clip(text if is_address(what) else text.removeprefix("file://"), begin, stop, address=is_address(what))


def is_camera(text: str) -> bool:
    """Whether that names one of this machine's cameras, such as 0 or /dev/video0."""
    return _CAMERA.fullmatch(text) is not None and not is_dir(text)


def is_address(what: object) -> bool:
    """Whether that is something to be reached over a network, such as rtsp://."""
    return isinstance(what, str) and _ADDRESS.match(what) is not None


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
