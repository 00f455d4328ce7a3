"""Processes that work on a data set: the least busy one gets a job, results come back in the order of the jobs.

They are never forked from this process, whose Paddle threads would not survive that.
"""

from __future__ import annotations

import multiprocessing
import pickle
import signal
import sys
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from pathlib import Path
from types import ModuleType
from typing import Any

import cv2
import numpy as np

from paddleseg.errors import DataError, UserError
from paddleseg.memory import keep_freed_memory
from paddleseg.plugins import import_plugin, imported_plugins

_PATIENCE = 5.0
"""Seconds for which a stopped worker is waited for: Ctrl-Z stops all processes at once, and `fg` wakes them so."""

Job = Callable[..., Any]
"""A module's function; gets the data set, a slot of the worker's shared memory, and its own arguments."""

Answer = tuple[Exception | None, str, Any]
"""What a job raised, the traceback's text, and what it returned."""


class WorkerError(DataError):
    """A process that has ended, or was stopped, while it had a job to do."""


class Workers:
    """`count` processes, each with the data set and with slots of memory that this process sees too.

    A worker that is slow for a while, as others use its core, gets fewer jobs then.

    Args:
        dataset: Sent to every worker once, by pickle.
        count: Number of processes.
        plugins: Python files to import first, besides those imported here.
        memory: Bytes of a slot. The memory has no name, so nothing can be left behind.
        ahead: Jobs of each worker, on the mean, that are given before their results are taken.

    Attributes:
        memory: The slot of the result that was taken last, until the next one is taken.

    Raises:
        DataError: The data set cannot be sent.

    Example:
        >>> with Workers(dataset, 2) as workers:
        ...     workers.submit(job, 3)
        ...     workers.result()
    """

    def __init__(self, dataset: Any, count: int, plugins: Sequence[str] = (), memory: int = 0, ahead: int = 2):
        context = _context()
        payload = _packed(dataset)
        slots = 2 * ahead  # a fast worker has room for more than its share
        shared = [context.RawArray("B", max(memory * slots, 1)) for _ in range(count)]
        self.memory = np.empty(0, np.uint8)
        self._slots = [np.frombuffer(block, np.uint8)[: memory * slots].reshape(slots, memory) for block in shared]
        self._free = [list(range(slots)) for _ in range(count)]
        self._taken: tuple[int, int] | None = None
        self._answers: list[deque[Answer]] = [deque() for _ in range(count)]
        self._busy = [0] * count
        self._processes, self._pipes = [], []
        self._order = deque[tuple[int, int]]()
        files = list(dict.fromkeys([*imported_plugins(), *plugins]))
        with _deaf_to_ctrl_c(), _main_left_out(payload):
            for block in shared:
                here, there = context.Pipe()
                process = context.Process(target=_work, args=(there, payload, files, block, memory), daemon=True)
                process.start()
                there.close()  # or a killed worker would never look like the end of the pipe
                self._processes.append(process)
                self._pipes.append(here)

    def submit(self, job: Job, *arguments: Any) -> None:
        """Give a job to the worker that has the fewest to do."""
        for number in range(len(self._pipes)):
            self._receive(number)
        number = min((n for n, free in enumerate(self._free) if free), key=self._busy.__getitem__)
        slot = self._free[number].pop()
        self._order.append((number, slot))
        self._busy[number] += 1
        # A worker that has ended is reported where its result is asked for.
        with suppress(OSError):
            self._pipes[number].send((job, slot, arguments))

    def _receive(self, number: int) -> None:
        """Take in what a worker has answered so far."""
        with suppress(EOFError, OSError):
            while self._pipes[number].poll():
                self._answer(number)

    def _wait(self, number: int) -> None:
        """Until a worker answers or ends.

        Raises:
            WorkerError: Somebody has stopped it, so it may never do either.
        """
        seen = None
        while not self._pipes[number].poll(1.0):
            if not _is_stopped(self._processes[number].pid):
                seen = None
            elif seen is None:
                seen = time.monotonic()
            elif time.monotonic() - seen >= _PATIENCE:
                what = f"{self._name(number)} was stopped (SIGSTOP, or a debugger) and gives no batches"
                raise WorkerError("loader", what, "start again with --resume")

    def _name(self, number: int) -> str:
        return f"worker {number + 1} of {len(self._processes)} (process {self._processes[number].pid})"

    def _answer(self, number: int) -> None:
        self._answers[number].append(self._pipes[number].recv())
        self._busy[number] -= 1

    def result(self) -> Any:
        """The result of the oldest job; raises what the job raised.

        Raises:
            WorkerError: Its worker has ended, or was stopped.
        """
        if self._taken:
            number, slot = self._taken
            self._free[number].append(slot)
        number, slot = self._taken = self._order.popleft()
        self.memory = self._slots[number][slot]
        try:
            if not self._answers[number]:
                self._wait(number)
                self._answer(number)
        except (EOFError, OSError) as ended:
            raise self._ended(number) from ended
        error, text, value = self._answers[number].popleft()
        if error is None:
            return value
        if isinstance(error, UserError):
            raise error
        raise error from RuntimeError(f"in a worker process:\n{text}")

    def _ended(self, number: int) -> WorkerError:
        process = self._processes[number]
        process.join(5)
        if (process.exitcode or 0) < 0:
            name = _signal_name(-process.exitcode)
            what = f"{self._name(number)} was killed by signal {-process.exitcode} ({name})"
            return WorkerError("loader", what, _CAUSES.get(name, "somebody ended it: start again with --resume"))
        what = f"{self._name(number)} ended with exit code {process.exitcode}"
        return WorkerError("loader", what, 'a script starts its run below `if __name__ == "__main__":`')

    def kill(self) -> None:
        """End the processes; a thread that waits for a result is told so by `WorkerError`."""
        for process in self._processes:
            process.kill()  # it holds nothing that needs care, and not even a stopped process escapes this

    def close(self) -> None:
        """End the processes, and close what leads to them."""
        self.kill()
        for process, pipe in zip(self._processes, self._pipes, strict=True):
            process.join()
            pipe.close()
        self._processes, self._pipes = [], []

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


_CAUSES = {
    "SIGKILL": "the system does so when memory runs out: lower num_workers or batch_size",
    **dict.fromkeys(
        ("SIGSEGV", "SIGBUS", "SIGABRT", "SIGFPE", "SIGILL"),
        "compiled code crashed in it: num_workers 0 shows with which image",
    ),
}


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return "no common signal"


def _is_stopped(pid: int) -> bool:
    """Whether a process is held by a signal or a debugger; false where the system does not tell."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(") ")[2][:1]
    except OSError:
        return False
    return state in ("T", "t")


def _packed(dataset: Any) -> bytes:
    try:
        return pickle.dumps(dataset)
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        hint = "use num_workers 0, or write functions and classes of the data set at the top level of a module"
        raise DataError("loader", f"the data set cannot be sent to worker processes: {error}", hint) from error


def _context() -> Any:
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])  # NumPy and OpenCV are then loaded once for all workers
    return context


@contextmanager
def _deaf_to_ctrl_c() -> Iterator[None]:
    """Processes started here ignore Ctrl-C from birth: it is the trainer's, which then ends them."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    # Starting the tracker unblocks the signal, so that has to be over.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _main_left_out(payload: bytes) -> Iterator[None]:
    """Processes started here do not import the script that is running, unless the data set needs a class of it.

    Otherwise every worker would load what the script loads, Paddle above all, and the script would have to hide its
    run below `if __name__ == "__main__":`.
    """
    script = sys.modules["__main__"]
    if b"__main__" not in payload:
        sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = script


def _work(pipe: Connection, payload: bytes, plugins: Sequence[str], block: Any, size: int) -> None:
    """Do jobs until the pipe's other end is closed, which is also how a worker learns that its parent was killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    cv2.setNumThreads(1)
    keep_freed_memory()
    memory = np.frombuffer(block, np.uint8)
    with suppress(EOFError, OSError):
        job, slot, arguments = pipe.recv()
        try:
            for path in plugins:
                import_plugin(path)
            dataset = pickle.loads(payload)
        except Exception as error:
            pipe.send(_failure(error))
            return
        while True:
            answer: Answer
            try:
                answer = (None, "", job(dataset, memory[slot * size :][:size], *arguments))
            except Exception as error:
                answer = _failure(error)
            pipe.send(answer)
            job, slot, arguments = pipe.recv()


def _failure(error: Exception) -> Answer:
    text = traceback.format_exc()
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:  # an exception class that does not travel
        error = RuntimeError(f"{type(error).__name__}: {error}")
    return error, text, None
