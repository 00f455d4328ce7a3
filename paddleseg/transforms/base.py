"""The transform contract, transforms that move pixels, and the chain of transforms."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, overload

import numpy as np

from paddleseg.errors import ConfigError
from paddleseg.geometry import Crop, Flip, Pad, Resize, Size, Step, Warp
from paddleseg.registry import TRANSFORMS
from paddleseg.transforms import functional, paddleseg_dict
from paddleseg.transforms.fields import IMAGE, Field
from paddleseg.transforms.functional import Fill
from paddleseg.transforms.sample import Sample


class Source(Protocol):
    """Where a transform may find more samples: the data set that it belongs to."""

    def __len__(self) -> int: ...

    def read(self, index: int, rng: np.random.Generator | None = None) -> Sample:
        """The decoded sample, untransformed."""


class Transform:
    """Changes a sample in place and returns it; draws only from `sample.rng`.

    Attributes:
        draws: Whether it draws at random, with the arguments that it was given; None where it does not say.
        label_only: Whether it leaves the image as it is, whatever the label.
        kept: Whether a cache keeps what it makes of samples, where it does not draw.
        size: (h, w) of the result, of those that give all images one size.
    """

    draws: bool | None = None
    label_only = False
    kept = True
    size: Size | None = None

    def attach(self, source: Source) -> None:
        """Called once by the data set, for transforms that want more of its samples than their own."""

    def __call__(self, sample: Sample) -> Sample:
        raise NotImplementedError


def is_random(transform: object) -> bool:
    """Whether a sample may become something else the next time.

    One that does not say so, as plugins written for PaddleSeg do not, is taken by its name: `Random...`.
    """
    draws = getattr(transform, "draws", None)
    return type(transform).__name__.startswith("Random") if draws is None else bool(draws)


def is_fixed(transform: object) -> bool:
    """Whether a cache may keep what it makes of a sample: only where it says that it draws nothing."""
    return isinstance(transform, Transform) and transform.draws is False and transform.kept


@dataclass(frozen=True)
class Move:
    """A geometry step with the looks it needs.

    Args:
        interp: OpenCV's name of the interpolation of the image, of a `Resize`; that of other maps follows their kind.
        fill: What the image shows where it has no pixels.
        label_fill: Likewise for the label.
    """

    step: Step
    interp: str = "LINEAR"
    fill: Fill = 127.5
    label_fill: int = 255

    def __call__(self, sample: Sample) -> None:
        """Move the image and all maps that belong to it, each as its kind says, and record the step."""
        after = self.step.after(sample.size)
        if after != sample.size:
            functional.check_size(after)
        for held in sample.fields.values():
            held.array = self._moved(held)
        sample.geometry.add(self.step)

    def _moved(self, held: Field) -> np.ndarray:
        if held.kind == IMAGE:
            return functional.move(held.array, self.step, self.interp, self.fill)
        return held.kind.moved(held.array, self.step, self.label_fill)


class Spatial(Transform):
    """A transform that only moves pixels: it says how, given the image's size, and `Move` does it.

    Args:
        blind: Whether the image's size is all that a plan asks for; set to False where `__call__` looks at the pixels.
    """

    blind = True

    def plan(self, size: Size, rng: np.random.Generator) -> Iterable[Move]:
        """The moves for an image of `size` (h, w)."""
        raise NotImplementedError

    def __call__(self, sample: Sample) -> Sample:
        for move in self.plan(sample.size, sample.rng):
            move(sample)
        return sample


@TRANSFORMS.register
class Compose(Transform):
    """Transforms in order.

    Args:
        transforms: Ours, PaddleSeg's plugins, or any function of a sample.
        to_rgb: Whether they see red first; False gives them OpenCV's order of colours.
        img_channels: Of pictures that are read for a dict as PaddleSeg's scripts hand it over, `{"img": path}`. What
            comes of it is a dict too.

    Example:
        >>> Compose([Resize([192, 192]), Normalize()])(sample).image.shape
        (192, 192, 3)
    """

    def __init__(self, transforms: Sequence[Callable[[Sample], Sample]], to_rgb: bool = True, img_channels: int = 3):
        self.transforms, self.to_rgb, self.img_channels = list(transforms), to_rgb, img_channels
        self.draws = any(map(is_random, self.transforms))
        self.kept = all(map(is_fixed, self.transforms))
        self.label_only = all(getattr(transform, "label_only", False) for transform in self.transforms)

    def attach(self, source: Source) -> None:
        for transform in self.transforms:
            if isinstance(transform, Transform):
                transform.attach(source)

    def split(self) -> tuple[list[Callable[[Sample], Sample]], list[Callable[[Sample], Sample]]]:
        """The transforms in front that are fixed, and the rest."""
        fixed = itertools.takewhile(is_fixed, self.transforms)
        count = sum(1 for _ in fixed)
        return self.transforms[:count], self.transforms[count:]

    def at_size(self, size: Size) -> Compose:
        """Copies of the transforms that end at another size; sizes before the last one change by the same factors.

        Raises:
            ConfigError: None of them has a size.
        """
        copies = [copy.copy(transform) for transform in self.transforms]
        sized = [(step, step.size) for step in copies if isinstance(step, Transform) and step.size]
        if not sized:
            hint = "add `{type: Resize, target_size: [w, h]}`"
            raise ConfigError("transforms", "have no size that could be another one", hint)
        last = sized[-1][1]
        for transform, before in sized:
            transform.size = (round(before[0] * size[0] / last[0]), round(before[1] * size[1] / last[1]))
        return Compose(copies)

    @overload  # type: ignore[override]  # which knows one form of samples
    def __call__(self, sample: Sample) -> Sample: ...
    @overload
    def __call__(self, sample: dict[str, Any]) -> dict[str, Any]: ...
    def __call__(self, sample: Sample | dict[str, Any]) -> Sample | dict[str, Any]:
        if isinstance(sample, dict):
            return paddleseg_dict.transformed(sample, self, self.img_channels)
        if not self.to_rgb:
            sample.image = np.ascontiguousarray(sample.image[..., ::-1])
        moves: list[Move] = []
        size = sample.size
        for transform in self.transforms:
            if isinstance(transform, Spatial) and transform.blind:
                for move in transform.plan(size, sample.rng):
                    moves.append(move)
                    size = move.step.after(size)
                continue
            _run(moves, sample)
            sample = transform(sample)
            if sample.trans_info:
                _adopt(sample)
            moves, size = [], sample.size
        _run(moves, sample)
        return sample


def _run(moves: Sequence[Move], sample: Sample) -> None:
    for move in joined(moves, sample.size) if len(moves) > 1 else moves:
        move(sample)


def joined(moves: Sequence[Move], size: Size) -> list[Move]:
    """The same moves of an image of `size`, with as few interpolations as possible.

    A `Warp` takes up the resizing before it, the window and the flip after it: the photo is sampled once, where it is
    large, and only for the pixels that are kept. That is sharper than one interpolation after another, and less work.
    """
    done: list[tuple[Size, Move]] = []  # with the size before each move
    for move in moves:
        before, after = size, move.step.after(size)
        if isinstance(move.step, Warp):
            while done and isinstance(done[-1][1].step, Resize) and done[-1][1].interp == "LINEAR":
                start, _ = done.pop()
                move = replace(move, step=move.step.of_resized(start, before))
                before = start
        elif isinstance(move.step, (Crop, Pad)) and done and isinstance(warp := done[-1][1].step, Warp):
            last = done[-1][1]
            if (last.fill, last.label_fill) == (move.fill, move.label_fill):
                y, x = (move.step.y, move.step.x) if isinstance(move.step, Crop) else (-move.step.top, -move.step.left)
                before, _ = done.pop()
                move = replace(last, step=warp.window(y, x, after))
        elif isinstance(move.step, Flip) and done and isinstance(warp := done[-1][1].step, Warp):
            before, last = done.pop()
            move = replace(last, step=warp.flipped(move.step))
        done.append((before, move))
        size = after
    return [move for _, move in done]


def _adopt(sample: Sample) -> None:
    """Record what a PaddleSeg plugin wrote into `trans_info`: ("resize" or "padding", the size before)."""
    entries, sample.trans_info = sample.trans_info, []
    sizes = [before for _, before in entries] + [sample.size]
    for (name, before), (h, w) in zip(entries, sizes[1:], strict=True):
        if name == "resize":
            sample.geometry.add(Resize((h, w)))
        else:  # PaddleSeg pads at the bottom and at the right
            sample.geometry.add(Pad(0, h - before[0], 0, w - before[1]))
