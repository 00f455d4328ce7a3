"""Stochastic depth: whole samples, the right share of them, the same mean, and only in training."""

from __future__ import annotations

import numpy as np
import paddle
import pytest

from paddleseg.models.layers.drop_path import DropPath


def test_samples_are_left_out_whole_and_the_mean_stays():
    paddle.seed(0)
    layer, x = DropPath(0.25), paddle.ones([4000, 3, 2])
    y = layer(x).numpy().reshape(4000, -1)
    assert (y == y[:, :1]).all()
    np.testing.assert_allclose(np.unique(y), [0, 1 / 0.75], rtol=1e-6)
    assert abs((y[:, 0] == 0).mean() - 0.25) < 0.03


def test_nothing_happens_in_evaluation_or_at_rate_0():
    x = paddle.ones([8, 3, 2])
    layer = DropPath(0.5)
    layer.eval()
    assert layer(x) is x and DropPath(0)(x) is x


def test_a_rate_that_leaves_nothing_is_refused():
    with pytest.raises(ValueError, match="rate"):
        DropPath(1)
