"""MaskFormer and K-Net learn; a loss gives each mask of a label to a query; the note that PaddleSeg's code reads."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import paddle
import pytest
from model_cases import CASES, build

from paddleseg import transforms as T
from paddleseg.config import load_config
from paddleseg.config.build import Builder
from paddleseg.datasets.loader import TrainLoader
from paddleseg.engine.step import Stepper
from paddleseg.engine.terms import LossPlan
from paddleseg.errors import ConfigError
from paddleseg.losses.assignment import cheapest_pairs
from paddleseg.losses.cross_entropy import CrossEntropyLoss
from paddleseg.losses.maskformer import MaskFormerLoss
from paddleseg.models.contract import Head

CLASSES, QUERIES = 6, 9


def queries(seed: int = 0) -> list[tuple[np.ndarray, np.ndarray]]:
    """What three layers of a decoder give for three pictures."""
    rng = np.random.default_rng(seed)
    shapes = (3, QUERIES, CLASSES + 1), (3, QUERIES, 8, 10)
    return [
        tuple(
            factor * rng.standard_normal(shape).astype("float32") for shape, factor in zip(shapes, (2, 3), strict=True)
        )
        for _ in range(3)
    ]


def labels() -> np.ndarray:
    """Of three pictures, the last one ignored altogether."""
    rng = np.random.default_rng(1)
    label = rng.integers(0, CLASSES, (3, 32, 40))
    label[rng.random(label.shape) < 0.2] = 255
    label[1][label[1] == 3] = 1
    label[:, 5:20, 3:30] = np.where(label[:, 5:20, 3:30] == 255, 255, 2)
    label[2] = 255
    return label


def tensors(layers: list) -> list[tuple[paddle.Tensor, ...]]:
    return [tuple(paddle.to_tensor(x, stop_gradient=False) for x in layer) for layer in layers]


@pytest.mark.parametrize("seed", range(30))
def test_pairs_are_the_cheapest_of_all(seed: int):
    rng = np.random.default_rng(seed)
    rows = int(rng.integers(0, 5))
    shape = rows, int(rng.integers(max(rows, 1), 7))
    costs = rng.integers(-3, 3, shape).astype(float) if seed % 3 else rng.standard_normal(shape)
    found = cheapest_pairs(costs)
    assert len(set(found.tolist())) == len(found) == rows
    every = itertools.permutations(range(shape[1]), rows)
    cheapest = min(costs[np.arange(rows), list(columns)].sum() for columns in every)
    assert costs[np.arange(rows), found].sum() == pytest.approx(cheapest, abs=1e-9)


class TestLoss:
    def test_it_is_paddlesegs(self):
        """The numbers are those of PaddleSeg 2.8.0, with the masks of its GenerateInstanceTargets."""
        outputs = tensors(queries())
        loss = MaskFormerLoss(CLASSES)(outputs, paddle.to_tensor(labels()))
        loss.backward()
        assert float(loss) == pytest.approx(36.482529, rel=1e-5)
        assert [float(x.grad.abs().sum()) for x in outputs[0]] == pytest.approx([1.528779, 5.061617], rel=1e-4)

    def test_perfect_queries_cost_next_to_nothing(self):
        label = labels()[:2]
        scores = np.full((2, QUERIES, CLASSES + 1), -30.0, "float32")
        masks = np.full((2, QUERIES, 32, 40), -30.0, "float32")
        for picture, shown in enumerate(label):
            for query in range(QUERIES):
                known = query < CLASSES and bool((shown == query).any())
                scores[picture, query, query if known else CLASSES] = 30
                if known:
                    masks[picture, query][shown == query] = 30
        assert (
            float(
                MaskFormerLoss(CLASSES)([(paddle.to_tensor(scores), paddle.to_tensor(masks))], paddle.to_tensor(label))
            )
            < 1e-4
        )

    def test_where_all_is_ignored_nothing_is_learned(self):
        outputs = tensors(queries())
        loss = MaskFormerLoss(CLASSES)(outputs, paddle.full([3, 32, 40], 255, "int64"))
        loss.backward()
        assert float(loss) == 0 == float(outputs[0][0].grad.abs().max())

    def test_more_classes_than_queries_are_refused(self):
        few = tensors([(scores[:, :2], masks[:, :2]) for scores, masks in queries()])
        with pytest.raises(ValueError, match="6 classes, for 2 queries"):
            MaskFormerLoss(CLASSES)(few, paddle.to_tensor(labels()))

    def test_another_loss_on_queries_is_refused_before_the_first_step(self):
        head = Head("main", "queries", CLASSES)
        LossPlan([MaskFormerLoss(CLASSES)], [1.0]).resolve([head], ["label"])
        with pytest.raises(ConfigError, match="list another loss"):
            LossPlan([MaskFormerLoss(CLASSES)], [1.0]).resolve([Head("main", "logits", 2)], ["label"])
        assert not hasattr(CrossEntropyLoss, "head_kinds")


def test_the_note_for_paddlesegs_code_holds_the_masks():
    label = np.array([[4, 4, 255], [1, 4, 1]], np.uint8)
    data = {"img": np.zeros((2, 3, 3), np.uint8), "label": label, "gt_fields": ["label"]}
    found = T.Compose([T.GenerateInstanceTargets(5)])(data)["instances"]
    assert found["gt_classes"].tolist() == [1, 4, 255, 255, 255]
    assert found["gt_masks"].shape == (5, 2, 3) and found["gt_masks"].dtype == np.float32
    assert (found["gt_masks"][:2] == np.stack([label == 1, label == 4])).all() and not found["gt_masks"][2:].any()


def test_each_picture_of_a_batch_gets_its_own_answer():
    """PaddleSeg's gives the last one's for all."""
    model = build(CASES["MaskFormer"], num_classes=CLASSES)
    model.eval()
    x = paddle.to_tensor(np.random.default_rng(0).standard_normal((2, 3, 32, 48)).astype("float32"))
    with paddle.no_grad():
        (both,) = model(x)
        for number in range(2):
            (alone,) = model(x[number : number + 1])
            np.testing.assert_allclose(both[number].numpy(), alone[0].numpy(), atol=1e-5)


LEARNERS = [
    ("MaskFormer", MaskFormerLoss(2)),
    pytest.param("KNet", CrossEntropyLoss(), marks=pytest.mark.slow),  # 40 s of processor time
]


@pytest.mark.parametrize(("network", "loss"), LEARNERS)
def test_a_few_steps_on_photos_lower_the_loss(network: str, loss: Any, root: Path):
    config = load_config(root / "configs/pp_humanseg/pp_humanseg_lite_mini_portrait.yml")
    batches = TrainLoader(Builder(config).dataset("train"), 4).batches()
    model = build(CASES[network], num_classes=2)
    optimizer = paddle.optimizer.AdamW(2e-3, parameters=model.parameters())
    step = Stepper(model, optimizer, LossPlan([loss], [1.0]))
    losses = [step([next(batches)], 2e-3)["loss"] for _ in range(6)]
    assert np.mean(losses[-2:]) < 0.9 * np.mean(losses[:2])
