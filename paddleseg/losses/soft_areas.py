"""How much probability lies in the segments of an arg-max mask: the pass over pixels that connectivity needs.

`soft_mask(logits)` gives the arg-max mask of a batch; asked for areas afterwards, it gives sums of probabilities. In
training on a CPU compiled kernels do the work (`kernels.soft_areas`), since Paddle's softmax along axis 1 and the
backward passes around it alone cost more than all the rest; everywhere else a handful of Paddle operations does.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
import paddle
import paddle.nn.functional as F

from paddleseg.kernels import trains_on_cpu
from paddleseg.kernels.regions import Regions


class SoftMask(Protocol):
    """The arg-max mask of a batch of logits, and the probabilities behind it.

    Args:
        mask: The class of the largest logit, the first of equal ones, on the host, (N, H, W).
    """

    mask: np.ndarray

    def areas(self, regions: Regions) -> tuple[paddle.Tensor, paddle.Tensor]:
        """Sums of probabilities, differentiable in the logits.

        Returns:
            For every segment the sum over its pixels of the arg-max class's probability, (count,), and for every image
            and class the sum of the class's probability over known pixels of another label, (N, C), 0 where not asked.
        """
        ...


def soft_mask(logits: paddle.Tensor) -> SoftMask:
    """The arg-max mask of logits (N, C, H, W)."""
    if trains_on_cpu(logits):
        from paddleseg.kernels.soft_areas import KernelSoftMask

        return KernelSoftMask(logits)
    return PaddleSoftMask(logits)


class PaddleSoftMask:
    """On any device, with Paddle's operations; only the class map travels to the host."""

    def __init__(self, logits: paddle.Tensor):
        self.logits = logits
        self.classes = paddle.argmax(logits.detach(), axis=1)
        self.mask = self.classes.astype("uint8" if logits.shape[1] <= 256 else "int64").numpy()

    def areas(self, regions: Regions) -> tuple[paddle.Tensor, paddle.Tensor]:
        prob = F.softmax(self.logits, axis=1)
        # Single precision loses digits over the pixels of a whole image.
        own = paddle.take_along_axis(prob, self.classes.unsqueeze(1), axis=1).flatten().astype("float64")
        segments = paddle.to_tensor(regions.segments).astype("int64").flatten()
        sums = paddle.put_along_axis(paddle.zeros([regions.count], own.dtype), segments, own, axis=0, reduce="add")
        sums = sums.astype(prob.dtype)
        if not regions.outside.any():
            return sums, paddle.zeros(prob.shape[:2], prob.dtype)
        label, numbers = paddle.to_tensor(regions.label).unsqueeze(1), paddle.arange(prob.shape[1])
        elsewhere = (label >= 0) & (label < prob.shape[1]) & (label != numbers.reshape([1, -1, 1, 1]))
        asked = paddle.to_tensor(regions.outside).astype(prob.dtype)
        return sums, (prob * elsewhere.astype(prob.dtype)).sum(axis=[2, 3]) * asked
