"""The network as it is deployed: a single output that means something."""

from __future__ import annotations

import paddle
import paddle.nn.functional as F
from paddle import nn

from paddleseg.card import Output
from paddleseg.models.layers.graph_ops import sigmoid


class InferenceGraph(nn.Layer):
    """A model's main output, taken to probabilities (or what `output.kind` asks for) at the network's size.

    Shape:
        x (N, C, h, w) float32, and after it the other map that the model takes, if any. Returns (N, classes, h, w)
        float32, or (N, h, w) int32 for "argmax".
    """

    def __init__(self, model: nn.Layer, output: Output):
        super().__init__()
        self.model, self.output = model, output

    # Named one by one: Paddle's tracer takes no `*more`.
    def forward(self, x: paddle.Tensor, second: paddle.Tensor | None = None) -> paddle.Tensor:
        return _run(self.model, self.output, *([x] if second is None else [x, second]))


# Traced as it runs: Paddle's rewriting of Python source (dy2static) turns ordinary shape arithmetic into graph
# conditions that do not work with an open height and width.
@paddle.jit.not_to_static
def _run(model: nn.Layer, output: Output, *inputs: paddle.Tensor) -> paddle.Tensor:
    outputs = model(*inputs)
    logits = (outputs[0] if isinstance(outputs, (list, tuple)) else outputs).astype("float32")
    if output.kind in ("logits", "values", "alpha"):
        return logits
    if output.kind == "argmax":
        if output.activation == "sigmoid":
            return (logits > 0).astype("int32").squeeze(1)
        return paddle.argmax(logits, axis=1, dtype="int32")
    return sigmoid(logits) if output.activation == "sigmoid" else _softmax(logits)


def _softmax(logits: paddle.Tensor) -> paddle.Tensor:
    """Softmax over the classes; of two it is the sigmoid of their difference, which engines run many times faster."""
    if logits.shape[1] != 2:
        return F.softmax(logits, axis=1)
    foreground = sigmoid(logits[:, 1:] - logits[:, :1])
    return paddle.concat([1 - foreground, foreground], axis=1)
