"""A camera of this machine, by OpenCV: the packages of PyAV cannot open any."""

from __future__ import annotations

import time
from collections.abc import Iterator
from fractions import Fraction

import cv2
import numpy as np

from paddleseg.errors import DataError
from paddleseg.geometry import Size
from paddleseg.video.devices import list_devices
from paddleseg.video.moments import Info, Moment

_TICK = Fraction(1, 1000)


class Webcam:
    """Frames as they come; their times are when they came, from the first one on.

    Args:
        name: A number, or /dev/video0.
        start: Seconds to let pass.
        end: Seconds after which to stop; without it, whoever reads does.
        size: (h, w) that is asked for; a camera takes the nearest that it has, and a remark says so.
        rate: Frames a second that are asked for, likewise.

    Attributes:
        begun: When time was 0, by `time.monotonic`.

    Raises:
        DataError: It cannot be opened, or gives no frame.
    """

    def __init__(
        self,
        name: str,
        start: Fraction = Fraction(0),
        end: Fraction | None = None,
        size: Size | None = None,
        rate: float | None = None,
    ):
        self._start, self._end = start, end
        number = int(name.removeprefix("/dev/video"))
        self._camera, picture = _opened(number, size, rate)
        if picture is None:
            raise _cannot_open(name, number)
        self.begun = time.monotonic()
        gives = Fraction(self._camera.get(cv2.CAP_PROP_FPS) or 30).limit_denominator(1001)
        span = None if end is None else end - start
        frames = None if span is None else round(span * gives)
        self.info = Info(f"camera {name}", picture.shape[:2], gives, _TICK, span, frames, live=True)
        if size is not None and size != self.info.size:
            (h, w), (asked_h, asked_w) = self.info.size, size
            self.info.remarks.append(f"gives {w} x {h}, where {asked_w} x {asked_h} was asked for")
        if rate is not None and abs(rate - gives) > 0.5:
            self.info.remarks.append(f"gives {float(gives):g} frames a second, where {rate:g} were asked for")

    def __iter__(self) -> Iterator[Moment]:
        while True:
            done = self._camera.grab()
            now = round(Fraction(time.monotonic() - self.begun) / _TICK) * _TICK  # decoding it takes a while
            done, picture = self._camera.retrieve() if done else (False, None)
            if not done or picture is None:
                what = f"gave no more pictures after {float(now):.1f} s"
                raise DataError(self.info.name, what, "is it still plugged in?")
            if self._end is not None and now >= self._end:
                return
            if now >= self._start:
                yield Moment(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), now - self._start)

    def close(self) -> None:
        """Let the camera go."""
        self._camera.release()


def _opened(number: int, size: Size | None, rate: float | None) -> tuple[cv2.VideoCapture, np.ndarray | None]:
    """A camera and its first picture; None of one that gives none."""
    words = cv2.setLogLevel(0)  # of each of its ways to open one, OpenCV says why it failed
    try:
        camera = cv2.VideoCapture(number)
    finally:
        cv2.setLogLevel(words)
    if not camera.isOpened():
        return camera, None
    if size is not None:
        # Uncompressed, few cameras give more than 10 large pictures a second.
        camera.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
        camera.set(cv2.CAP_PROP_FRAME_WIDTH, size[1])
        camera.set(cv2.CAP_PROP_FRAME_HEIGHT, size[0])
    if rate is not None:
        camera.set(cv2.CAP_PROP_FPS, rate)
    done, picture = camera.read()
    if not done or picture is None:
        camera.release()
        return camera, None
    return camera, picture


def _cannot_open(name: str, number: int) -> DataError:
    there = list_devices()
    trouble = next((device.trouble for device in there if device.path == f"/dev/video{number}" and device.trouble), "")
    if trouble:
        return DataError(f"camera {name}", trouble, "`paddleseg camera --list` shows what each camera gives")
    what = f"cannot be opened, or gives no picture; there are: {', '.join(map(str, there)) or 'none'}"
    return DataError(f"camera {name}", what, "is it plugged in, and in no other program's use?")
