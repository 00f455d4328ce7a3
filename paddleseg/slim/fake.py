"""Convolutions that compute in float with the numbers that 8 bits can hold, so that training meets their rounding."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import paddle
from paddle import nn

from paddleseg.export.quantize.write import WeightBits

_LEVELS = 255


class _Rounded:
    """What a convolution's input and weight become on the way in, by hooks, so that its parameters keep their names.

    Gradients pass through the rounding as if it were not there, and stop where a value is clipped (Jacob et al., CVPR
    2018, section 3).

    Args:
        low, high: What is not clipped of the input.
        bits: Of the weight, each output channel with its own scale.
    """

    def __init__(self, low: float, high: float, bits: WeightBits):
        self.low, self.high = min(low, 0.0), max(high, 0.0)
        self.step = max(self.high - self.low, 1e-6) / _LEVELS
        self.zero = round(-self.low / self.step)
        self.weight_levels = {7: 64, 8: 127}[bits]  # ONNX Runtime's

    def before(self, conv: Any, inputs: tuple[paddle.Tensor]) -> tuple[paddle.Tensor]:
        # What stands in the instance's own dict is found before the parameter of that name.
        conv.__dict__["weight"] = self._weight(conv._parameters["weight"])
        return (self._input(inputs[0]),)

    def after(self, conv: Any, inputs: Any, output: paddle.Tensor) -> None:
        del conv.__dict__["weight"]

    def _input(self, x: paddle.Tensor) -> paddle.Tensor:
        clipped = x.clip(-self.zero * self.step, (_LEVELS - self.zero) * self.step)
        return _through(clipped, (clipped / self.step).round() * self.step)

    def _weight(self, weight: paddle.Tensor) -> paddle.Tensor:
        with paddle.no_grad():
            step = weight.abs().max(axis=[1, 2, 3], keepdim=True).clip(min=1e-9) / self.weight_levels
            rounded = (weight / step).round() * step
        return _through(weight, rounded)


def _through(x: paddle.Tensor, rounded: paddle.Tensor) -> paddle.Tensor:
    """The value of `rounded` with the gradient of `x`."""
    return x + (rounded - x).detach()


def fake_quantise(model: nn.Layer, ranges: Mapping[str, tuple[float, float]], bits: WeightBits) -> list[str]:
    """Let a network's convolutions meet the rounding of 8 bits, in training and in evaluation.

    Batch norms have to stay as they are in evaluation (`train.freeze_norm`). Then a weight before and after folding
    its batch norm has the same steps, since each channel has its own, and what is trained is the folded network.

    Args:
        model: Changed in place; its parameters keep their names.
        ranges: Of the inputs, by the names of layers as an exported graph has them.

    Returns:
        The layers that are no convolution of `model`, which are not trained for 8 bits.
    """
    convolutions = {name: layer for name, layer in model.named_sublayers() if isinstance(layer, nn.Conv2D)}
    missing = []
    for name, (low, high) in ranges.items():
        conv = convolutions.get(name.removeprefix("model."))
        if conv is None:
            missing.append(name)
            continue
        rounded = _Rounded(low, high, bits)
        conv.register_forward_pre_hook(rounded.before)
        conv.register_forward_post_hook(rounded.after)
    return missing
