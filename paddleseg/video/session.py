"""A predictor with memory: frames in, steady mattes out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from paddleseg.errors import ConfigError
from paddleseg.images import compositing
from paddleseg.inference.predictor import Predictor, SegResult
from paddleseg.video.compositor import Compositor


@dataclass(frozen=True)
class Frame:
    """A frame and what was found in it.

    Args:
        image: RGB uint8 (H, W, 3).
        result: The predictor's.
        compositor: What makes `composite`.
    """

    image: np.ndarray
    result: SegResult
    compositor: Compositor | None = None

    @property
    def mask(self) -> np.ndarray:
        """Classes (H, W) uint8."""
        return self.result.mask

    @property
    def alpha(self) -> np.ndarray:
        """The matte (H, W) float32 in [0, 1]."""
        return self.result.alpha

    @cached_property
    def opacity(self) -> np.ndarray:
        """The matte (H, W) as uint8, 0 to 255."""
        return compositing.opacity(self.alpha)

    @cached_property
    def composite(self) -> np.ndarray:
        """The people before the session's background, RGB uint8 (H, W, 3).

        Raises:
            ConfigError: The session has no compositor.
        """
        if self.compositor is None:
            raise ConfigError("composite", "the session has no compositor", 'such as Session(..., Compositor("blur"))')
        return self.compositor(self.image, self.opacity)


class Session:
    """Segments the frames of one clip or camera, each with what the ones before have shown.

    Args:
        predictor: Of two classes.
        temporal: How masks are made steady.
        compositor: What makes `Frame.composite`.

    Example:
        >>> session = Session(Predictor.from_zoo("portrait"), compositor=Compositor("blur"))
        >>> for frame in session.stream(frames):
        ...     show(frame.composite)
    """

    def __init__(self, predictor: Predictor, temporal: str | None = "adaptive", compositor: Compositor | None = None):
        self.predictor, self.temporal, self.compositor = predictor, temporal, compositor

    def __call__(self, image: np.ndarray) -> Frame:
        """The next frame, RGB uint8 (H, W, 3)."""
        return Frame(image, self.predictor(image), self.compositor)

    def reset(self) -> None:
        """Forget what was seen: the next frame begins another clip."""

    def stream(self, frames: Iterable[np.ndarray]) -> Iterator[Frame]:
        """Frame by frame, as they are asked for."""
        for image in frames:
            yield self(image)
