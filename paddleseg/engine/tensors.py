"""NumPy arrays as tensors of the device in use."""

from __future__ import annotations

import numpy as np
import paddle
from paddle.utils.dlpack import from_dlpack


def as_tensor(array: np.ndarray) -> paddle.Tensor:
    """The array as a tensor; on the CPU both share their memory, so that the array should not change any more.

    Paddle's `to_tensor` copies, which takes longer for a cached batch than to augment it.
    """
    if paddle.get_device() == "cpu" and array.flags.writeable and array.flags.c_contiguous:
        return from_dlpack(array)
    return paddle.to_tensor(array)
