"""What the CPU kernels share: the compiler's settings, the threads, and tensors seen as arrays."""

from __future__ import annotations

import ctypes
import os
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import Any, Literal

import numpy as np
import paddle
from threadpoolctl import threadpool_limits

from paddleseg import compiled

# Sums may be reordered and fused so that they vectorise; NaN and infinity keep their meaning.
jit = compiled.jit(fastmath=frozenset({"reassoc", "contract", "nsz", "arcp"}))


# Matrix products run inside the threads below, so BLAS itself must not start more.
threadpool_limits(1, user_api="blas")


def num_threads() -> int:
    """Cores of this process: all it may use, shared among the data-parallel processes of the machine."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, cores // int(os.environ.get("PADDLE_LOCAL_SIZE") or os.environ.get("PADDLE_TRAINERS_NUM") or 1))


@lru_cache(maxsize=1)
def _pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, "cpu-kernel")


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_pool.cache_clear)  # a forked process has the pool but not its threads


def share(work: Callable[..., Any], count: int, *args: Any) -> list[Any]:
    """Call `work(start, stop, *args)` over `count` channels or images, in as many threads as there are cores.

    Each thread takes the next part when it is free, so one that the system is late to run holds nobody up. The parts
    and the order of what is returned depend only on the numbers of items and threads.
    """
    threads = min(num_threads(), count)
    if threads == 1:
        return [work(0, count, *args)]
    parts = min(2 * threads, count)
    todo = deque((part, count * part // parts, count * (part + 1) // parts) for part in range(parts))
    results: list[Any] = [None] * parts

    def run() -> None:
        while True:
            try:
                part, start, stop = todo.popleft()
            except IndexError:
                return
            results[part] = work(start, stop, *args)

    helpers = [_pool(threads - 1).submit(run) for _ in range(threads - 1)]
    run()
    for helper in helpers:
        if not helper.cancel():  # it has begun
            helper.result()
    return results


def extent(length: int, reach: int, stride: int, padding: int | Literal["SAME"]) -> tuple[int, int]:
    """A convolution's output length along an axis where its kernel spans `reach` + 1, and the padding before it."""
    if padding == "SAME":
        out = -(-length // stride)
        return out, max((out - 1) * stride + reach + 1 - length, 0) // 2
    return (length + 2 * padding - reach - 1) // stride + 1, padding


@jit
def copy(source: np.ndarray, out: np.ndarray) -> None:
    """Copy the pixels that both planes have; numba's own slice assignment does not vectorise."""
    for r in range(min(source.shape[0], out.shape[0])):
        for j in range(min(source.shape[1], out.shape[1])):
            out[r, j] = source[r, j]


def array(tensor: paddle.Tensor) -> np.ndarray:
    """The memory of a contiguous float32 CPU tensor; the tensor must outlive it."""
    memory = (ctypes.c_float * tensor.size).from_address(tensor.data_ptr())
    return np.ctypeslib.as_array(memory).reshape(tensor.shape)


def wanted(tensors: Sequence[paddle.Tensor], grads: Sequence[paddle.Tensor | None]) -> tuple[paddle.Tensor | None, ...]:
    """The gradients of `tensors`, None for those that are frozen."""
    return tuple(None if t.stop_gradient else grad for t, grad in zip(tensors, grads, strict=True))
