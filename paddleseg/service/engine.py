"""The network and the threads that it runs in: photos that wait are shown to it together."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from paddleseg import compiled
from paddleseg.inference.predictor import Predictor, Prepared, SegResult

Arguments = ParamSpec("Arguments")
Returned = TypeVar("Returned")
_Waiting = tuple[Prepared, "asyncio.Future[SegResult]"]


class Engine:
    """Runs a predictor for many requests.

    Nobody waits for company: while a worker is free a photo goes alone. While all are busy, photos whose inputs have
    one size gather, and the next free worker takes as many of them as `batch`.

    Attributes:
        room: For photos between decoding and the finished file. Others wait outside, so that those who came first are
            done first and few pixels are in memory.

    Args:
        workers: Threads for everything that takes processor time.
        batch: Photos at one time.
        on_batch: Is told how many photos each batch had.
    """

    def __init__(self, predictor: Predictor, workers: int, batch: int, on_batch: Callable[[int], None]):
        compiled.load()
        self.predictor = predictor
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="segment")
        self._free, self._most, self._on_batch = workers, batch, on_batch
        self.room = asyncio.Semaphore(workers + batch)
        self._waiting: dict[tuple[int, ...], deque[_Waiting]] = {}
        self._running: set[asyncio.Task[None]] = set()

    def close(self) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)

    async def call(
        self, function: Callable[Arguments, Returned], *args: Arguments.args, **kwargs: Arguments.kwargs
    ) -> Returned:
        """What a function returns that takes processor time."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, lambda: function(*args, **kwargs))

    async def segment(self, prepared: Prepared) -> SegResult:
        """What the network says, alone or in a batch.

        Raises:
            ExportError: As `Predictor.infer`.
        """
        future: asyncio.Future[SegResult] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(prepared.tensor.shape, deque()).append((prepared, future))
        self._start()
        return await future

    def _start(self) -> None:
        while self._free and self._waiting:
            shape = next(iter(self._waiting))
            line = self._waiting.pop(shape)
            batch = [line.popleft() for _ in range(min(self._most, len(line)))]
            if line:
                self._waiting[shape] = line  # behind the other sizes
            self._free -= 1
            task = asyncio.get_running_loop().create_task(self._run(batch))
            self._running.add(task)
            task.add_done_callback(self._running.discard)

    async def _run(self, batch: Sequence[_Waiting]) -> None:
        self._on_batch(len(batch))
        try:
            await self._attempt(batch)
        finally:
            self._free += 1
            self._start()

    async def _attempt(self, batch: Sequence[_Waiting]) -> None:
        try:
            results = await self.call(self.predictor.infer, [prepared for prepared, _ in batch])
        except Exception as error:
            if len(batch) == 1:
                _settle(batch[0][1], error)
            for single in batch if len(batch) > 1 else ():  # one of them may be to blame
                await self._attempt([single])
            return
        for (_, future), result in zip(batch, results, strict=True):
            _settle(future, result)


def _settle(future: asyncio.Future[SegResult], outcome: SegResult | Exception) -> None:
    if future.cancelled():
        return
    if isinstance(outcome, Exception):
        future.set_exception(outcome)
    else:
        future.set_result(outcome)
