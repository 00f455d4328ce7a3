"""What processes that train, or make batches, ask of the C library's allocator."""

from __future__ import annotations

import ctypes
import sys

# <malloc.h>
_M_TRIM_THRESHOLD, _M_MMAP_MAX = -1, -4


def keep_freed_memory() -> bool:
    """Let this process keep what it frees, for the next step to use again; returns whether the C library agreed.

    Paddle and OpenCV free every CPU tensor and image to the C library. glibc hands large blocks back to the kernel,
    which then has to clear their pages again in the next step: that is a third of a light network's step, and a sixth
    of making a batch. The price is that the process stays at its peak size until it ends.
    """
    if not sys.platform.startswith("linux"):
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except AttributeError:  # another C library than glibc
        return False
    return bool(mallopt(_M_MMAP_MAX, 0)) and bool(mallopt(_M_TRIM_THRESHOLD, 2**31 - 1))
