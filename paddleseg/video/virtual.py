"""A camera that other programs can choose, fed with frames; by pyvirtualcam."""

from __future__ import annotations

import sys

import numpy as np

from paddleseg.errors import DeviceError
from paddleseg.geometry import Size
from paddleseg.video.devices import MAKE_VIRTUAL

_CURES = {"linux": f"`{MAKE_VIRTUAL}` makes one (Debian and Ubuntu have it in v4l2loopback-dkms)"}
_ELSEWHERE = "install OBS Studio, and start its virtual camera once"


class VirtualCamera:
    """Takes frames for a virtual camera: v4l2loopback on Linux, that of OBS Studio elsewhere.

    Args:
        size: (h, w) of the frames.
        rate: Frames a second, nearly.
        device: Such as /dev/video10; the first one where it is not given.

    Raises:
        DeviceError: There is none, or it does not take such frames.

    Example:
        >>> with VirtualCamera((720, 1280), 30) as camera:
        ...     camera.send(rgb)
    """

    def __init__(self, size: Size, rate: float, device: str | None = None):
        import pyvirtualcam

        h, w = size
        try:
            self._camera = pyvirtualcam.Camera(w, h, rate, device=device)
        except RuntimeError as error:
            raise DeviceError("virtual camera", _reason(error), _CURES.get(sys.platform, _ELSEWHERE)) from error
        self.device: str = self._camera.device

    def send(self, picture: np.ndarray) -> None:
        """Show a frame, RGB uint8 (H, W, 3), to whoever looks.

        Raises:
            DeviceError: The device is gone.
        """
        try:
            self._camera.send(picture)
        except RuntimeError as error:
            raise DeviceError("virtual camera", _reason(error), "start again once it is there") from error

    def __enter__(self) -> VirtualCamera:
        return self

    def __exit__(self, *_: object) -> None:
        self._camera.close()


def _reason(error: RuntimeError) -> str:
    """Its first sentence: what follows is about modprobe, which the hint knows better."""
    return str(error).partition(". ")[0].rstrip(".")
