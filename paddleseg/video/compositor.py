"""People of one frame after the other before another background."""

from __future__ import annotations

import numpy as np

from paddleseg.images import compositing


class Compositor:
    """Puts the people of frames before a background.

    Args:
        background: "blur", a colour ("#00b140", "white"), or a picture's file.

    Raises:
        DataError: The background is none of these.

    Example:
        >>> compositor = Compositor("blur")
        >>> picture = compositor(frame.image, frame.opacity)  # RGB uint8 (H, W, 3)
    """

    def __init__(self, background: str):
        self.background = compositing.background_from(background)

    def __call__(self, image: np.ndarray, opacity: np.ndarray) -> np.ndarray:
        """A frame, RGB uint8 (H, W, 3), with its matte, uint8 (H, W), before the background."""
        alpha = opacity.astype(np.float32) / 255
        return compositing.replace(image, alpha, self.background(image, alpha))

    def cutout(self, image: np.ndarray, opacity: np.ndarray) -> np.ndarray:
        """A frame with transparency instead of its background, RGBA uint8 (H, W, 4)."""
        return compositing.cutout(image, opacity.astype(np.float32) / 255)
