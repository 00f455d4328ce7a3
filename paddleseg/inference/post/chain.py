"""The steps of a card in order, and what travels through them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from paddleseg.card import Card, Finish, Output, Step
from paddleseg.errors import ConfigError
from paddleseg.geometry import Geometry
from paddleseg.inference import postprocess
from paddleseg.registry import POSTPROCESS


@dataclass
class Frame:
    """One picture's output on its way to a result.

    Args:
        values: The main output (C, h, w) float32, of the network's input first, of the picture later; steps may write
            into it.
        image: The picture (H, W, C) uint8.
        geometry: What led from the picture to the network's input.
        output: What the channels of `values` mean.
        threshold: Probability from which a pixel is foreground.
        mask: Classes (H, W), or (C, H, W) of independent ones, once a step has chosen them.
        opacity: The matte (H, W) uint8, where a step has made it.
    """

    values: np.ndarray
    image: np.ndarray
    geometry: Geometry
    output: Output
    threshold: float
    mask: np.ndarray | None = None
    opacity: np.ndarray | None = None
    _inside: np.ndarray | None = None

    @property
    def inside(self) -> np.ndarray:
        """Where two classes are foreground, (h, w) uint8 0 and 1; as long as `values` are what they were."""
        if self._inside is None:
            self._inside = postprocess.above(self.values[-1], self.threshold)
        return self._inside

    def become(self, values: np.ndarray, inside: np.ndarray | None = None, opacity: np.ndarray | None = None) -> None:
        """Take other values, with what is known of them."""
        self.values, self._inside, self.opacity = values, inside, opacity


class PostStep:
    """Changes a frame in place.

    Attributes:
        two_classes: Whether it needs the probabilities of two classes.
        enlarges: Whether it brings values to the picture's size if they are not yet, so that nothing else has to.
    """

    two_classes: ClassVar[bool] = False
    enlarges: ClassVar[bool] = False

    def __call__(self, frame: Frame) -> None:
        raise NotImplementedError


class Chain:
    """A card's postprocessing.

    Raises:
        ConfigError: A step is unknown, its arguments are wrong, or it does not fit the card's output.
    """

    def __init__(self, card: Card):
        steps = card.postprocess or Finish().steps()
        if card.output.kind == "values":
            steps = card.postprocess or [Step(type="to_picture")]
        if card.output.kind == "alpha":
            steps = card.postprocess or [Step(type="to_picture"), Step(type="to_mask")]
        self.threshold = Finish.of(steps).threshold
        built = [_build(step, index, card) for index, step in enumerate(steps)]
        following = [*built[1:], None]
        self.steps = [
            step
            for step, after in zip(built, following, strict=True)
            if not (step.enlarges and after is not None and after.enlarges)
        ]

    def __call__(self, values: np.ndarray, image: np.ndarray, geometry: Geometry, output: Output) -> Frame:
        """The result of one picture; `values` may be written into."""
        frame = Frame(values, image, geometry, output, self.threshold)
        for step in self.steps:
            step(frame)
        return frame


def _build(step: Step, index: int, card: Card) -> PostStep:
    where = f"postprocess.{index}"
    try:
        built = POSTPROCESS.get(step.type, f"{where}.type")(**step.args)
    except (TypeError, ValueError) as error:
        raise ConfigError(where, f"{step.type}: {error}", "docs/howto/inference.md lists the steps") from error
    if built.two_classes and not has_two_classes(card.output, card.classes):
        raise ConfigError(where, f"{step.type} needs probabilities of two classes", "leave it out")
    return built


def has_two_classes(output: Output, classes: Sequence[str]) -> bool:
    """Whether an output holds probabilities of background and foreground, as far as a card tells."""
    return output.kind in ("prob", "logits") and not output.multilabel and len(classes) <= 2
