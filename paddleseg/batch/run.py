"""Chunks to processes; a process that dies costs the one photo that it died of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from queue import Empty, Queue
from threading import Event, Lock, Thread

from paddleseg.batch.engine import Engine, Process
from paddleseg.batch.folder import Chunk, Plan
from paddleseg.batch.index import FAILURES, Row, Tally, failures, write_failures
from paddleseg.batch.photos import Photo
from paddleseg.batch.work import finish, probe, some, whole
from paddleseg.datasets.workers import WorkerError
from paddleseg.errors import DataError, Problem

_LOOK = 0.5
"""Seconds between two looks for Ctrl-C."""
_NAMED = 3
_CURE = "look at the photo: it is too large for the memory, or a decoder crashes on it"


@dataclass
class Outcome:
    """What a run has done.

    Args:
        total: All photos of the batch.
        before: What became of those that were done before.
        now: What became of those of this run.
        failed: The chunks with failures.
        is_full: Whether the limit of the disk's use has ended it.
    """

    total: int
    before: Tally = field(default_factory=Tally)
    now: Tally = field(default_factory=Tally)
    failed: list[int] = field(default_factory=list)
    is_full: bool = False

    @property
    def all(self) -> Tally:
        return self.before + self.now


def run(
    plan: Plan,
    engine: Engine,
    *,
    retry: bool = False,
    max_bytes: float = float("inf"),
    watch: Callable[[Outcome], None] = lambda outcome: None,
) -> Outcome:
    """Do all chunks that are not finished, and write the list of failures, whatever ends the run.

    Args:
        retry: Do the chunks with failures again.
        max_bytes: Once the results take so much, no more chunks are begun.
        watch: Called after every chunk, and twice a second.

    Raises:
        UserError: The models cannot be used as asked, and nothing was written; or the disk is full.
    """
    plan.sweep()
    finished = plan.finished()
    if retry:
        finished = {number: tally for number, tally in finished.items() if not tally.failed}
    outcome = Outcome(plan.total, before=sum(finished.values(), Tally()))
    todo = (chunk for chunk in plan.chunks() if chunk[0] not in finished)
    missing = -(-plan.total // plan.settings.chunk) - len(finished)
    crew = _Crew(engine, plan, todo, min(engine.jobs, missing))
    try:
        if outcome.all.nbytes >= max_bytes:
            crew.finish()
        for tally in crew.results(lambda: watch(outcome)):
            outcome.now += tally
            watch(outcome)
            if outcome.all.nbytes >= max_bytes:
                crew.finish()
    finally:
        crew.close()
        if plan.is_begun:
            plan.sweep()
            outcome.failed = [number for number, tally in plan.finished().items() if tally.failed]
            write_failures(plan.output, Path(plan.settings.root), outcome.failed)
        else:
            plan.discard()
    outcome.is_full = outcome.all.done + outcome.all.failed < plan.total
    return outcome


def raise_failures(plan: Plan, outcome: Outcome) -> None:
    """Raise a `DataError` where photos could not be done; it names the first of them, and the list of all."""
    if not outcome.failed:
        return
    first = islice(failures(plan.output, outcome.failed), _NAMED)
    problems = [Problem(row["name"], row["problem"], row["hint"] or "") for row in first]
    what = f"names all photos that could not be done: {outcome.all.failed:,} of {plan.total:,}"
    hint = "mend them and add --retry_failed, or give the list as SOURCE of another batch"
    raise DataError([*problems, Problem(str(plan.output / FAILURES), what, hint)])


class _Crew:
    """A thread for each process: it takes a chunk, waits for its end, and starts another process where one dies."""

    def __init__(self, engine: Engine, plan: Plan, chunks: Iterator[Chunk], count: int) -> None:
        self._engine, self._plan, self._chunks = engine, plan, chunks
        self._taking, self._enough, self._closed = Lock(), Event(), Event()
        self._events: Queue[Tally | BaseException | None] = Queue()
        self._processes: dict[int, Process] = {}
        self._threads = [Thread(target=self._drive, args=(place,), daemon=True) for place in range(count)]

    def results(self, tick: Callable[[], None]) -> Iterator[Tally]:
        """The chunks as they are finished; `tick` is called now and then, while there are none."""
        for thread in self._threads:
            thread.start()
        working = len(self._threads)
        while working:
            try:
                event = self._events.get(timeout=_LOOK)
            except Empty:
                tick()
                continue
            if isinstance(event, BaseException):
                raise event
            if event is None:
                working -= 1
            else:
                yield event

    def finish(self) -> None:
        """Take no more chunks; those that were begun are done."""
        self._enough.set()

    def close(self) -> None:
        """End all processes."""
        self.finish()
        self._closed.set()
        for process in list(self._processes.values()):
            process.kill()
        for thread in self._threads:
            if thread.ident is not None:
                thread.join()

    def _drive(self, place: int) -> None:
        try:
            self._start(place)
            while chunk := self._take():
                self._events.put(self._do(place, *chunk))
        except BaseException as error:  # of ours, or the user's: the main thread raises it
            self._events.put(error)
        finally:
            self._end(place)
            self._events.put(None)

    def _take(self) -> Chunk | None:
        with self._taking:
            self._plan.begin()
            return None if self._enough.is_set() else next(self._chunks, None)

    def _do(self, place: int, number: int, photos: list[Photo]) -> Tally:
        try:
            return self._processes[place].call(whole, number, photos)
        except WorkerError:
            return self._one_by_one(place, number, photos)

    def _one_by_one(self, place: int, number: int, photos: list[Photo]) -> Tally:
        """A chunk that a process died of, in processes that take one photo at a time."""
        rows: list[Row] = []
        self._start(place)
        for photo in photos:
            try:
                rows += self._processes[place].call(some, number, [photo])
            except WorkerError as error:
                self._start(place)
                rows.append(Row(photo.name, problem=error.problems[0].what, hint=_CURE))
        return self._processes[place].call(finish, number, rows)

    def _start(self, place: int) -> None:
        """Another process, which has shown that it is not the models that it dies of."""
        self._end(place)
        if self._closed.is_set():
            raise WorkerError("batch", "is over")
        self._processes[place] = process = self._engine.start()
        if self._closed.is_set():  # while it started, so that `close` did not see it
            process.kill()
        process.call(probe)

    def _end(self, place: int) -> None:
        process = self._processes.pop(place, None)
        if process is not None:
            process.close()
