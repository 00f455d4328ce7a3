"""The newest frame of a camera, read in a thread of its own; a camera that breaks off is waited for."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from paddleseg.errors import DataError
from paddleseg.images.backgrounds import cover
from paddleseg.video.moments import Source
from paddleseg.video.webcam import Webcam

_FIRST_WAIT, _LONGEST_WAIT = 0.25, 5.0
"""Seconds between tries to open a camera again."""
_LEAVING = 5.0
"""Seconds that the thread has to finish what it is doing when it is told to stop."""


@dataclass(frozen=True)
class Shot:
    """A frame, RGB uint8 (H, W, 3), and when it came, by `time.monotonic`."""

    image: np.ndarray
    captured: float


class Feed:
    """Frames when they happen: whoever asks gets the newest one, and those in between are dropped and counted.

    So a slow computer shows fewer frames, and none of them late. A clip is played at its own pace. All frames have the
    first one's size; a camera that comes back with another is cut to it.

    Args:
        open_it: Opens the source, anew each time.
        reconnect: Whether a live source that breaks off is opened again, with waits up to 5 s between the tries.
        loop: Whether a clip begins again when it ends.
        tell: Gets a sentence when the source goes and when it comes back.

    Attributes:
        info: Of the source.
        dropped: Frames that came and were not asked for.
        is_away: Whether the source has broken off and is waited for.
        has_ended: Whether no frame will come any more.

    Raises:
        DataError: The source cannot be opened the first time.

    Example:
        >>> with Feed(lambda: open_source("0")) as feed:
        ...     while not feed.has_ended:
        ...         shot = feed.next(0.1)  # leaving the block lets the camera go
    """

    def __init__(
        self,
        open_it: Callable[[], Source],
        *,
        reconnect: bool = True,
        loop: bool = False,
        tell: Callable[[str], None] = print,
    ):
        self._open, self._reconnect, self._loop, self._tell = open_it, reconnect, loop, tell
        self._source = open_it()
        self.info = self._source.info
        for remark in self.info.remarks:
            tell(f"{self.info.name}: {remark}")
        self.dropped, self.is_away, self.has_ended = 0, False, False
        self._newest: Shot | None = None
        self._error: BaseException | None = None
        self._changed = threading.Condition()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._work, name="camera", daemon=True)

    def __enter__(self) -> Feed:
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        if self._thread.ident is None:
            self._source.close()
        else:
            self._thread.join(_LEAVING)

    def next(self, timeout: float) -> Shot | None:
        """The newest frame that was not given yet, waited for as long as `timeout` seconds; None where none came.

        The first call sets the source going.

        Raises:
            DataError: The source broke off and is not opened again.
        """
        if self._thread.ident is None:
            self._thread.start()
        with self._changed:
            self._changed.wait_for(lambda: self._newest is not None or self.has_ended, timeout)
            shot, self._newest = self._newest, None
            if shot is None and self._error is not None:
                raise self._error
            return shot

    def _work(self) -> None:
        try:
            while not self._stopped.is_set():
                fault = self._play()
                if self._stopped.is_set():
                    return
                if self.info.live and fault is None:
                    fault = DataError(self.info.name, "has ended", "is it still sending?")
                if fault is not None and self.info.live and self._reconnect:
                    self._open_again(fault)
                elif fault is not None:
                    raise fault
                elif self._loop:
                    self._source = self._open()
                else:
                    return
        except BaseException as error:  # whoever asks for a frame raises it
            self._error = error
        finally:
            self._source.close()
            with self._changed:
                self.has_ended = True
                self._changed.notify_all()

    def _play(self) -> DataError | None:
        """Take the source's frames until it ends; what ended it, where that is a fault."""
        source, begun = self._source, time.monotonic()
        rest = 1 / source.info.rate
        try:
            for moment in source:
                captured = time.monotonic()
                if isinstance(source, Webcam):
                    captured = source.begun + float(moment.time)
                elif not source.info.live:
                    self._stopped.wait(max(0.0, begun + float(moment.time) - captured))
                    captured = time.monotonic()
                if self._stopped.is_set():
                    return None
                self._put(moment.image, captured)
                rest = moment.duration or rest
            if not source.info.live:
                self._stopped.wait(float(rest))
        except DataError as error:
            return error
        finally:
            source.close()
        return None

    def _put(self, image: np.ndarray, captured: float) -> None:
        if image.shape[:2] != self.info.size:
            image = cover(image, self.info.size)
        with self._changed:
            self.dropped += self._newest is not None
            self._newest = Shot(image, captured)
            self._changed.notify_all()

    def _open_again(self, fault: DataError) -> None:
        name, lost = self.info.name, time.monotonic()
        self.is_away = True
        self._tell(f"{name}: {fault.problems[0].what}; waiting for it to come back")
        wait = _FIRST_WAIT
        while not self._stopped.wait(wait):
            wait = min(2 * wait, _LONGEST_WAIT)
            try:
                self._source = self._open()
            except DataError:
                continue
            self.is_away = False
            self._tell(f"{name}: is back after {time.monotonic() - lost:.1f} s{self._other_size()}")
            return

    def _other_size(self) -> str:
        (h, w), (first_h, first_w) = self._source.info.size, self.info.size
        return "" if (h, w) == (first_h, first_w) else f", with {w} x {h} pixels, cut to {first_w} x {first_h}"
