"""A predictor with memory: frames in, steady mattes out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np

from paddleseg import compiled
from paddleseg.errors import ConfigError
from paddleseg.inference import postprocess
from paddleseg.inference.post.chain import has_two_classes
from paddleseg.inference.predictor import Predictor, Prepared, SegResult
from paddleseg.memory import keep_freed_memory
from paddleseg.video.compositor import Compositor
from paddleseg.video.moments import Moment
from paddleseg.video.pace import Pace
from paddleseg.video.people import People, people_from
from paddleseg.video.scene import Scenes
from paddleseg.video.smoothing import smoother_from


@dataclass(frozen=True)
class Frame:
    """A frame and what was found in it.

    Args:
        image: RGB uint8 (H, W, 3).
        result: The predictor's.
        compositor: What makes `composite`.
        time: When it is shown, in seconds; None where nobody said.
    """

    image: np.ndarray
    result: SegResult
    compositor: Compositor | None = None
    time: Fraction | float | None = None

    @property
    def mask(self) -> np.ndarray:
        """Classes (H, W) uint8."""
        return self.result.mask

    @property
    def alpha(self) -> np.ndarray:
        """The matte (H, W) float32 in [0, 1]."""
        return self.result.alpha

    @property
    def opacity(self) -> np.ndarray:
        """The matte (H, W) as uint8, 0 to 255."""
        return self.result.opacity

    @cached_property
    def composite(self) -> np.ndarray:
        """The people before the session's background, RGB uint8 (H, W, 3).

        Raises:
            ConfigError: The session has no compositor.
        """
        if self.compositor is None:
            raise ConfigError("composite", "the session has no compositor", 'such as Session(..., Compositor("blur"))')
        return self.compositor(self.image, self.opacity, self.time)


class Session:
    """Segments the frames of one clip or camera, each with what the ones before have shown.

    Calls come in order and from one thread at a time. The first frame of a scene gets the mask that the predictor gives
    to a photo. Memory that is freed is kept for the next frame, which takes a third off the work (`memory.py`).

    Args:
        predictor: What segments a frame; it may serve other sessions too.
        temporal: How masks are made steady: "adaptive", "flow" (steadier, costs more), "ema" (leaves trails) or None.
        compositor: What makes `Frame.composite`.
        people: "all", "main" (the largest, as long as it stays) or how many.
        every: The network runs for one frame in so many; the edges follow every frame.
        cpu: Share of one core that may be used, above 0: frames go without the network to stay below it.
        skip_still: No new mask where nothing has moved.

    Raises:
        ConfigError: A setting is out of its range, or does not fit the predictor.

    Example:
        >>> session = Session(Predictor.from_zoo("portrait"), compositor=Compositor("blur"))
        >>> for frame in session.stream(frames):
        ...     show(frame.composite)
    """

    def __init__(
        self,
        predictor: Predictor,
        temporal: str | None = "adaptive",
        compositor: Compositor | None = None,
        *,
        people: People = "all",
        every: int = 1,
        cpu: float | None = None,
        skip_still: bool = False,
    ):
        keep_freed_memory()
        compiled.load()
        self.predictor, self.compositor = predictor, compositor
        output = predictor.card.output
        if output.kind not in ("prob", "logits"):
            what = f"{predictor.card.name or 'the model'} gives {output.kind} and no probabilities"
            raise ConfigError("predictor", what, "export it with --output_op softmax")
        self._smoother = smoother_from(temporal)
        self._people = people_from(people, predictor.finish.threshold)
        if self._people is not None and not has_two_classes(output, predictor.card.classes):
            raise ConfigError("people", "needs a model of two classes", "leave it out")
        self._pace = Pace(every, cpu, skip_still)
        self.reset()

    def reset(self) -> None:
        """Forget what was seen: the next frame begins another clip."""
        self._scenes = Scenes()
        self._size: tuple[int, ...] = ()
        self._prob: np.ndarray | None = None
        self._begin()

    def __call__(self, image: np.ndarray, time: Fraction | float | None = None) -> Frame:
        """The next frame, RGB uint8 (H, W, 3), and when it is shown, in seconds, for backgrounds that move.

        Raises:
            ValueError: It is no picture.
            DataError: The card's steps cannot work with it.
        """
        prepared = self.predictor.prepare(image)
        view = prepared.tensor[len(prepared.tensor) // 2]  # green, or grey
        changed, self._size = prepared.image.shape != self._size, prepared.image.shape
        if changed:
            self._scenes = Scenes()
        if self._scenes.begins(view):
            self._begin()
        if self._pace.is_due(view) or self._prob is None:
            self._prob = self._segmented(prepared, view)
        result = self.predictor.complete(self._prob.copy(), prepared)
        return Frame(image, result, self.compositor, time)

    def stream(self, frames: Iterable[np.ndarray | Moment]) -> Iterator[Frame]:
        """Frame by frame, as they are asked for; of RGB arrays, or of what `open_source` opens."""
        for each in frames:
            yield self(each) if isinstance(each, np.ndarray) else self(each.image, each.time)

    def _begin(self) -> None:
        self._prob = None
        for part in (self._smoother, self._people, self._pace):
            if part is not None:
                part.reset()

    def _segmented(self, prepared: Prepared, view: np.ndarray) -> np.ndarray:
        prob = postprocess.without_complement(self.predictor.run([prepared])[0], self.predictor.card.output)
        if self._smoother is not None:
            prob = self._smoother(prob, view)
        return prob if self._people is None else self._people(prob.copy())
