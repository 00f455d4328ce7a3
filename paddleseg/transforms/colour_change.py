"""Brightness, contrast, saturation and hue: together one matrix, and one pass over the image."""

from __future__ import annotations

import cv2
import numpy as np

_LUMA = (0.299, 0.587, 0.114)
"""Shares of red, green and blue in the grey that the eye sees (ITU-R BT.601)."""


class ColourChange:
    """Changes of an image's colours, in the order of the calls, made together by `result`.

    Values are limited to 0..255 once, at the end.

    Args:
        image: uint8 (H, W, C); saturation and hue leave it as it is unless C is 3.

    Example:
        >>> ColourChange(image).contrast(1.2).hue(-10).result().shape
        (480, 640, 3)
    """

    def __init__(self, image: np.ndarray):
        self._channels = image.shape[2]
        self._start(image)

    def _start(self, image: np.ndarray) -> None:
        self._image = image
        self._mean: np.ndarray | None = None
        self._matrix = self._unchanged = np.eye(self._channels, self._channels + 1)

    def brightness(self, factor: float) -> ColourChange:
        """Black at 0, unchanged at 1."""
        self._matrix = self._matrix * factor
        return self

    def contrast(self, factor: float) -> ColourChange:
        """A grey of the image's mean brightness at 0, unchanged at 1."""
        if self._mean is None:
            self._mean = np.append(np.asarray(cv2.mean(self._image))[: self._channels], 1)
        mean = self._matrix @ self._mean
        self._matrix = self._matrix * factor
        self._matrix[:, -1] += (1 - factor) * (mean @ _LUMA if self._channels == 3 else mean[0])
        return self

    def saturation(self, factor: float) -> ColourChange:
        """Grey at 0, unchanged at 1; a grey image stays as it is."""
        if self._channels == 3:
            self._mix(factor * np.eye(3) + (1 - factor) * np.array(_LUMA))
        return self

    def hue(self, shift: float) -> ColourChange:
        """Turn all colours around the axis of greys, by `shift` 256ths of a circle; a grey image stays as it is."""
        if self._channels == 3:
            angle = shift * np.pi / 128
            skew = np.array([[0, -1, 1], [1, 0, -1], [-1, 1, 0]]) / np.sqrt(3)
            self._mix(np.eye(3) + np.sin(angle) * skew + (1 - np.cos(angle)) * (skew @ skew))  # Rodrigues' formula
        return self

    def sharpness(self, factor: float) -> ColourChange:
        """Softened at 0, unchanged at 1, sharpened above."""
        image, kernel = self.result(), np.array([[1, 1, 1], [1, 5, 1], [1, 1, 1]], np.float32) / 13
        sharp = cv2.addWeighted(image, factor, cv2.filter2D(image, -1, kernel), 1 - factor, 0)
        self._start(sharp.reshape(image.shape))
        return self

    def result(self) -> np.ndarray:
        """The image with all changes, uint8."""
        if self._matrix is self._unchanged:
            return self._image
        return cv2.transform(self._image, self._matrix).reshape(self._image.shape)

    def _mix(self, matrix: np.ndarray) -> None:
        self._matrix = matrix @ self._matrix
