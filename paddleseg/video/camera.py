"""From the newest frame of a camera to a window and a virtual camera, until somebody ends it."""

from __future__ import annotations

import time
from contextlib import suppress

import cv2
import numpy as np

from paddleseg.geometry import Size
from paddleseg.video.feed import Feed, Shot
from paddleseg.video.figures import Figures
from paddleseg.video.looks import Looks
from paddleseg.video.pipeline import opencv_alone
from paddleseg.video.preview import Preview
from paddleseg.video.session import Session
from paddleseg.video.virtual import VirtualCamera

_PATIENCE, _STALLED = 0.1, 2.0
"""Seconds between looks at the keys, and without a frame until it is said that there is none."""
_GREY = 48


class Camera:
    """Frame in, composite out, one after the other in one thread, with keys that change how it looks.

    Args:
        feed: Where frames come from.
        session: What finds people in them.
        looks: Backgrounds to choose from.
        window: Where they are shown, with figures over them.
        virtual: Where they are sent, without.
        mirror: Whether left and right change sides.
        keys: What the keys do, a line each, to be shown on request.

    Example:
        >>> with Feed(lambda: open_source("0")) as feed:
        ...     camera = Camera(feed, session, Looks(["blur"]), Preview(feed.info.size, "camera"))
        ...     camera.run()
    """

    def __init__(
        self,
        feed: Feed,
        session: Session,
        looks: Looks,
        window: Preview | None = None,
        virtual: VirtualCamera | None = None,
        *,
        mirror: bool = False,
        keys: str = "",
    ):
        self.feed, self.session, self.looks, self.window, self.virtual = feed, session, looks, window, virtual
        self.mirror, self.keys = mirror, keys
        self.hidden, self.figures = False, Figures()
        self._over = 0  # how much is written over the picture: figures, keys too, nothing
        self._done = False
        self._begun = self._last = time.monotonic()
        self._picture = plain(feed.info.size, "waiting for the camera")

    def run(self, seconds: float | None = None) -> Figures:
        """Go on until q, Ctrl-C, the end of a clip, or for so many seconds.

        Raises:
            DataError: The source broke off and is not waited for.
            DeviceError: The virtual camera is gone.
        """
        self.figures, self._begun = Figures(), time.monotonic()
        with opencv_alone(), suppress(KeyboardInterrupt):
            while not (self._done or (seconds is not None and time.monotonic() - self._begun >= seconds)):
                self._step()
        return self.figures

    def _step(self) -> None:
        shot = self.feed.next(_PATIENCE)
        if shot is not None:
            began = time.thread_time()
            self._picture = self._composite(shot)
            self._show(send=True)
            self._last = time.monotonic()
            self.figures.add(shot.captured, time.thread_time() - began)
        elif self.feed.has_ended:
            self._done = True
        else:
            is_late = self.feed.info.live and time.monotonic() - self._last > _STALLED
            gone = self.feed.is_away or is_late
            if gone:
                self._picture = plain(self.feed.info.size, "no picture from the camera")
                self.session.reset()
            self._show(send=gone)

    def _composite(self, shot: Shot) -> np.ndarray:
        if self.hidden:
            return plain(self.feed.info.size)
        image = cv2.flip(shot.image, 1) if self.mirror else shot.image
        self.session.compositor = self.looks.current
        return self.session(image, max(shot.captured - self._begun, 0.0)).composite

    def _show(self, send: bool) -> None:
        if send and self.virtual is not None:
            self.virtual.send(self._picture)
        if self.window is not None:
            key = self.window.show(self._picture, self._text())
            if key is not None:
                self._press(key)

    def _press(self, key: str) -> None:
        key = key.strip("[]")  # as keys of the number block are called
        if key == "q":
            self._done = True
        elif key == "b":
            self.looks.turn()
        elif key in "123456789":
            self.looks.blur(int(key) / 9)
        elif key == "m":
            self.mirror = not self.mirror
            self.session.reset()
        elif key == "r":
            self.session.reset()
        elif key == "h":
            self._over = (self._over + 1) % 3
        elif key == "space":
            self.hidden = not self.hidden
            self.session.reset()
            if self.hidden:  # at once, even if no frame follows
                self._picture = plain(self.feed.info.size)
                self._show(send=True)

    def _text(self) -> str:
        lines = ["hidden: space shows you again"] if self.hidden else []
        if self._over < 2:
            lines.append(f"{self.figures.now()}   {self.feed.dropped} dropped   h: keys".lstrip())
        if self._over == 1:
            lines += self.keys.splitlines()
        return "\n".join(lines)


def plain(size: Size, text: str = "") -> np.ndarray:
    """A grey picture with a line in its middle, RGB uint8 (H, W, 3)."""
    h, w = size
    picture = np.full((h, w, 3), _GREY, np.uint8)
    scale = w / 900
    (width, height), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, scale, 1)
    place = ((w - width) // 2, (h + height) // 2)
    cv2.putText(picture, text, place, cv2.FONT_HERSHEY_SIMPLEX, scale, (200, 200, 200), 1, cv2.LINE_AA)
    return picture
