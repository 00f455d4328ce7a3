"""Batches: which samples, in which order, with which random draws is a function of seed and step, and of nothing else.

So a run does not depend on the number of workers, and a resumed run sees what the uninterrupted one would have seen.
"""

from __future__ import annotations

import multiprocessing
import signal
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.shared_memory import SharedMemory
from typing import Any

import numpy as np

from paddleseg.datasets.base import Dataset
from paddleseg.errors import DataError
from paddleseg.plugins import import_plugin
from paddleseg.transforms.sample import Sample

Batch = dict[str, Any]
"""`image` (N, C, H, W) float32, `label` (N, H, W) int64, more maps by name, `index` list[int], `epoch` int."""

_AHEAD = 2
"""Batches that each worker prepares before they are asked for."""


class TrainLoader:
    """Endless training batches.

    Args:
        dataset: Where samples come from.
        batch_size: Images of one batch of this rank.
        seed: Decides order and augmentation.
        num_workers: Processes that prepare batches; 0 prepares them in this one.
        rank: Which slice of the global batch is this process's, of `world_size`.
        plugins: Python files that workers import before they unpickle the data set.

    Raises:
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
        plugins: Sequence[str] = (),
    ):
        self.dataset, self.batch_size, self.seed = dataset, batch_size, seed
        self.rank, self.world_size = rank, world_size
        self.num_workers, self.plugins = num_workers, list(plugins)
        self.steps_per_epoch = len(dataset) // (batch_size * world_size)
        if not self.steps_per_epoch:
            what = f"has {len(dataset)} images, fewer than one batch of {batch_size * world_size}"
            raise DataError("train_dataset", what, "lower batch_size, or add images")
        self._pool: ProcessPoolExecutor | None = None
        self._slots: list[SharedMemory] = []

    def indices(self, step: int) -> tuple[int, list[int]]:
        """The epoch and the samples of this rank's batch at a step."""
        epoch, number = divmod(step, self.steps_per_epoch)
        order = np.random.default_rng([self.seed, epoch]).permutation(len(self.dataset))
        start = (number * self.world_size + self.rank) * self.batch_size
        return epoch, order[start : start + self.batch_size].tolist()

    def batches(self, start_step: int = 0) -> Iterator[Batch]:
        """The batches from `start_step` on, for ever."""
        first = self._make(start_step)
        yield _finish(first, *self.indices(start_step))
        if not self.num_workers:
            step = start_step + 1
            while True:
                yield _finish(self._make(step), *self.indices(step))
                step += 1
        yield from self._parallel(start_step + 1, first)

    def _make(self, step: int) -> dict[str, np.ndarray]:
        return make_batch(self.dataset, self.seed, *self.indices(step))

    def _parallel(self, step: int, like: dict[str, np.ndarray]) -> Iterator[Batch]:
        """Workers write into shared memory, in turn; a slot is free again once its batch has been copied out."""
        context = multiprocessing.get_context("forkserver")
        self._pool = ProcessPoolExecutor(self.num_workers, context, _start_worker, (self.dataset, self.plugins))
        layout = [(name, value.shape, value.dtype.str) for name, value in like.items()]
        size = sum(value.nbytes for value in like.values())
        self._slots = [SharedMemory(create=True, size=size) for _ in range(self.num_workers * _AHEAD)]
        free, pending = deque(self._slots), deque[tuple[int, SharedMemory, Future]]()
        while True:
            while free:
                slot = free.popleft()
                job = (slot.name, layout, self.seed, *self.indices(step))
                pending.append((step, slot, self._pool.submit(_fill_slot, *job)))
                step += 1
            done, slot, future = pending.popleft()
            try:
                future.result()
            except BrokenProcessPool as error:
                hint = "the system may have run out of memory; lower num_workers or batch_size"
                raise DataError("loader", "a worker process was killed", hint) from error
            batch = {name: view.copy() for name, view in _views(slot, layout).items()}
            free.append(slot)
            yield _finish(batch, *self.indices(done))

    def close(self) -> None:
        """End the workers and give the shared memory back."""
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._pool = None
        for slot in self._slots:
            slot.close()
            slot.unlink()
        self._slots = []


class EvalLoader:
    """Every sample once, in order, in lists of `batch_size`; each rank gets the indices `rank, rank + world_size, ...`."""

    def __init__(self, dataset: Dataset, batch_size: int = 1, num_workers: int = 0, rank: int = 0, world_size: int = 1):
        self.dataset, self.batch_size, self.num_workers = dataset, batch_size, num_workers
        self.indices = list(range(rank, len(dataset), world_size))

    def __len__(self) -> int:
        return -(-len(self.indices) // self.batch_size)

    def __iter__(self) -> Iterator[list[Sample]]:
        groups = [self.indices[i : i + self.batch_size] for i in range(0, len(self.indices), self.batch_size)]
        for group in groups:
            yield [self.dataset.sample(index, np.random.default_rng([0, index])) for index in group]


def make_batch(dataset: Dataset, seed: int, epoch: int, indices: Sequence[int]) -> dict[str, np.ndarray]:
    """Samples stacked to arrays: float32 NCHW images and uint8 maps."""
    samples = [dataset.sample(index, np.random.default_rng([seed, epoch, index])) for index in indices]
    shapes = {sample.image.shape for sample in samples}
    if len(shapes) > 1:
        what = f"the transforms leave images of different sizes: {sorted(shapes)}"
        raise DataError("train_dataset", what, "end with RandomPaddingCrop or Resize, which give one size")
    images = np.empty((len(samples), samples[0].image.shape[2], *samples[0].image.shape[:2]), np.float32)
    for row, sample in zip(images, samples, strict=True):
        row[:] = sample.image.transpose(2, 0, 1)
    batch = {"image": images}
    if samples[0].label is not None:
        batch["label"] = np.stack([sample.label for sample in samples])
    for name in samples[0].extra:
        batch[name] = np.stack([sample.extra[name] for sample in samples])
    return batch


def _finish(batch: dict[str, np.ndarray], epoch: int, indices: list[int]) -> Batch:
    done: Batch = {name: value if name == "image" else value.astype(np.int64) for name, value in batch.items()}
    return done | {"index": indices, "epoch": epoch}


_worker_dataset: Dataset


def _start_worker(dataset: Dataset, plugins: Sequence[str]) -> None:
    global _worker_dataset  # noqa: PLW0603 - a worker's only state, set once as it starts
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the trainer's, which then ends the workers
    for path in plugins:
        import_plugin(path)
    import cv2

    cv2.setNumThreads(1)
    _worker_dataset = dataset


def _fill_slot(name: str, layout: list, seed: int, epoch: int, indices: list[int]) -> None:
    slot = SharedMemory(name)
    try:
        batch = make_batch(_worker_dataset, seed, epoch, indices)
        for key, view in _views(slot, layout).items():
            view[...] = batch[key]
        del view
    finally:
        slot.close()


def _views(slot: SharedMemory, layout: list) -> dict[str, np.ndarray]:
    views, offset = {}, 0
    for name, shape, dtype in layout:
        view: np.ndarray = np.ndarray(shape, dtype, slot.buf, offset)
        views[name] = view
        offset += view.nbytes
    return views
