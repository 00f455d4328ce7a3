"""Losses that take several maps of a network together: points with their scores, embeddings with logits."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import paddle
import pytest
from model_cases import CASES, build

from paddleseg.engine.terms import LossPlan
from paddleseg.losses.contrast import PixelContrastCrossEntropyLoss
from paddleseg.losses.cross_entropy import CrossEntropyLoss
from paddleseg.losses.points import PointCrossEntropyLoss
from paddleseg.models.contract import heads_of

IGNORED = 255


def numbers(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def blocks() -> np.ndarray:
    """Labels (2, 12, 16) of three classes in bands, one picture partly ignored."""
    labels = np.repeat(np.arange(12)[:, None] // 4, 16, axis=1)[None].repeat(2, axis=0)
    labels[1, :, 12:] = IGNORED
    return labels


def of_points(align_corners: bool = False, **arguments) -> tuple[float, np.ndarray, np.ndarray]:
    """The loss, its gradient, and the labels at the points."""
    points = np.random.default_rng(1).random((2, 40, 2)).astype("float32")
    logits = paddle.to_tensor(numbers(0, 2, 3, 40), stop_gradient=False)
    loss = PointCrossEntropyLoss(align_corners=align_corners, **arguments)
    value = loss([logits, paddle.to_tensor(points)], paddle.to_tensor(blocks()))
    value.backward()
    x, y = (points * [15, 11]).round().astype(int).T if align_corners else (points * [16, 12]).astype(int).T
    return float(value), logits.grad.numpy(), blocks()[np.arange(2), y, x].T


@pytest.mark.parametrize("align_corners", [False, True])
def test_points_are_compared_with_the_pixels_that_they_lie_in(align_corners: bool):
    value, gradient, labels = of_points(align_corners)
    likely = numbers(0, 2, 3, 40) - np.log(np.exp(numbers(0, 2, 3, 40)).sum(axis=1, keepdims=True))
    known = labels != IGNORED
    losses = -np.take_along_axis(likely, np.where(known, labels, 0)[:, None], axis=1)[:, 0]
    assert value == pytest.approx(losses[known].mean(), rel=1e-5)
    assert value == pytest.approx(1.39683962, rel=1e-5)  # PaddleSeg 2.8.0's on the same input
    assert np.abs(gradient.transpose(0, 2, 1)[~known]).max() == 0 < np.abs(gradient).max()


def test_a_points_class_weighs_what_it_is_told_to():
    alone = [of_points(weight=np.eye(3)[number].tolist())[0] for number in range(3)]
    _, _, labels = of_points()
    shares = [(labels == number).sum() / (labels != IGNORED).sum() for number in range(3)]
    assert of_points()[0] == pytest.approx(np.dot(shares, alone), rel=1e-5)


def of_embeddings(embeddings: np.ndarray, labels: np.ndarray, **arguments) -> tuple[float, np.ndarray]:
    paddle.seed(0)
    logits, maps = paddle.to_tensor(numbers(3, 2, 3, 12, 16)), paddle.to_tensor(embeddings, stop_gradient=False)
    length = (maps * maps).sum(axis=1, keepdim=True).sqrt()
    value = PixelContrastCrossEntropyLoss(**arguments)([logits, maps / length], paddle.to_tensor(labels))
    value.backward()
    return float(value), maps.grad.numpy()


def test_contrast_is_the_formula_where_pixels_of_a_class_are_alike():
    labels = blocks()
    own = numbers(5, 4, 6)
    own /= np.linalg.norm(own, axis=1, keepdims=True)
    embeddings = own[np.minimum(labels, 3)].transpose(0, 3, 1, 2)
    value, gradient = of_embeddings(embeddings, labels, max_views=20, max_samples=60)
    views = 2 * 10  # of each class: of six parts ten each
    products = own[:3] @ own[:3].T / 0.1
    others = [views * sum(np.exp(products[i, j]) for j in range(3) if j != i) for i in range(3)]
    wanted = np.mean([np.log(np.exp(products[i, i]) + others[i]) - products[i, i] for i in range(3)]) / 0.07 * 0.1
    assert value == pytest.approx(wanted, rel=1e-5)
    assert np.abs(gradient[1, :, :, 12:]).max() == 0 < np.abs(gradient).max()


def test_contrast_is_paddlesegs_number():
    """PaddleSeg 2.8.0's on the same input, after the same seed."""
    value, _ = of_embeddings(numbers(6, 2, 6, 12, 16), blocks(), max_views=20, max_samples=60)
    assert value == pytest.approx(12.568083763, rel=1e-5)


def test_contrast_is_nothing_where_no_class_is_large_enough():
    value, gradient = of_embeddings(numbers(6, 2, 6, 12, 16), blocks(), max_views=500)
    assert value == 0 and np.isfinite(gradient).all()


def test_maps_of_other_pictures_are_refused():
    labels = paddle.to_tensor(blocks())
    with pytest.raises(ValueError, match="differ in N or P"):
        PointCrossEntropyLoss()([paddle.zeros([2, 3, 5]), paddle.zeros([2, 6, 2])], labels)
    with pytest.raises(ValueError, match="differ in N, h or w"):
        PixelContrastCrossEntropyLoss()([paddle.zeros([1, 3, 4, 4]), paddle.zeros([1, 6, 4, 4])], labels)


@pytest.mark.parametrize(
    ("name", "loss", "side"),
    [
        ("PointRend", PointCrossEntropyLoss(), 64),
        ("HRNetW48Contrast", PixelContrastCrossEntropyLoss(max_views=20, max_samples=80), 256),
    ],
    ids=["PointRend", "HRNetW48Contrast"],
)
def test_networks_learn_portraits_by_both_of_their_losses(name: str, loss: paddle.nn.Layer, side: int, root: Path):
    folder = root / "data/portrait_mini"
    entries = [line.split() for line in (folder / "train.txt").read_text().splitlines()[:2]]
    read = lambda path, flag: cv2.resize(cv2.imread(str(folder / path), flag), (side, side), interpolation=0)  # noqa: E731
    photos = np.stack([read(photo, cv2.IMREAD_COLOR) for photo, _ in entries]).transpose(0, 3, 1, 2) / 127.5 - 1
    labels = paddle.to_tensor(np.stack([read(mask, cv2.IMREAD_GRAYSCALE) > 0 for _, mask in entries]).astype("int64"))
    model = build(CASES[name], num_classes=2)
    model.train()
    plan = LossPlan([CrossEntropyLoss(), loss], [1, 0.5])
    plan.resolve(heads_of(model), {"label"})
    optimizer = paddle.optimizer.AdamW(3e-3, parameters=model.parameters())
    sums = []
    for _ in range(30):
        parts = plan(model(paddle.to_tensor(photos.astype("float32"))), {"label": labels})
        paddle.add_n(parts).backward()
        optimizer.step()
        optimizer.clear_grad()
        sums.append([float(part) for part in parts])
    assert all(after < 0.9 * before for before, after in zip(sums[0], sums[-1], strict=True)), sums
