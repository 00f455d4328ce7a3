"""A model with the end that an exported graph has; export here uses its own."""

from __future__ import annotations

import paddle
import paddle.nn.functional as F
from paddle import nn


class WrappedModel(nn.Layer):
    """A model that gives classes or probabilities instead of logits.

    Args:
        model: Returns a list of logits (N, C, H, W).
        output_op: "argmax" for classes (N, H, W) int32, "softmax" for probabilities (N, C, H, W).

    Raises:
        ValueError: Another `output_op`.
    """

    def __init__(self, model: nn.Layer, output_op: str):
        super().__init__()
        if output_op not in ("argmax", "softmax"):
            raise ValueError(f"output_op should be argmax or softmax, not {output_op!r}")
        self.model, self.output_op = model, output_op

    def forward(self, x: paddle.Tensor) -> list[paddle.Tensor]:
        outputs = self.model(x)
        if self.output_op == "argmax":
            return [output.argmax(axis=1, dtype="int32") for output in outputs]
        return [F.softmax(output, axis=1) for output in outputs]
