"""How long a network takes: after warming up, in turns where several are compared, as percentiles."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from paddleseg.device import device_name as device_name  # where scripts look for it

_THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


@dataclass(frozen=True)
class Timing:
    """Milliseconds of one call over many.

    Args:
        cpu_ms: The median of the processor time, all threads together. With one thread it is about what the call takes
            on an idle machine; other programs lengthen it less than the others.
    """

    p50_ms: float
    p95_ms: float
    best_ms: float
    cpu_ms: float
    runs: int


def measure(call: Callable[[], object], runs: int = 100, warmup: int = 10) -> Timing:
    """The time of `call()`.

    Args:
        warmup: Calls before those that count: allocating, and compiling kernels.
    """
    return interleave({"": call}, rounds=1, runs=runs, warmup=warmup)[""]


def interleave(
    calls: Mapping[str, Callable[[], object]], *, rounds: int = 20, runs: int = 10, warmup: int = 3
) -> dict[str, Timing]:
    """The time of each of several calls, which take turns so that whatever else the machine does meets all of them.

    Args:
        rounds: Turns of each.
        runs: Calls that count in one turn.
        warmup: Calls before them in each turn; they bring code and data back into the caches.
    """
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            for _ in range(warmup):
                call()
            for _ in range(runs):
                start, cpu = time.perf_counter(), time.process_time()
                call()
                times[name].append((time.perf_counter() - start, time.process_time() - cpu))
    return {name: _timing(1000 * np.array(found)) for name, found in times.items()}


@contextmanager
def pinned(threads: int) -> Iterator[None]:
    """Keep this process to `threads` cores meanwhile, and tell libraries that are not loaded yet to start no more.

    The cores bind those too that have started their threads already, or do not ask.
    """
    before = {name: os.environ.get(name) for name in _THREAD_VARIABLES}
    os.environ.update(dict.fromkeys(_THREAD_VARIABLES, str(threads)))
    cores = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else None
    if cores is not None:
        _use_cores(set(sorted(cores)[-threads:]))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
        if cores is not None:
            _use_cores(cores)


def _use_cores(cores: set[int]) -> None:
    for thread in Path("/proc/self/task").iterdir():
        with suppress(ProcessLookupError):  # it has ended meanwhile
            os.sched_setaffinity(int(thread.name), cores)


def _timing(times: np.ndarray) -> Timing:
    wall, cpu = times.T
    p50, p95 = np.percentile(wall, (50, 95))
    return Timing(float(p50), float(p95), float(wall.min()), float(np.median(cpu)), len(times))
