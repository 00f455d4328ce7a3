"""Branches that fold into one convolution: the same numbers, and nothing left of the branches."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import paddle
import pytest
from paddle import nn
from test_layers import tensor

from paddleseg.card import Card
from paddleseg.export.export import export_model
from paddleseg.models.humanseg.portrait_swift import PortraitSwift
from paddleseg.models.layers.reparam import RepConv, folded


def trained(model: nn.Layer) -> nn.Layer:
    """With batch-norm statistics and parameters that are not those of a new model."""
    for seed, (name, value) in enumerate(model.state_dict().items()):
        if "bn" in name or ".same." in name:
            scale = 0.3 if name.endswith(("bias", "_mean")) else 0.2
            shift = 0 if name.endswith(("bias", "_mean")) else 1
            value.set_value(tensor(*value.shape, seed=seed, scale=scale).clip(-0.5, 0.5) + shift)
    model.eval()
    return model


@pytest.mark.parametrize(
    ("channels", "kernel", "stride", "groups"),
    [((6, 6), 3, 1, 6), ((6, 6), 5, 2, 6), ((6, 8), 1, 1, 1), ((8, 8), 1, 1, 1), ((6, 6), 3, 1, 1), ((6, 6), 3, 1, 2)],
)
@pytest.mark.parametrize("relu", [True, False])
def test_one_convolution_has_the_numbers_of_the_branches(channels, kernel, stride, groups, relu):
    layer = trained(RepConv(*channels, kernel, stride, groups, relu))
    x = tensor(2, channels[0], 11, 14)
    with paddle.no_grad():
        expected, found = layer(x).numpy(), layer.folded()(x).numpy()
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert (expected.min() >= 0) == relu


def test_a_folded_model_is_a_copy_without_branches():
    model = trained(PortraitSwift())
    before = {name: value.numpy().copy() for name, value in model.state_dict().items()}
    single = folded(model)
    single.eval()
    assert not any(
        isinstance(layer, (RepConv, nn.BatchNorm2D)) for stage in single.stages for layer in stage.sublayers()
    )
    x = tensor(1, 3, 67, 91)
    with paddle.no_grad():
        expected, found = model(x)[0].numpy(), single(x)[0].numpy()
    np.testing.assert_allclose(found, expected, atol=1e-4 * np.abs(expected).max())
    for name, value in model.state_dict().items():
        np.testing.assert_array_equal(value.numpy(), before[name])


def test_a_model_without_branches_is_left_alone():
    model = nn.Sequential(nn.Conv2D(3, 2, 1))
    assert folded(model) is model


def test_an_exported_graph_has_no_branches(tmp_path: Path):
    card = Card(preprocess=[{"type": "Resize", "target_size": [96, 64]}, {"type": "Normalize"}])
    model = trained(PortraitSwift())
    with paddle.no_grad():
        largest = model(tensor(1, 3, 64, 96))[0].abs().max()
    model.classify.weight.set_value(model.classify.weight * (10 / largest))  # logits of the size that training gives
    done = export_model(model, card, tmp_path / "out")
    assert max(done.differences.values()) < 1e-4
    operations = re.findall(r'"#":"\d+\.(\w+)"', (tmp_path / "out" / "model.json").read_text())
    assert operations.count("batch_norm_") == 1  # the stem's, which is no RepConv
