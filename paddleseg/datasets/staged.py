"""A data set as the training loader asks for it: in groups of one shape, and what is always the same done once."""

from __future__ import annotations

import copy
import hashlib
import math
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from paddleseg.datasets.base import Dataset
from paddleseg.datasets.cache import Cache, SampleStore, file_key, packed, settings_of, unpacked
from paddleseg.errors import DataError
from paddleseg.geometry import Size
from paddleseg.images.io import image_size
from paddleseg.transforms.affine import RandomRotate90
from paddleseg.transforms.base import Compose
from paddleseg.transforms.colour import Normalize
from paddleseg.transforms.sample import Sample


class Staged:
    """Samples in two stages: what is the same every time may come from a cache, the rest is drawn anew.

    Args:
        dataset: Where samples come from.
        sizes: (h, w) of the groups; an image belongs to the one of the nearest aspect ratio, and the transforms end at
            that size. None: one group, as the transforms are.
        least: Images of a group at least; the images of smaller ones go to the next best group.

    Attributes:
        groups: The indices of each group's images.
        is_ours: Whether all transforms are this package's, which several threads may run at once.
    """

    def __init__(self, dataset: Dataset, sizes: Sequence[Size] = (), least: int = 1):
        self.dataset, self.entries = dataset, dataset.entries
        self.sizes = list(sizes)
        self.groups: list[np.ndarray] = [np.arange(len(dataset))]
        if sizes:
            self._divide(least)
            self._remark_on_turns()
        self.group_of = np.zeros(len(dataset), np.int32)
        for number, members in enumerate(self.groups):
            self.group_of[members] = number
        self._first: list[Compose] = []
        self._rest = [dataset.transforms.at_size(size) for size in self.sizes] or [dataset.transforms]
        self.is_ours = all(type(step).__module__.startswith("paddleseg.") for step in dataset.transforms.transforms)
        self._store: SampleStore | None = None
        self._settings: list[str] = []

    def _divide(self, least: int) -> None:
        shapes = [_shape(path) for path, _ in self.entries]
        while True:
            nearest = np.array([self._nearest(shape) for shape in shapes])
            self.groups = [np.flatnonzero(nearest == number) for number in range(len(self.sizes))]
            counts = [len(members) for members in self.groups]
            if len(self.sizes) == 1 or min(counts) >= least:
                return
            h, w = self.sizes.pop(int(np.argmin(counts)))
            if min(counts):
                what = f"{min(counts)} images are nearest to {w}x{h}, fewer than a batch: they go to another shape"
                print(f"aspect_buckets: {what}.", file=sys.stderr)

    def _remark_on_turns(self) -> None:
        """Which shape a batch has is known before its samples are drawn, so a turned photo stays in its group."""
        if any(isinstance(step, RandomRotate90) and step.changes_shape for step in self.dataset.transforms.transforms):
            what = "RandomRotate90 turns photos after their shape was chosen, and a quarter turn does not fit it"
            print(f"aspect_buckets: {what}: list turned copies, and write `turns: [2]`.", file=sys.stderr)

    def _nearest(self, size: Size) -> int:
        """The group of an image of that size."""
        aspect = math.log(size[1] / size[0])
        return min(range(len(self.sizes)), key=lambda k: abs(math.log(self.sizes[k][1] / self.sizes[k][0]) - aspect))

    def keep(self, cache: Cache, folder: str | Path, limit: int) -> None:
        """Keep samples as far as they are the same every time: decoded, and past the fixed transforms in front."""
        chains = [chain.split() for chain in self._rest]
        self._first = [Compose(first) for first, _ in chains]
        self._rest = [Compose([copy.copy(t) for t in rest]) for _, rest in chains]
        for chain in self._rest:
            chain.attach(self)  # what they read of other samples comes from the cache too
        how = settings_of(self.dataset, ("entries", "transforms", "edge")) + repr(self.dataset.FIELDS)
        self._settings = [how + "".join(settings_of(t) for t in first) for first, _ in chains]
        if cache == "ram":
            self._store = SampleStore.in_memory(len(self), limit)
        else:
            digest = hashlib.sha256(f"{self.entries} {self._settings}".encode()).hexdigest()[:16]
            self._store = SampleStore(Path(folder) / f"{digest}.samples", len(self), limit)

    def __len__(self) -> int:
        return len(self.entries)

    def read(self, index: int, rng: np.random.Generator | None = None) -> Sample:
        """The sample before anything is drawn."""
        if self._store is None:
            return self.dataset.read(index, rng)
        rng = rng or np.random.default_rng(0)
        group, entry = int(self.group_of[index]), self.entries[index]

        def key() -> bytes:
            return file_key(self.dataset.files(index), self._settings[group])

        try:
            held = self._store.get(index, key)
            if held is not None:
                return unpacked(held, (str(entry[0]), str(entry[1] or "")), rng)
            made_of = key()
        except OSError:  # the file is gone, which reading it says better
            made_of = b""
        sample = self.dataset.transformed(self.dataset.read(index, rng), self._first[group])
        self._store.put(index, made_of, *packed(sample))
        return sample

    def finish(self, sample: Sample, room: np.ndarray | None = None) -> Sample:
        """What `read` gave, augmented; its image in `room` (C, H, W) if that fits, when `Normalize` is last."""
        sample.room = room
        group = self._nearest(sample.geometry.original) if self.sizes else 0
        return self.dataset.prepare(sample, self._rest[group])

    def unnormalized(self) -> tuple[Staged, Normalize | None]:
        """This without the `Normalize` at the end of its transforms, and that one, where images are bytes before it."""
        found = [step for step in self.dataset.transforms.transforms if isinstance(step, Normalize)]
        chains = [chain.transforms for chain in self._rest]
        is_last = all(chain and isinstance(chain[-1], Normalize) for chain in chains)  # it may be done once and kept
        if not (self.is_ours and is_last and len(found) == 1):
            return self, None
        other = copy.copy(self)
        other._rest = [Compose(chain[:-1]) for chain in chains]
        return other, found[0]

    def like(self, index: int) -> Iterator[int]:
        """A sample and those that may take its place, nearest first."""
        yield index
        members = self.groups[self.group_of[index]]
        start = int(np.searchsorted(members, index))
        for place in range(1, len(members)):
            yield int(members[(start + place) % len(members)])


def _shape(path: Path) -> Size:
    try:
        return image_size(path)
    except DataError:
        return 1, 1  # where it is read, what is wrong is said, or it is skipped
