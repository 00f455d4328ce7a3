"""A camera of this machine, by OpenCV: the packages of PyAV cannot open any."""

from __future__ import annotations

import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import cv2

from paddleseg.errors import DataError
from paddleseg.video.moments import Info, Moment

_TICK = Fraction(1, 1000)


class Webcam:
    """Frames as they come; their times are when they came, from the first one on.

    Args:
        name: A number, or /dev/video0.
        start: Seconds to let pass.
        end: Seconds after which to stop; without it, whoever reads does.

    Raises:
        DataError: It cannot be opened, or gives no frame.
    """

    def __init__(self, name: str, start: Fraction, end: Fraction | None):
        self._start, self._end = start, end
        self._camera = cv2.VideoCapture(int(name.removeprefix("/dev/video")))
        done, picture = self._camera.read() if self._camera.isOpened() else (False, None)
        if not done or picture is None:
            self._camera.release()
            there = ", ".join(sorted(map(str, Path("/dev").glob("video*")))) or "none"
            what = f"cannot be opened, or gives no picture; there are: {there}"
            raise DataError(f"camera {name}", what, "is it plugged in, and in no other program's use?")
        self._begun = time.monotonic()
        rate = Fraction(self._camera.get(cv2.CAP_PROP_FPS) or 30).limit_denominator(1001)
        span = None if end is None else end - start
        frames = None if span is None else round(span * rate)
        self.info = Info(f"camera {name}", picture.shape[:2], rate, _TICK, span, frames, live=True)

    def __iter__(self) -> Iterator[Moment]:
        while True:
            done, picture = self._camera.read()
            now = round(Fraction(time.monotonic() - self._begun) / _TICK) * _TICK
            if not done:
                hint = "is it still plugged in? what had come is kept"
                raise DataError(self.info.name, f"gave no more pictures after {float(now):.1f} s", hint)
            if self._end is not None and now >= self._end:
                return
            if now >= self._start:
                yield Moment(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), now - self._start)

    def close(self) -> None:
        """Let the camera go."""
        self._camera.release()
