"""What the networks with context on a dilated backbone do beside giving logits."""

from __future__ import annotations

import numpy as np
import paddle
import pytest
from model_cases import CASES, build

from paddleseg.models.dnlnet import DisentangledAttention
from paddleseg.models.emanet import ExpectationMaximization


def softmax(x: np.ndarray, axis: int) -> np.ndarray:
    powers = np.exp(x - x.max(axis, keepdims=True))
    return powers / powers.sum(axis, keepdims=True)


def test_emanets_bases_follow_those_of_each_step_in_training_only():
    paddle.seed(0)
    layer = ExpectationMaximization(6, 4, steps=3, momentum=0.1)
    x = np.random.default_rng(0).standard_normal((2, 6, 5, 7)).astype("float32")
    before, pixels = layer.bases.numpy().copy(), x.reshape(2, 6, -1)
    bases = np.repeat(before, 2, axis=0)
    for _ in range(3):
        shares = softmax(pixels.transpose(0, 2, 1) @ bases, axis=2)
        bases = pixels @ (shares / shares.sum(1, keepdims=True))
        bases /= np.linalg.norm(bases, axis=1, keepdims=True)
    mean = bases.mean(0, keepdims=True)
    followed = 0.9 * before + 0.1 * mean / np.linalg.norm(mean, axis=1, keepdims=True)

    layer.eval()
    made = layer(paddle.to_tensor(x)).numpy()
    np.testing.assert_allclose(made.reshape(2, 6, -1), bases @ shares.transpose(0, 2, 1), atol=1e-5)
    np.testing.assert_array_equal(layer.bases.numpy(), before)
    layer.train()
    layer(paddle.to_tensor(x))
    np.testing.assert_allclose(layer.bases.numpy(), followed, atol=1e-5)


@pytest.mark.parametrize("mode", ["embedded_gaussian", "dot_product"])
def test_dnlnets_pairs_are_whitened_and_weighed_as_the_mode_says(mode: str):
    paddle.seed(0)
    layer = DisentangledAttention(8, reduction=2, use_scale=True, mode=mode, temperature=0.5)
    layer.eval()
    x = paddle.to_tensor(np.random.default_rng(0).standard_normal((2, 8, 3, 5)).astype("float32"))
    query, key, value, salience = (
        conv(x).numpy().reshape(2, -1, 15) for conv in (layer.query, layer.key, layer.value, layer.salience)
    )
    query, key = (each - each.mean(2, keepdims=True) for each in (query, key))
    products = query.transpose(0, 2, 1) @ key
    weights = products / 15 if mode == "dot_product" else softmax(products / 2 / 0.5, axis=2)
    context = value @ weights.transpose(0, 2, 1) + value @ softmax(salience, 2).transpose(0, 2, 1)
    wanted = x + layer.back(paddle.to_tensor(context.reshape(2, 4, 3, 5)))
    np.testing.assert_allclose(layer(x).numpy(), wanted.numpy(), atol=1e-5)


@pytest.mark.parametrize("shared", [False, True])
def test_danets_place_attention_learns_a_classifier_of_its_own_unless_it_is_shared(shared: bool):
    model = build(CASES["DANet"], num_classes=3, share_classifier=shared)
    model.train()
    _, _, position, _ = model(paddle.rand([2, 3, 32, 32]))
    position.sum().backward()
    taught, other = model.classify_position[1].weight, model.classify_channel[1].weight
    assert (taught.grad is None) == shared and (other.grad is None) != shared


def test_sfnet_gives_the_main_logits_first_and_alone_in_evaluation():
    model = build(CASES["SFNet"], num_classes=3)
    model.eval()
    x = paddle.rand([1, 3, 32, 32])
    (alone,) = model(x)
    model.head.classify.bias.set_value(model.head.classify.bias + 1)
    np.testing.assert_allclose(model(x)[0].numpy(), alone.numpy() + 1, atol=1e-5)
