"""From a picture to a network's input: the card's steps, run by the same transforms that evaluation uses."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from paddleseg.card import Step
from paddleseg.errors import ConfigError, DataError
from paddleseg.geometry import Geometry
from paddleseg.registry import TRANSFORMS
from paddleseg.transforms.base import Compose, is_random
from paddleseg.transforms.fields import KINDS, PLAIN
from paddleseg.transforms.sample import Sample


def explicit_steps(specs: Sequence[Mapping[str, Any]], where: str = "transforms") -> list[Step]:
    """A configuration's transforms as a card's steps: all arguments written out, label-only ones left out.

    Written out, because a reader in another language does not know the defaults. What a transform does is asked of
    the transform itself, with these arguments.

    Raises:
        ConfigError: A transform is random, so it cannot prepare a picture for inference, or its arguments are wrong.
    """
    steps = []
    for index, spec in enumerate(specs):
        here = f"{where}.{index}"
        name, written = spec["type"], {key: value for key, value in spec.items() if key != "type"}
        made = _build(name, written, here)
        if getattr(made, "label_only", False):
            continue
        if is_random(made):
            hint = "give the steps that inference needs under export.transforms"
            raise ConfigError(here, f"{name} is random; a card holds fixed steps only", hint)
        parameters = inspect.signature(TRANSFORMS.get(name)).parameters.values()
        defaults = {
            p.name: p.default for p in parameters if p.default is not p.empty and p.name != "label_padding_value"
        }
        steps.append(Step(type=name, **{key: _plain(value) for key, value in (defaults | written).items()}))
    return steps


def _plain(value: Any) -> Any:
    return [_plain(item) for item in value] if isinstance(value, (tuple, list)) else value


class Preprocessor:
    """Runs a card's steps.

    Args:
        steps: The steps, or a transform that has been built.

    Example:
        >>> tensor, geometry = Preprocessor(card.preprocess)(rgb)  # (C, h, w) float32
    """

    def __init__(self, steps: Sequence[Step] | Callable[[Sample], Sample]):
        if callable(steps):
            self.transform = steps if isinstance(steps, Compose) else Compose([steps])
        else:
            built = [_build(step.type, step.args, f"preprocess.{index}") for index, step in enumerate(steps)]
            self.transform = Compose(built)

    def __call__(self, image: np.ndarray) -> tuple[np.ndarray, Geometry]:
        """The network's input (C, h, w) float32 and what led there, for an image (H, W, C) uint8."""
        geometry = Geometry(image.shape[:2])
        sample = self.transform(Sample(image=image, label=None, rng=np.random.default_rng(0), geometry=geometry))
        return np.ascontiguousarray(sample.image.transpose(2, 0, 1), dtype=np.float32), sample.geometry

    @staticmethod
    def moved(name: str, array: np.ndarray, geometry: Geometry) -> np.ndarray:
        """A map (H, W) or (H, W, C) that a network takes beside the image, such as "trimap", as (C, h, w) float32.

        Args:
            name: Says its kind, as that of a sample's field.
            geometry: What led from the image to the network's input.
        """
        kind = KINDS.get(name, PLAIN)
        for step in geometry.steps:
            array = kind.moved(array, step)
        planes = array[None] if array.ndim == 2 else array.transpose(2, 0, 1)
        return np.ascontiguousarray(kind.batched(planes), dtype=np.float32)

    def fixed_size(self, channels: int = 3) -> tuple[int, int] | None:
        """The size (h, w) that comes out whatever goes in, or None where it follows the picture."""
        try:
            sizes = {self(np.zeros((*size, channels), np.uint8))[1].size for size in ((96, 128), (150, 80))}
        except DataError:  # a step that takes some sizes only
            return None
        return sizes.pop() if len(sizes) == 1 else None


def _build(name: str, arguments: Mapping[str, Any], where: str) -> Any:
    try:
        return TRANSFORMS.get(name, f"{where}.type")(**arguments)
    except (TypeError, ValueError) as error:
        raise ConfigError(where, f"{name}: {error}", "docs/howto/inference.md lists the steps") from error
