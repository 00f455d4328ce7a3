"""Resizing: exported graphs give the numbers of the model in memory."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import paddle
import pytest
from paddle import nn

from paddleseg.card import Output
from paddleseg.inference.graph import InferenceGraph
from paddleseg.inference.runtimes.paddle import PaddleInference
from paddleseg.models.layers import upsample


class _Resized(nn.Layer):
    """A convolution at half the size, whose map oneDNN keeps in blocks of channels, brought to `size` or back."""

    def __init__(self, size: tuple[int, int] | None, align_corners: bool):
        super().__init__()
        self.conv = nn.Conv2D(3, 32, 3, stride=2, padding=1)
        self.size, self.align_corners = size, align_corners

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        return upsample(self.conv(x), self.size or x, self.align_corners)


@pytest.mark.parametrize("align_corners", [True, False])
@pytest.mark.parametrize("size", [None, (37, 20)])
@pytest.mark.parametrize("shape", [(None, 3, None, None), (2, 3, 30, 26)])
def test_paddle_inference(size: tuple[int, int] | None, align_corners: bool, shape: tuple, tmp_path: Path):
    paddle.seed(0)
    model = _Resized(size, align_corners)
    graph = InferenceGraph(model, Output(kind="logits"))
    spec = paddle.static.InputSpec([*shape], "float32", name="x")
    paddle.jit.save(paddle.jit.to_static(graph, input_spec=[spec], full_graph=True), str(tmp_path / "model"))
    x = np.random.default_rng(0).standard_normal((2, 3, 30, 26)).astype("float32")
    found = PaddleInference(tmp_path / "model.json", tmp_path / "model.pdiparams")(x)
    np.testing.assert_allclose(found, model(paddle.to_tensor(x)).numpy(), atol=1e-5)
