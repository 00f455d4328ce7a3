"""What part of the picture an output pixel can depend on."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import paddle
from paddle import nn

from paddleseg.inference.runtimes.dygraph import evaluating
from paddleseg.models.layers.reparam import folded

_BORDER = 1 / 32


@dataclass(frozen=True)
class ReceptiveField:
    """The part of an input of `size` (h, w) that reaches the logits of the centre pixel.

    Args:
        height, width: The smallest box around that part.
        whole: It reaches the borders, so that a larger input might show more.
    """

    size: tuple[int, int]
    height: int
    width: int
    whole: bool

    def __str__(self) -> str:
        box = f"{self.height} x {self.width} (h x w)"
        return f"the whole input of {self.size[0]} x {self.size[1]}" if self.whole else box


def receptive_field(model: nn.Layer, shape: Sequence[int]) -> ReceptiveField:
    """The receptive field of the main output's centre pixel, by the gradient of that pixel.

    A gradient follows every branch, skip and pooling as the network really has it, where adding up strides and kernels
    is true of chains only. That none of it vanishes by chance, all of it runs in float64 with weights that are positive
    (so that no ReLU is ever shut) and average their input (so that nothing overflows). The picture rises towards the
    top left and then towards the bottom right, since a maximum passes its gradient to a single place of its window.

    Args:
        shape: N, C, H, W of the input.
    """
    size = (shape[2], shape[3])
    seen = np.zeros(size, bool)
    with evaluating(network := _positive(folded(model))):
        for direction in (-1, 1):
            x = paddle.to_tensor(_ramp((1, *shape[1:]))[..., ::direction, ::direction].copy(), stop_gradient=False)
            outputs = network(x)
            logits = outputs[0] if isinstance(outputs, (list, tuple)) else outputs
            logits[0, :, logits.shape[2] // 2, logits.shape[3] // 2].sum().backward()
            seen |= (x.grad.numpy()[0] != 0).any(axis=0)
    rows, columns = np.flatnonzero(seen.any(axis=1)), np.flatnonzero(seen.any(axis=0))
    height, width = (int(np.ptp(found)) + 1 for found in (rows, columns))
    # Zero padding makes the outermost values small, so that a maximum there may pass over the last pixels.
    whole = height > (1 - _BORDER) * size[0] and width > (1 - _BORDER) * size[1]
    return ReceptiveField(size, height, width, whole)


def _ramp(shape: Sequence[int]) -> np.ndarray:
    """Values in (0, 1) that rise towards the bottom right."""
    rows, columns = (np.linspace(0.1, 0.4, side) for side in shape[2:])
    return np.broadcast_to(rows[:, None] + columns, shape)


def _positive(model: nn.Layer) -> nn.Layer:
    """A copy in float64 with positive weights whose sums are about one, and norms that change nothing."""
    network = copy.deepcopy(model).to(dtype="float64")
    rng = np.random.default_rng(0)
    for name, value in network.state_dict().items():
        shape = list(value.shape)
        if len(shape) > 1:
            # A convolution's weight is (out, in, h, w), a linear layer's (in, out); a transposed convolution's
            # (in, out, h, w) only makes the scale another.
            inputs = shape[0] if len(shape) == 2 else int(np.prod(shape[1:]))
            value.set_value(rng.uniform(0.5, 1.5, shape) / inputs)
        else:  # a bias or mean is 0; a norm's weight or variance 1
            one = name.endswith(("_variance", "weight"))
            value.set_value(np.full(shape, float(one)))
    return network
