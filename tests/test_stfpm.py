"""STFPM: PaddleSeg's numbers, a student that comes to see what its teacher sees, and faults that it does not know."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import paddle
import pytest
from paddleseg_reference import fill

from paddleseg.errors import ConfigError
from paddleseg.losses.pyramids import DistillationLoss
from paddleseg.models.build import build_network
from paddleseg.models.weights import load_weights

REFERENCE = Path(__file__).parent / "paddleseg_reference/anomaly/stfpm_resnet18.json.gz"
SPEC = {"type": "STFPM", "num_classes": 1, "backbone": {"type": "ResNet18"}}


def near(x: paddle.Tensor, numbers: list[float]) -> None:
    np.testing.assert_allclose(fill.sampled(x.numpy()), numbers, rtol=0, atol=1e-4 * np.abs(numbers).max())


@pytest.fixture
def taught(tmp_path: Path) -> paddle.nn.Layer:
    """With a teacher whose weights come from a file of `paddle.vision.models`."""
    source = tmp_path / "resnet18.pdparams"
    paddle.save(paddle.vision.models.resnet18().state_dict(), str(source))
    return build_network(SPEC | {"teacher_pretrained": str(source)})


def test_paddlesegs_weights_give_paddlesegs_maps_and_scores(taught: paddle.nn.Layer, tmp_path: Path):
    reference = json.loads(gzip.decompress(REFERENCE.read_bytes()))
    weights = {name: paddle.to_tensor(fill.value(name, shape)) for name, shape in reference["state"].items()}
    paddle.save(weights, str(tmp_path / "paddleseg.pdparams"))
    load_weights(taught, tmp_path / "paddleseg.pdparams")
    taught.train()
    ((student, teacher),) = taught(paddle.to_tensor(fill.batch()))
    for found, numbers in zip((*student, *teacher), reference["training"], strict=True):
        near(found, numbers)
    load_weights(taught, tmp_path / "paddleseg.pdparams")
    taught.eval()
    (score,) = taught(paddle.to_tensor(fill.picture()))
    assert score.shape == reference["shape"]
    near(score, reference["logits"])


def test_the_student_alone_learns(taught: paddle.nn.Layer):
    optimizer = paddle.optimizer.Momentum(0.1, parameters=taught.parameters())
    before = {name: value.numpy().copy() for name, value in taught.teacher.state_dict().items()}
    x, losses = paddle.to_tensor(fill.batch()[..., :64]), []
    for _ in range(6):
        taught.train()
        (pair,) = taught(x)
        loss = DistillationLoss()(pair)
        loss.backward()
        optimizer.step()
        optimizer.clear_grad()
        losses.append(float(loss))
    assert losses[-1] < 0.9 * losses[0]
    assert all(np.array_equal(value.numpy(), before[name]) for name, value in taught.teacher.state_dict().items())


def test_a_teacher_without_weights_is_named_before_the_first_step():
    model = build_network(SPEC)
    with pytest.raises(ConfigError, match="teacher has no weights"):
        model(paddle.zeros([1, 3, 32, 32]))
