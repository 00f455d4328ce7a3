"""Averages over grids: the form that is exported gives the numbers of the form that trains."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import paddle
import pytest
from paddle import nn

from paddleseg.card import Output
from paddleseg.inference.graph import InferenceGraph
from paddleseg.inference.runtimes.paddle import PaddleInference
from paddleseg.models.layers.pooling import grid_average


class _Grid(nn.Layer):
    def __init__(self, cells: int):
        super().__init__()
        self.cells = cells

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        return grid_average(x, self.cells)


@pytest.mark.parametrize("cells", [1, 4, 6])
@pytest.mark.parametrize("open_size", [True, False])
def test_exported_averages_are_those_of_adaptive_pooling(cells: int, open_size: bool, tmp_path: Path):
    for h, w in ((6, 6), (2, 3), (12, 8), (7, 13)):
        spec = paddle.static.InputSpec([None, 3, None, None] if open_size else [1, 3, h, w], "float32", name="x")
        graph = InferenceGraph(_Grid(cells), Output(kind="logits"))
        path = str(tmp_path / f"{h}_{w}")
        paddle.jit.save(paddle.jit.to_static(graph, input_spec=[spec], full_graph=True), path)
        x = paddle.to_tensor(np.random.default_rng(0).standard_normal((1, 3, h, w)).astype("float32"))
        expected = nn.functional.adaptive_avg_pool2d(x, cells).numpy()
        np.testing.assert_allclose(paddle.jit.load(path)(x).numpy(), expected, atol=1e-6)


def test_averages_of_a_map_that_onednn_keeps_in_blocks(tmp_path: Path):
    paddle.seed(0)
    model = nn.Sequential(nn.Conv2D(3, 32, 3, stride=2, padding=1), _Grid(2))
    spec = paddle.static.InputSpec([None, 3, None, None], "float32", name="x")
    graph = InferenceGraph(model, Output(kind="logits"))
    paddle.jit.save(paddle.jit.to_static(graph, input_spec=[spec], full_graph=True), str(tmp_path / "model"))
    x = np.random.default_rng(0).standard_normal((2, 3, 30, 26)).astype("float32")
    found = PaddleInference(tmp_path / "model.json", tmp_path / "model.pdiparams")(x)
    np.testing.assert_allclose(found, model(paddle.to_tensor(x)).numpy(), atol=1e-5)
