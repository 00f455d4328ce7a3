"""Several processes as one training: who am I, and what do the others have. `launch.py` starts them."""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Sequence
from typing import Any

import numpy as np

RANK_VARIABLE, WORLD_VARIABLE = "PADDLE_TRAINER_ID", "PADDLE_TRAINERS_NUM"
# The process that has started this rank, set by `launch`: the configured batch is then the whole batch. Under
# `paddle.distributed.launch` it is each rank's, as in PaddleSeg.
LAUNCHER_VARIABLE = "PADDLESEG_LAUNCHER"


def rank() -> int:
    return int(os.environ.get(RANK_VARIABLE, "0"))


def world() -> int:
    return int(os.environ.get(WORLD_VARIABLE, "1"))


def is_main() -> bool:
    return rank() == 0


def batch_share(batch_size: int) -> int:
    """The images of a batch that this rank takes."""
    return batch_size // world() if LAUNCHER_VARIABLE in os.environ else batch_size


def init() -> None:
    """Join the group that `paddle.distributed.launch` or `launch` below has described in the environment."""
    import paddle

    if world() > 1 and not paddle.distributed.is_initialized():
        if LAUNCHER_VARIABLE in os.environ:
            # A rank that has lost another one is aborted by gloo, and Paddle prints pages about it; the launcher says
            # in a sentence which one was lost.
            paddle.disable_signal_handler()
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
