"""Several processes as one training: who am I, what do the others have, and starting them."""

from __future__ import annotations

import contextlib
import io
import itertools
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import Any

import numpy as np

RANK_VARIABLE, WORLD_VARIABLE = "PADDLE_TRAINER_ID", "PADDLE_TRAINERS_NUM"
# Set by `launch`: the configured batch is the whole batch. Under `paddle.distributed.launch` it is each rank's, as in
# PaddleSeg.
_SPLIT_VARIABLE = "PADDLESEG_SPLIT_BATCH"


def rank() -> int:
    return int(os.environ.get(RANK_VARIABLE, "0"))


def world() -> int:
    return int(os.environ.get(WORLD_VARIABLE, "1"))


def is_main() -> bool:
    return rank() == 0


def batch_share(batch_size: int) -> int:
    """The images of a batch that this rank takes."""
    return batch_size // world() if _SPLIT_VARIABLE in os.environ else batch_size


def init() -> None:
    """Join the group that `paddle.distributed.launch` or `launch` below has described in the environment."""
    import paddle

    if world() > 1 and not paddle.distributed.is_initialized():
        with contextlib.redirect_stderr(io.StringIO()):  # it lists flags of its own that it has changed
            paddle.distributed.init_parallel_env()


def wrap(model: Any) -> Any:
    """`model` as the data-parallel layer of this rank; as it is where there is one rank."""
    import paddle

    if world() == 1:
        return model
    if paddle.get_device() != "cpu":  # batch statistics over all ranks; this layer has no CPU kernel
        model = paddle.nn.SyncBatchNorm.convert_sync_batchnorm(model)
    return paddle.DataParallel(model)


def mean(values: Sequence[float]) -> list[float]:
    """The mean of every value over the ranks."""
    if world() == 1:
        return list(values)
    import paddle

    tensor = paddle.to_tensor(np.asarray(values, "float32"))
    paddle.distributed.all_reduce(tensor)
    return [float(value) / world() for value in tensor.numpy()]


def any_rank(flag: bool) -> bool:
    """Whether the flag is set on some rank; every rank gets the same answer."""
    return flag if world() == 1 else mean([float(flag)])[0] > 0


def gather(item: Any) -> list[Any]:
    """The item of every rank, in rank order, on every rank."""
    if world() == 1:
        return [item]
    import paddle

    items: list[Any] = []
    paddle.distributed.all_gather_object(items, item)
    return items


def barrier() -> None:
    if world() > 1:
        mean([0.0])


def launch(processes: int, command: Sequence[str]) -> int:
    """Run `command` as `processes` data-parallel CPU or GPU ranks and return the first exit code that is not 0.

    Rank 0 keeps this terminal; the others stay silent unless they fail. When one ends badly the rest are ended too.
    """
    endpoints = [f"127.0.0.1:{port}" for port in _free_ports(processes)]
    threads = str(max(1, (os.cpu_count() or 1) // processes))
    children = []
    for index in range(processes):
        environment = {
            **os.environ,
            RANK_VARIABLE: str(index),
            WORLD_VARIABLE: str(processes),
            _SPLIT_VARIABLE: "1",
            "PADDLE_TRAINER_ENDPOINTS": ",".join(endpoints),
            "PADDLE_CURRENT_ENDPOINT": endpoints[index],
            "PADDLE_MASTER": endpoints[0],
            "PADDLE_LOCAL_SIZE": str(processes),
            "FLAGS_selected_gpus": str(index),
            "GLOG_minloglevel": "2",  # how ranks find each other is no news
            "OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", threads),
        }
        if not _uses_gpu(command):
            environment["PADDLE_DISTRI_BACKEND"] = "gloo"
        children.append(subprocess.Popen(command, env=environment, stdout=None if index == 0 else subprocess.DEVNULL))
    # Ctrl-C reaches the children too (one process group); they save and end, and this process waits for that.
    previous = signal.signal(signal.SIGINT, lambda *_: None)
    terminate = signal.signal(signal.SIGTERM, lambda *_: _end(children))
    try:
        return _wait(children)
    finally:
        signal.signal(signal.SIGINT, previous)
        signal.signal(signal.SIGTERM, terminate)


def _end(children: Sequence[subprocess.Popen]) -> None:
    for child in children:
        child.terminate()


def _wait(children: list[subprocess.Popen]) -> int:
    """The first bad exit code, or 0. After one rank has failed, the others would wait for it for ever."""
    while True:
        codes = [child.poll() for child in children]
        bad = next((code for code in codes if code), 0)
        if bad:
            time.sleep(1.0)  # the others may be on their way out with the same message
            for child in children:
                if child.poll() is None:
                    child.kill()
                child.wait()
            return bad if bad > 0 else 1
        if all(code == 0 for code in codes):
            return 0
        time.sleep(0.1)


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    try:
        for item in sockets:
            item.bind(("127.0.0.1", 0))
        return [item.getsockname()[1] for item in sockets]
    finally:
        for item in sockets:
            item.close()


def _uses_gpu(command: Sequence[str]) -> bool:
    import paddle

    asked = [after for flag, after in itertools.pairwise(command) if flag == "--device"]
    return asked[-1] == "gpu" if asked else paddle.is_compiled_with_cuda()


def process_count(asked: str) -> int:
    """`--nproc`: a number, or "auto" for one process a GPU or, on the CPU, one a core that this process may use."""
    if asked != "auto":
        return int(asked)
    import paddle

    if paddle.is_compiled_with_cuda() and paddle.device.cuda.device_count():
        return paddle.device.cuda.device_count()
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
