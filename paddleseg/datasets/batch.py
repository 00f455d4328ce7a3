"""A batch in the making: where its arrays lie in memory, and how samples get there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import cv2
import numpy as np

from paddleseg.datasets.checks import whole_numbers
from paddleseg.datasets.staged import Staged
from paddleseg.errors import DataError
from paddleseg.transforms.colour import Normalize
from paddleseg.transforms.fields import Kind
from paddleseg.transforms.sample import Sample

OnError = Literal["raise", "skip"]
Read = Callable[[int, np.random.Generator], Sample]
"""The decoded sample at an index, which will draw from that generator."""


@dataclass(frozen=True)
class Layout:
    """Where the arrays of a batch lie in a block of memory: (shape, type, offset) by name, and their kinds."""

    parts: dict[str, tuple[tuple[int, ...], str, int]]
    kinds: dict[str, Kind]
    nbytes: int

    @classmethod
    def of(cls, sample: Sample, batch_size: int, as_bytes: bool = False) -> Layout:
        """The layout of batches of samples like this one; `as_bytes` of their images before `Normalize`."""
        parts, offset = {}, 0
        for name, plane in _planes(sample).items():
            dtype = np.dtype(np.uint8 if as_bytes else np.float32) if name == "image" else plane.dtype
            parts[name] = ((batch_size, *plane.shape), dtype.str, offset)
            offset += -(-batch_size * plane.size * dtype.itemsize // 64) * 64
        return cls(parts, {name: field.kind for name, field in sample.fields.items()}, offset)

    def views(self, memory: np.ndarray) -> dict[str, np.ndarray]:
        """The arrays of a batch in a block of bytes."""
        return {
            name: np.ndarray(shape, dtype, memory.data, offset) for name, (shape, dtype, offset) in self.parts.items()
        }

    def empty(self) -> dict[str, np.ndarray]:
        return {name: np.empty(shape, dtype) for name, (shape, dtype, _) in self.parts.items()}

    def finished(self, arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """The arrays as a network and its losses take them."""
        return {name: self.kinds[name].batched(array) for name, array in arrays.items()}


@dataclass(frozen=True)
class Filled:
    """The samples that a batch holds, and what was wrong with those that it should have held, by path."""

    indices: list[int]
    skipped: dict[str, str]


def generator(seed: int, epoch: int, index: int) -> np.random.Generator:
    """Where all random draws of a sample come from."""
    return np.random.default_rng([seed, epoch, index])


def fill(
    dataset: Staged,
    read: Read,
    layout: Layout,
    arrays: dict[str, np.ndarray],
    seed: int,
    epoch: int,
    indices: Sequence[int],
    on_error: OnError,
) -> Filled:
    """Write samples into the arrays of a batch."""
    used: list[int] = []
    skipped: dict[str, str] = {}
    as_bytes = arrays["image"].dtype == np.uint8
    for row, index in enumerate(indices):
        drawn = draw(dataset, read, seed, epoch, index, on_error, None if as_bytes else arrays["image"][row])
        skipped |= drawn.skipped
        used.append(drawn.index)
        sample, planes = drawn.sample, _planes(drawn.sample)
        if planes.keys() != arrays.keys():
            what = f"has {', '.join(planes)}; other samples have {', '.join(arrays)}"
            raise DataError(sample.path, what, "give all images labels, or none")
        for name, plane in planes.items():
            if plane.shape != arrays[name].shape[1:]:
                shapes = " and ".join("x".join(map(str, shape)) for shape in (arrays[name].shape[1:], plane.shape))
                what = f"the transforms leave {name}s of different sizes: {shapes}"
                raise DataError(sample.path, what, "end with RandomPaddingCrop or Resize, which give one size")
            if as_bytes and name == "image":
                np.stack(cv2.split(sample.image), out=arrays[name][row])
            elif not _same_memory(plane, arrays[name][row]):
                arrays[name][row] = _fitting(plane, arrays[name].dtype, layout.kinds[name], f"{sample.path}: {name}")
    return Filled(used, skipped)


def _fitting(plane: np.ndarray, dtype: np.dtype, kind: Kind, where: str) -> np.ndarray:
    """A map that a batch of this type can hold.

    Raises:
        DataError: It would lose values.
    """
    if kind.dtype == "int64" and plane.dtype.kind == "f":
        plane = whole_numbers(plane, where)
    if plane.dtype == dtype or np.can_cast(plane.dtype, dtype, "safe") or dtype.kind == "f":
        return plane
    held = plane.astype(dtype)
    if (held != plane).any():
        hint = "give all samples' maps one type"
        raise DataError(where, f"is {plane.dtype}, of which {dtype} of other samples cannot hold all values", hint)
    return held


def _same_memory(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether both are the same elements in the same order, of one shape."""
    return one.strides == other.strides and one.__array_interface__["data"] == other.__array_interface__["data"]


@dataclass(frozen=True)
class Drawn:
    """An augmented sample, its index, and what was wrong with the ones that it replaces, by path."""

    sample: Sample
    index: int
    skipped: dict[str, str]


def draw(
    dataset: Staged,
    read: Read,
    seed: int,
    epoch: int,
    index: int,
    on_error: OnError,
    room: np.ndarray | None = None,
) -> Drawn:
    """The sample at `index` or, where that cannot be used and errors are skipped, the next one that can.

    Args:
        room: As `Staged.finish`'s.
    """
    skipped: dict[str, str] = {}
    for place in dataset.like(index):
        try:
            return Drawn(dataset.finish(read(place, generator(seed, epoch, place)), room), place, skipped)
        except DataError as error:
            if on_error == "raise":
                raise
            skipped[str(dataset.entries[place][0])] = str(error.problems[0])
    raise DataError("train_dataset", "holds no image that can be used", next(iter(skipped.values())))


def _planes(sample: Sample) -> dict[str, np.ndarray]:
    """All maps of a sample, channels first."""
    maps = {name: field.array for name, field in sample.fields.items()}
    return {name: array.transpose(2, 0, 1) if array.ndim == 3 else array for name, array in maps.items()}


def taken(views: dict[str, np.ndarray], normalize: Normalize | None) -> dict[str, np.ndarray]:
    """Copies of a slot's arrays, so that the slot is free for another batch; images of bytes are normalised."""
    if normalize is None:
        return {name: view.copy() for name, view in views.items()}
    arrays = {
        name: np.empty(view.shape, np.float32) if name == "image" else view.copy() for name, view in views.items()
    }
    for image, room in zip(views["image"], arrays["image"], strict=True):
        normalize.normalized(image.transpose(1, 2, 0), room)
    return arrays


def filled_batch(dataset: Staged, read: Read, layout: Layout, *job: Any) -> tuple[dict[str, np.ndarray], Filled]:
    arrays = layout.empty()
    return arrays, fill(dataset, read, layout, arrays, *job)


def fill_slot(dataset: Staged, memory: np.ndarray, layout: Layout, *job: Any) -> Filled:
    return fill(dataset, dataset.read, layout, layout.views(memory), *job)
