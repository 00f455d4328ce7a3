"""Resizing: exported graphs give the numbers of the model in memory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

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

    def __init__(self, size: tuple[int, int] | None, options: dict[str, Any]):
        super().__init__()
        self.conv = nn.Conv2D(3, 32, 3, stride=2, padding=1)
        self.size, self.options = size, options

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        return upsample(self.conv(x), self.size or x, **self.options)


OPTIONS = ({"align_corners": True}, {"align_corners": False}, {"half_pixel": False}, {"mode": "nearest"})


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("size", [None, (37, 20)])
@pytest.mark.parametrize("shape", [(None, 3, None, None), (2, 3, 30, 26)])
def test_paddle_inference(size: tuple[int, int] | None, options: dict[str, Any], shape: tuple, tmp_path: Path):
    paddle.seed(0)
    model = _Resized(size, options)
    graph = InferenceGraph(model, Output(kind="logits"))
    spec = paddle.static.InputSpec([*shape], "float32", name="x")
    paddle.jit.save(paddle.jit.to_static(graph, input_spec=[spec], full_graph=True), str(tmp_path / "model"))
    x = np.random.default_rng(0).standard_normal((2, 3, 30, 26)).astype("float32")
    found = PaddleInference(tmp_path / "model.json", tmp_path / "model.pdiparams")(x)
    np.testing.assert_allclose(found, model(paddle.to_tensor(x)).numpy(), atol=1e-5)
