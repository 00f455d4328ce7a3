"""Frames as they are held, turned as they are meant to be seen."""

from __future__ import annotations

from typing import cast

import av
import cv2
import numpy as np
from av.sidedata.sidedata import SideData


class Turn:
    """How frames have to be turned to stand upright, by a display matrix: mirrored first, then turned."""

    def __init__(self, quarters: int = 0, mirrored: bool = False):
        self.quarters, self.mirrored = quarters, mirrored
        self.is_sideways = quarters % 2 == 1
        self.degrees = quarters * 90

    def __call__(self, image: np.ndarray) -> np.ndarray:
        if self.mirrored:
            image = cv2.flip(image, 1)
        if self.quarters:
            codes = (cv2.ROTATE_90_CLOCKWISE, cv2.ROTATE_180, cv2.ROTATE_90_COUNTERCLOCKWISE)
            image = cv2.rotate(image, codes[self.quarters - 1])
        return image


def turn_of(frame: av.VideoFrame) -> Turn:
    """What a decoded frame's display matrix asks for."""
    data = cast("SideData | None", frame.side_data.get("DISPLAYMATRIX"))
    if data is None:
        return Turn()
    a, b, _, c, d = np.frombuffer(bytes(data), np.int32)[:5].astype(float)
    mirrored = a * d - b * c < 0
    if mirrored:
        a, b = -a, -b
    return Turn(round(np.degrees(np.arctan2(b, a)) / 90) % 4, mirrored)
