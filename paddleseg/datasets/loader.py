"""Batches: which samples, in which order, with which random draws is a function of seed and step, and of nothing else.

So a run does not depend on the number of workers, and a resumed run sees what the uninterrupted one would have seen.
"""

from __future__ import annotations

import itertools
import numbers
import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from paddleseg.datasets.adopt import adopted
from paddleseg.datasets.base import Dataset
from paddleseg.datasets.batch import Filled, Layout, OnError, draw, fill_slot, filled_batch, generator, taken
from paddleseg.datasets.cache import Cache
from paddleseg.datasets.read_ahead import ReadAhead
from paddleseg.datasets.staged import Staged
from paddleseg.datasets.workers import Workers
from paddleseg.errors import ConfigError, DataError
from paddleseg.memory import keep_freed_memory
from paddleseg.transforms.arguments import is_number, size_from_wh
from paddleseg.transforms.sample import Sample

Batch = dict[str, Any]
"""`image` (N, C, H, W) float32, `label` (N, H, W) int64, more maps by name, `index` list[int], `epoch` int.

The type of a map is that of its kind (`paddleseg.transforms.fields`).
"""

_AHEAD = 2
"""Batches that each worker prepares before they are asked for."""
_THREADS = 2
"""More would wait for each other: between two calls of OpenCV only one of them runs."""
_QUEUED = 1
"""Batches that wait for a thread, so that none waits for the caller."""
_RANGES = {"batch_size": (1, 2**16), "num_workers": (0, 256)}


class TrainLoader:
    """Endless training batches.

    Args:
        dataset: Where samples come from.
        batch_size: Images of one batch of this rank.
        seed: Decides order and augmentation.
        num_workers: Processes that prepare batches; 0 prepares them in threads of this one.
        rank: Which slice of the global batch is this process's, of `world_size`.
        on_error: "skip" takes the next good image in place of one that cannot be used, and names each such image once.
        plugins: Python files that workers import before they unpickle the data set, besides those imported here.
        aspect_buckets: [w, h] of batches of several shapes: an image goes to the one of the nearest aspect ratio, and
            the transforms end at that size. A batch has one shape.
        cache: "ram" or "disk" keeps samples decoded and past the transforms in front that draw nothing.
        cache_dir: Where "disk" keeps them.
        cache_gb: Gigabytes at most; samples that find no room are read from their files.

    Attributes:
        steps_per_epoch: Batches of one pass over the data; what is left over is dropped.
        skipped: What was wrong with the images that were skipped, by path.

    Raises:
        ConfigError: A number is out of range.
        DataError: The data set has fewer images than one global batch.
    """

    def __init__(
        self,
        dataset: Dataset,
        batch_size: int,
        *,
        seed: int = 0,
        num_workers: int = 0,
        rank: int = 0,
        world_size: int = 1,
        on_error: OnError = "raise",
        plugins: Sequence[str] = (),
        aspect_buckets: Sequence[Sequence[int]] = (),
        cache: Cache | None = None,
        cache_dir: str | Path = "output/cache",
        cache_gb: float = 4.0,
    ):
        _check(batch_size=batch_size, num_workers=num_workers)
        if cache and not (is_number(cache_gb) and cache_gb > 0):
            raise ConfigError("cache_gb", f"should be a number above 0, not {cache_gb!r}", "4 is the default")
        try:
            sizes = [size_from_wh("aspect_buckets", size) for size in aspect_buckets]
        except ValueError as error:
            raise ConfigError("aspect_buckets", str(error), "such as [[256, 144], [144, 256]]") from error
        self.dataset, self.batch_size, self.seed = adopted(dataset, needed=True), batch_size, seed
        self.rank, self.world_size = rank, world_size
        self.num_workers, self.on_error, self.plugins = num_workers, on_error, list(plugins)
        whole = batch_size * world_size
        self.source = Staged(self.dataset, sizes, whole)
        if cache:
            self.source.keep(cache, cache_dir, int(cache_gb * 1e9))
        self.steps_per_epoch = sum(len(members) // whole for members in self.source.groups)
        if not self.steps_per_epoch:
            what = f"has {len(self.dataset)} images, fewer than one batch of {whole}"
            raise DataError("train_dataset", what, "lower batch_size, or add images")
        self.skipped: dict[str, str] = {}
        self._plan: tuple[int, np.ndarray] = (-1, np.empty((0, 0), int))
        self._stream: Iterator[Batch] = iter(())

    def indices(self, step: int) -> tuple[int, list[int]]:
        """The epoch and the samples of this rank's batch at a step."""
        epoch, number = divmod(step, self.steps_per_epoch)
        if self._plan[0] != epoch:
            self._plan = (epoch, self._batches_of(epoch))
        start = self.rank * self.batch_size
        return epoch, self._plan[1][number, start : start + self.batch_size].tolist()

    def _batches_of(self, epoch: int) -> np.ndarray:
        """The indices of all global batches of an epoch, (steps, batch_size * world_size)."""
        rng, whole = np.random.default_rng([self.seed, epoch]), self.batch_size * self.world_size
        orders = [rng.permutation(members) for members in self.source.groups]
        batches = [order[: len(order) // whole * whole].reshape(-1, whole) for order in orders]
        return batches[0] if len(batches) == 1 else rng.permutation(np.concatenate(batches))

    def batches(self, start_step: int = 0) -> Iterator[Batch]:
        """The batches from `start_step` on, for ever. A second call ends the first one's batches.

        Raises:
            DataError: An image or label cannot be used (unless skipped), the transforms leave samples of different
                sizes, or a worker process has ended.
        """
        self.close()
        keep_freed_memory()  # batches are large, and made anew all the time
        self._stream = self._parallel(start_step) if self.num_workers else self._serial(start_step)
        return self._stream

    def close(self) -> None:
        """End the workers, if there are any."""
        if hasattr(self._stream, "close"):
            self._stream.close()

    def _serial(self, start: int) -> Iterator[Batch]:
        # Training images are too small for OpenCV's threads, which cost a tenth of the time and contend with Paddle's.
        cv2.setNumThreads(1)
        return self._threaded(start) if self.source.is_ours else self._read_ahead(start)

    def _threaded(self, start: int) -> Iterator[Batch]:
        """Each thread prepares whole batches: samples are too short for threads to hand them over one by one."""
        layouts = self._layouts()
        with ThreadPoolExecutor(_THREADS) as pool:
            running: deque[Future[tuple[dict[str, np.ndarray], Filled]]] = deque()
            for step in itertools.count(start):
                while len(running) < _THREADS + _QUEUED:
                    ahead = step + len(running)
                    layout, job = layouts[self._group(ahead)], self._job(ahead)
                    running.append(pool.submit(filled_batch, self.source, self.source.read, layout, *job))
                yield self._finish(step, layouts[self._group(step)], *running.popleft().result())

    def _read_ahead(self, start: int) -> Iterator[Batch]:
        """Transforms run here, as those of the user's own expect; a thread reads the files."""
        layouts = self._layouts()
        with ReadAhead(self.source.read, self._samples(start)) as read:
            for step in itertools.count(start):
                layout = layouts[self._group(step)]
                yield self._finish(step, layout, *filled_batch(self.source, read, layout, *self._job(step)))

    def _samples(self, start: int) -> Iterator[tuple[int, np.random.Generator]]:
        """Every sample from a step on, with its random generator."""
        for step in itertools.count(start):
            epoch, indices = self.indices(step)
            yield from ((index, generator(self.seed, epoch, index)) for index in indices)

    def _parallel(self, start: int) -> Iterator[Batch]:
        """Workers prepare batches ahead, in shared memory."""
        source, normalize = self.source.unnormalized()
        layouts = self._layouts(as_bytes=normalize is not None)
        largest = max(layout.nbytes for layout in layouts.values())
        with Workers(source, self.num_workers, self.plugins, largest, _AHEAD) as workers:
            ahead = self.num_workers * _AHEAD
            for step in itertools.count(start - ahead):
                if step >= start:
                    filled, layout = workers.result(), layouts[self._group(step)]
                    batch = self._finish(step, layout, taken(layout.views(workers.memory), normalize), filled)
                workers.submit(fill_slot, layouts[self._group(step + ahead)], *self._job(step + ahead))
                if step >= start:
                    yield batch

    def _group(self, step: int) -> int:
        """Which of the groups of one shape a step's images are of."""
        return int(self.source.group_of[self.indices(step)[1][0]])

    def _layouts(self, as_bytes: bool = False) -> dict[int, Layout]:
        """The layout of each group's batches, by its first sample; `as_bytes` is as in `Layout.of`.

        Of every group, whichever step a run begins with: any of them may be the next one's.
        """
        whole, layouts = self.batch_size * self.world_size, {}
        for group, members in enumerate(self.source.groups):
            if len(members) >= whole:
                drawn = draw(self.source, self.source.read, self.seed, 0, int(members[0]), self.on_error)
                layouts[group] = Layout.of(drawn.sample, self.batch_size, as_bytes)
        return layouts

    def _job(self, step: int) -> tuple[int, int, list[int], OnError]:
        return self.seed, *self.indices(step), self.on_error

    def _finish(self, step: int, layout: Layout, arrays: dict[str, np.ndarray], filled: Filled) -> Batch:
        for path, what in filled.skipped.items():
            if path not in self.skipped:
                self.skipped[path] = what
                print(f"Skipped {what}", file=sys.stderr)
        return {**layout.finished(arrays), "index": filled.indices, "epoch": step // self.steps_per_epoch}


class EvalLoader:
    """Every sample once, in order, in lists of `batch_size`; a rank gets the indices rank, rank + world_size, ...

    Args:
        read: What is made of an index, of (data set, index), where it is not the transformed sample. With workers it
            travels to them.
    """

    def __init__(
        self,
        dataset: Dataset,
        batch_size: int = 1,
        num_workers: int = 0,
        rank: int = 0,
        world_size: int = 1,
        read: Callable[[Dataset, int], Any] | None = None,
    ):
        _check(batch_size=batch_size, num_workers=num_workers)
        self.read = read or _transformed
        self.dataset, self.batch_size, self.num_workers = adopted(dataset, needed=True), batch_size, num_workers
        self.indices = list(range(rank, len(self.dataset), world_size))

    def __len__(self) -> int:
        return (len(self.indices) + self.batch_size - 1) // self.batch_size

    def __iter__(self) -> Iterator[list[Any]]:
        groups = [self.indices[i : i + self.batch_size] for i in range(0, len(self.indices), self.batch_size)]
        if not self.num_workers:
            yield from (_read_group(self.dataset, None, self.read, group) for group in groups)
            return
        with Workers(self.dataset, self.num_workers) as workers:
            ahead = self.num_workers * _AHEAD
            for group in groups[:ahead]:
                workers.submit(_read_group, self.read, group)
            for number in range(len(groups)):
                samples = workers.result()
                for group in groups[number + ahead : number + ahead + 1]:
                    workers.submit(_read_group, self.read, group)
                yield samples


def _check(**counts: int) -> None:
    for name, value in counts.items():
        low, high = _RANGES[name]
        if not isinstance(value, numbers.Integral) or isinstance(value, bool) or not low <= value <= high:
            hint = "0 prepares batches in this process" if name == "num_workers" else "16 is a good start"
            raise ConfigError(name, f"should be a whole number from {low} to {high}, not {value!r}", hint)


def _transformed(dataset: Dataset, index: int) -> Sample:
    return dataset.sample(index, np.random.default_rng([0, index]))


def _read_group(
    dataset: Dataset, _memory: Any, read: Callable[[Dataset, int], Any], indices: Sequence[int]
) -> list[Any]:
    return [read(dataset, index) for index in indices]
