"""People of one frame after the other before another background."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np

from paddleseg.errors import ConfigError, Problem
from paddleseg.images import compositing
from paddleseg.images.backgrounds import Background, Picture, Plain
from paddleseg.images.blending import ColourMatch, light_wrap
from paddleseg.video.backdrop import Backdrop
from paddleseg.video.source import VIDEO_SUFFIXES

What = str | Path | tuple[int, int, int] | np.ndarray | Background


class Compositor:
    """Puts the people of frames before a background.

    Args:
        background: "blur" or "blur:STRENGTH", a colour ("#00b140", "white", (0, 177, 64)), a picture (a file, or RGB
            uint8 (H, W, 3)), a clip's file, which starts again when it ends, or what makes a background of a photo.
        light_wrap: How much of the background's light spills over the edges, 0 to 1.
        colour_match: How far the people's colours are moved towards the background's, 0 to 1.

    Raises:
        DataError: The background is none of these.
        ConfigError: A share is out of its range.

    Example:
        >>> compositor = Compositor("blur")
        >>> picture = compositor(frame.image, frame.opacity)  # RGB uint8 (H, W, 3)
    """

    def __init__(self, background: What, *, light_wrap: float = 0.0, colour_match: float = 0.0):
        problems = [
            Problem(name, f"should lie from 0 to 1, not {share}", "such as 0.5")
            for name, share in (("light_wrap", light_wrap), ("colour_match", colour_match))
            if not 0 <= share <= 1
        ]
        if problems:
            raise ConfigError(problems)
        self.background = _background_from(background)
        self.light_wrap = light_wrap
        self._match = ColourMatch(colour_match) if colour_match else None

    def __call__(self, image: np.ndarray, opacity: np.ndarray, time: Fraction | float | None = None) -> np.ndarray:
        """A frame before the background, RGB uint8 (H, W, 3).

        Args:
            image: RGB uint8 (H, W, 3).
            opacity: Its matte, uint8 (H, W).
            time: When it is shown, in seconds; a background that moves goes along.
        """
        if time is not None and isinstance(self.background, Backdrop):
            self.background.move_to(Fraction(time))
        behind = self.background(image, opacity)
        if self._match is not None:
            image = self._match(image, opacity, behind)
        foreign = self.background.foreign
        overwrite = not foreign and not self.light_wrap
        picture = compositing.replace(image, opacity, behind, unmix=foreign, overwrite=overwrite)
        return light_wrap(picture, opacity, behind, self.light_wrap) if self.light_wrap else picture

    def cutout(self, image: np.ndarray, opacity: np.ndarray) -> np.ndarray:
        """A frame with transparency instead of its background, RGBA uint8 (H, W, 4)."""
        return compositing.cutout(image, opacity)


def _background_from(what: What) -> Background:
    if isinstance(what, tuple):
        return Plain(what)
    if isinstance(what, np.ndarray):
        return Picture(what)
    if isinstance(what, (str, Path)):
        return (
            Backdrop(str(what))
            if Path(what).suffix.lower() in VIDEO_SUFFIXES
            else compositing.background_from(str(what))
        )
    return what
