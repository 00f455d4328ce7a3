"""The layers' CPU training form gives the numbers and gradients of Paddle's own operators."""

from __future__ import annotations

import numpy as np
import paddle
import paddle.nn.functional as F
import pytest
from paddle import nn

from paddleseg.models.layers import ConvBN, ConvBNReLU


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def tensor(rng: np.random.Generator, *shape: int) -> paddle.Tensor:
    return paddle.to_tensor(rng.standard_normal(shape).astype("float32"), stop_gradient=False)


def results(rng: np.random.Generator, layer: nn.Layer, x: paddle.Tensor) -> list[np.ndarray]:
    """The output, every gradient and every running statistic after one training step's forward and backward."""
    y = layer(x)
    dy = paddle.to_tensor(np.random.default_rng(1).standard_normal(y.shape).astype("float32"))
    trained = [p for p in layer.parameters() if not p.stop_gradient]
    return [t.numpy() for t in (y, *paddle.grad(y, [x, *trained], dy), *layer.state_dict().values())]


def assert_close(actual: list[np.ndarray], expected: list[np.ndarray]) -> None:
    for a, b in zip(actual, expected, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5 * np.abs(b).max(), rtol=0)


def randomised(rng: np.random.Generator, layer: nn.Layer) -> nn.Layer:
    for parameter in [p for p in layer.parameters() if not p.stop_gradient]:
        parameter.set_value(rng.uniform(-1, 1, parameter.shape).astype("float32"))
    return layer


class Reference(nn.Layer):
    """The same parameters through Paddle's operators."""

    def __init__(self, layer: ConvBN):
        super().__init__()
        self.conv, self.bn, self.relu = (
            layer.conv,
            nn.BatchNorm2D(layer.bn._num_features),
            isinstance(layer, ConvBNReLU),
        )
        self.bn.weight, self.bn.bias = layer.bn.weight, layer.bn.bias

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        y = self.bn(self.conv(x))
        return F.relu(y) if self.relu else y


@pytest.mark.parametrize("kind", [ConvBN, ConvBNReLU])
@pytest.mark.parametrize(("kernel", "stride", "dilation"), [(3, 1, 1), (3, 2, 1), (5, 1, 1), (5, 2, 1), (3, 1, 2)])
@pytest.mark.parametrize("size", [(9, 12), (16, 7)])
def test_depthwise_conv_bn(rng, kind, kernel, stride, dilation, size):
    layer = randomised(rng, kind(6, 6, kernel, stride=stride, groups=6, dilation=dilation))
    x = tensor(rng, 3, 6, *size)
    assert_close(results(rng, layer, x), results(rng, Reference(layer), x))
