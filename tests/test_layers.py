"""The layers' CPU training form: the numbers and gradients of Paddle's operators, and used only where it may be."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable

import numpy as np
import paddle
import paddle.nn.functional as F
import pytest
from paddle import nn

from paddleseg import kernels
from paddleseg.models.humanseg.lite import PPHumanSegLite
from paddleseg.models.layers import DepthwiseConv2D, channel_shuffle, halves, interleave, max_pool, upsample
from paddleseg.models.layers.basic import ConvBN, ConvBNReLU


def tensor(*shape: int, seed: int = 0, scale: float = 1) -> paddle.Tensor:
    values = np.random.default_rng(seed).standard_normal(shape) * scale
    return paddle.to_tensor(values.astype("float32"), stop_gradient=False)


def randomised(layer: nn.Layer) -> nn.Layer:
    for seed, parameter in enumerate(trained(layer)):
        parameter.set_value(tensor(*parameter.shape, seed=seed))
    return layer


def trained(layer: nn.Layer) -> list[paddle.Tensor]:
    return [parameter for parameter in layer.parameters() if not parameter.stop_gradient]


def results(run: Callable, *inputs: paddle.Tensor) -> list[np.ndarray]:
    """The output, the gradients of inputs and parameters, and the running statistics after one training step."""
    y = run(*inputs)
    layer = run if isinstance(run, nn.Layer) else nn.Layer()
    sources = [x for x in inputs if not x.stop_gradient] + trained(layer)
    grads = paddle.grad(y, sources, tensor(*y.shape, seed=9))
    return [t.numpy() for t in (y, *grads, *layer.state_dict().values())]


def assert_close(actual: list[np.ndarray], expected: list[np.ndarray]) -> None:
    for a, b in zip(actual, expected, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5 * max(np.abs(b).max(), 1), rtol=0)


def form(y: paddle.Tensor) -> str:
    """The name of the operation that made `y`."""
    return y.grad_fn.name()


class Reference(nn.Layer):
    """The same parameters through Paddle's operators."""

    def __init__(self, layer: ConvBN):
        super().__init__()
        self.conv, self.bn = layer.conv, nn.BatchNorm2D(layer.bn._num_features)
        self.bn.weight, self.bn.bias = layer.bn.weight, layer.bn.bias
        self.relu = isinstance(layer, ConvBNReLU)

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        y = self.bn(self.conv(x))
        return F.relu(y) if self.relu else y


@pytest.mark.parametrize("kind", [ConvBN, ConvBNReLU])
@pytest.mark.parametrize(("kernel", "stride", "dilation"), [(3, 1, 1), (3, 2, 1), (5, 1, 1), (5, 2, 1), (3, 1, 2)])
@pytest.mark.parametrize("size", [(9, 12), (16, 7)])
@pytest.mark.parametrize("padding", [None, "SAME"])
def test_depthwise_conv_bn(kind, kernel, stride, dilation, size, padding):
    layer = randomised(kind(6, 6, kernel, stride=stride, groups=6, dilation=dilation, padding=padding))
    x = tensor(3, 6, *size)
    assert "DepthwiseBN" in form(layer(x))
    layer.bn._mean.set_value(paddle.zeros([6]))
    layer.bn._variance.set_value(paddle.ones([6]))
    assert_close(results(layer, x), results(Reference(layer), x))


@pytest.mark.parametrize(
    ("channels", "kernel", "stride", "dilation", "size"),
    [
        ((5, 7), 1, 1, 1, (9, 12)),
        ((3, 8), 3, 2, 1, (17, 14)),
        ((4, 6), 3, 1, 2, (9, 7)),
        ((2, 3), 7, 2, 1, (16, 15)),
        ((64, 3), 3, 1, 1, (40, 23)),  # more than one block of rows, the last one smaller
        ((4, 6), 1, 2, 1, (9, 8)),
        ((3, 4), 5, 3, 1, (10, 5)),
        ((3, 4), 3, 2, 1, (1, 2)),
    ],
)
@pytest.mark.parametrize("padding", [None, "SAME"])
def test_dense_conv_bn(channels, kernel, stride, dilation, size, padding):
    layer = randomised(ConvBNReLU(*channels, kernel, stride=stride, dilation=dilation, padding=padding))
    x = tensor(3, channels[0], *size)
    assert "DenseConv" in form(kernels.dense_conv(x, layer.conv))
    assert_close(results(layer, x), results(Reference(layer), x))


def test_batch_norm_is_exact_far_from_zero():
    layer = ConvBN(4, 4, 1)
    layer.conv.weight.set_value(paddle.eye(4).reshape([4, 4, 1, 1]))
    y = layer(tensor(8, 4, 32, 32) + 1000)
    assert abs(float(y.mean())) < 1e-3 and abs(float(y.std()) - 1) < 1e-3


@pytest.mark.parametrize(
    ("kernel", "stride", "padding", "size"),
    [(3, 2, 1, (9, 12)), (2, 2, 0, (8, 7)), (3, 1, 1, (7, 7)), (5, 3, 2, (5, 9))],
)
def test_max_pool(kernel, stride, padding, size):
    # Many equal maxima, as after a ReLU: the gradient should go to the same one of them.
    x = paddle.to_tensor(F.relu(tensor(2, 3, *size, scale=2)).round().numpy(), stop_gradient=False)
    assert "MaxPool" in form(max_pool(x, kernel, stride, padding))
    assert_close(
        results(lambda x: max_pool(x, kernel, stride, padding), x),
        results(lambda x: F.max_pool2d(x, kernel, stride, padding), x),
    )


@pytest.mark.parametrize("align_corners", [False, True])
@pytest.mark.parametrize(
    ("size", "target"),
    [((12, 12), (96, 96)), ((5, 7), (11, 9)), ((9, 9), (4, 5)), ((1, 3), (1, 7)), ((3, 3), (1, 1)), ((6, 5), (6, 5))],
)
def test_upsample(size, target, align_corners):
    x = tensor(2, 3, *size)
    assert "Resize" in form(upsample(x, target, align_corners))
    assert_close(
        results(lambda x: upsample(x, target, align_corners), x),
        results(lambda x: F.interpolate(x, target, mode="bilinear", align_corners=align_corners), x),
    )


def test_interleave_is_a_shuffle_in_two_groups():
    left, right = tensor(2, 3, 5, 4), tensor(2, 3, 5, 4, seed=1)
    assert "Interleave" in form(interleave(left, right))
    shuffled = results(lambda a, b: channel_shuffle(paddle.concat([a, b], axis=1), 2), left, right)
    assert_close(results(interleave, left, right), shuffled)


def test_halves():
    x = tensor(2, 6, 5, 4)
    assert "Halves" in form(halves(x)[0])
    weighted = lambda parts: parts[0] * 2 + parts[1] * 3  # noqa: E731
    assert_close(results(lambda x: weighted(halves(x)), x), results(lambda x: weighted((x[:, :3], x[:, 3:])), x))


class Transposed(nn.Layer):
    """A layer whose input and whose output's gradient are transposed views."""

    def __init__(self, layer: nn.Layer):
        super().__init__()
        self.layer = layer

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        return self.layer(x.transpose([0, 3, 1, 2])[:, :, 1:]).transpose([0, 2, 3, 1])


@pytest.mark.parametrize("groups", [1, 6])
def test_views_are_read_in_their_own_order(groups):
    layer = randomised(ConvBNReLU(6, 6, 3, groups=groups))
    x = tensor(3, 9, 12, 6)
    assert_close(results(Transposed(layer), x), results(Transposed(Reference(layer)), x))


def test_frozen_parameters_and_inputs_get_no_gradient():
    depthwise, dense = ConvBN(4, 4, 3, groups=4), ConvBN(4, 5, 3)
    for layer in (depthwise, dense):
        layer.bn.weight.stop_gradient = True
        layer(tensor(2, 4, 8, 8).detach()).sum().backward()
        assert layer.bn.weight.grad is None and layer.conv.weight.grad is not None


def off(reason: str, layer: nn.Layer, x: paddle.Tensor) -> paddle.Tensor:
    """The layer's output in a situation where Paddle's own operators should be used."""
    if reason == "evaluation":
        layer.eval()
    elif reason == "float64":
        layer, x = layer.to(dtype="float64"), x.detach().astype("float64")
        x.stop_gradient = False
    elif reason == "hook":
        layer.bn.register_forward_post_hook(lambda *_: None)
    return layer(x)


@pytest.mark.parametrize("reason", ["evaluation", "float64", "hook"])
def test_other_modes_use_paddles_operators(reason):
    y = off(reason, ConvBNReLU(4, 4, 3, groups=4), tensor(2, 4, 8, 8))
    assert "relu" in form(y).lower()


def test_no_gradient_no_training_form():
    layer = ConvBN(4, 4, 3, groups=4)
    with paddle.no_grad():
        assert layer(tensor(2, 4, 8, 8)).stop_gradient


def step(fast: bool, monkeypatch, threads: int = 1) -> dict[str, np.ndarray]:
    """The logits and the gradients of a training step of the whole network."""
    monkeypatch.setattr(kernels, "available", lambda: fast)
    paddle.seed(0)
    model = PPHumanSegLite(pretrained="zoo://pp_humanseg_v1_lite")
    labels = paddle.to_tensor((np.arange(3 * 65 * 70).reshape(3, 65, 70) % 3 == 0).astype("int64"))
    logits = model(tensor(3, 3, 65, 70).detach())[0]
    F.cross_entropy(logits, labels, axis=1).backward()
    return {
        "logits": logits.numpy(),
        **{name: p.grad.numpy() for name, p in model.named_parameters() if p.grad is not None},
    }


def test_network_trains_alike(monkeypatch):
    paddles, ours = step(False, monkeypatch), step(True, monkeypatch)
    scale = max(np.abs(g).max() for g in paddles.values())
    assert ours.keys() == paddles.keys()
    for name, value in paddles.items():
        np.testing.assert_allclose(ours[name], value, atol=1e-4 * scale, rtol=0, err_msg=name)
    np.testing.assert_allclose(ours["logits"], paddles["logits"], atol=2e-5 * np.abs(paddles["logits"]).max())


def test_steps_repeat_bit_for_bit(monkeypatch):
    first, second = step(True, monkeypatch), step(True, monkeypatch)
    assert all(np.array_equal(first[name], second[name]) for name in first)


def test_export_in_training_mode_holds_paddles_operators(tmp_path):
    layer = randomised(ConvBNReLU(4, 4, 3, groups=4))
    spec = [paddle.static.InputSpec([None, 4, 8, 8], "float32")]
    static = paddle.jit.to_static(layer, input_spec=spec, full_graph=True)
    operators = [op.name() for op in static.forward.concrete_program.main_program.global_block().ops]
    assert "pd_op.depthwise_conv2d" in operators and not any("py_layer" in name for name in operators)


def test_the_kernels_can_be_switched_off(monkeypatch):
    assert kernels.available()
    monkeypatch.setenv("PADDLESEG_CPU_KERNELS", "0")
    assert not kernels.available.__wrapped__()


def test_without_numba_paddles_operators_serve():
    code = """
import sys
sys.modules["numba"] = None
import paddle
from paddleseg import kernels
from paddleseg.models.layers.basic import ConvBNReLU
x = paddle.rand([2, 4, 8, 8]); x.stop_gradient = False
assert not kernels.available() and "relu" in ConvBNReLU(4, 4, 3, groups=4)(x).grad_fn.name().lower()
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_kernels_run_where_nothing_can_be_kept_on_disk():
    code = """
import numpy as np
from paddleseg.kernels.runtime import copy
target = np.zeros((2, 3), np.float32)
copy(np.ones((2, 3), np.float32), target)
assert target.all() and not copy.stats.cache_path
"""
    nowhere = {**os.environ, "NUMBA_CACHE_LOCATOR_CLASSES": "UserProvidedCacheLocator", "NUMBA_CACHE_DIR": ""}
    subprocess.run([sys.executable, "-c", code], check=True, env=nowhere)


def test_too_wide_padding_is_refused():
    with pytest.raises(ValueError, match="padding 3"):
        DepthwiseConv2D(4, 3, padding=3)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="mallopt is glibc's")
def test_freed_memory_is_kept():
    code = """
import resource
import paddle
from paddleseg.memory import keep_freed_memory
assert keep_freed_memory()
def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    paddle.ones([1 << 24])  # 16,384 pages
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
found = [faults() for _ in range(5)]
assert found[0] > 10_000 > 1_000 > min(found[1:]), found
"""
    subprocess.run([sys.executable, "-c", code], check=True)
