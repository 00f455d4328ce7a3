"""One optimizer update: which output meets which loss and which label map."""

from __future__ import annotations

import numpy as np
import paddle
import pytest
from paddle import nn

from paddleseg.engine.step import Stepper
from paddleseg.engine.tensors import as_tensor
from paddleseg.engine.terms import LossPlan
from paddleseg.errors import ConfigError
from paddleseg.losses.bce import BCELoss
from paddleseg.losses.cross_entropy import CrossEntropyLoss
from paddleseg.losses.edge import EdgeAttentionLoss
from paddleseg.losses.mixed import MixedLoss


class TwoHeads(nn.Layer):
    """Segmentation and edge logits, and the pair of both, as networks with an edge head give them."""

    def __init__(self):
        super().__init__()
        self.segment, self.edge = nn.Conv2D(3, 2, 3, padding=1), nn.Conv2D(3, 1, 3, padding=1)

    def forward(self, x: paddle.Tensor) -> list:
        segmentation, edge = self.segment(x), self.edge(x)
        return [segmentation, edge, (segmentation, edge)]


@pytest.fixture
def batch() -> dict:
    rng = np.random.default_rng(0)
    label = rng.integers(0, 2, (2, 16, 16))
    edge = (label != np.roll(label, 1, axis=2)).astype("int64")
    image = rng.standard_normal((2, 3, 16, 16)).astype("float32")
    return {"image": image, "label": label, "edge": edge, "index": [0, 1], "epoch": 0}


def test_pairs_of_outputs_and_edge_labels_reach_their_losses(batch: dict):
    paddle.seed(0)
    model = TwoHeads()
    edges = BCELoss(edge_label=True)
    plan = LossPlan(
        [CrossEntropyLoss(), MixedLoss([edges, edges], [0.5, 0.5]), EdgeAttentionLoss(edge_threshold=0.0)], [1, 1, 1]
    )
    outputs = model(paddle.to_tensor(batch["image"]))
    expected = [
        CrossEntropyLoss()(outputs[0], paddle.to_tensor(batch["label"])),
        edges(outputs[1], paddle.to_tensor(batch["edge"])),
        CrossEntropyLoss()(outputs[0], paddle.to_tensor(batch["label"])),  # every pixel is over a threshold of 0
    ]
    stepper = Stepper(model, paddle.optimizer.SGD(0.1, parameters=model.parameters()), plan)
    logs = stepper([batch], 0.1)
    for number, value in enumerate(expected):
        assert logs[f"loss_{number}"] == pytest.approx(float(value), rel=1e-5)
    again = stepper([batch], 0.1)
    assert again["loss"] < logs["loss"]


def test_a_mix_gets_every_label_map_that_it_wants(batch: dict):
    model = TwoHeads()
    output, maps = (
        model.segment(paddle.to_tensor(batch["image"])),
        {k: paddle.to_tensor(batch[k]) for k in ("label", "edge")},
    )
    parts = [CrossEntropyLoss(), BCELoss(edge_label=True)]
    plan = LossPlan([MixedLoss(parts, [1, 0.5])], [1])
    wanted = float(parts[0](output, maps["label"]) + 0.5 * parts[1](output, maps["edge"]))
    assert float(plan([output], maps)[0]) == pytest.approx(wanted, rel=1e-6)
    del maps["edge"]
    with pytest.raises(ConfigError, match=r"MixedLoss wants the map 'edge'.*\n.*train_dataset.edge"):
        plan([output], maps)


def test_more_outputs_than_losses_are_named(batch: dict):
    model = TwoHeads()
    plan = LossPlan([CrossEntropyLoss(), CrossEntropyLoss()], [1, 1])
    with pytest.raises(ConfigError, match="2 types and 2 coef, but the model gives 3 outputs"):
        Stepper(model, paddle.optimizer.SGD(0.1, parameters=model.parameters()), plan)([batch], 0.1)


def test_arrays_become_tensors_without_a_copy():
    array = np.arange(12, dtype="float32").reshape(3, 4)
    tensor, strided = as_tensor(array), as_tensor(array.T)
    assert tensor.place.is_cpu_place() and tensor.data_ptr() == array.ctypes.data
    del array  # the tensor keeps the memory
    assert tensor.numpy().tolist() == strided.numpy().T.tolist() == np.arange(12).reshape(3, 4).tolist()
    frozen = np.ones(3)
    frozen.flags.writeable = False
    assert as_tensor(frozen).tolist() == [1, 1, 1]
