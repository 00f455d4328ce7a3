"""Every loss of the registry: gradient, perfect prediction, odd labels, and the formula once more in NumPy."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import cv2
import losses_numpy as plain
import numpy as np
import paddle
import pytest

from paddleseg.losses.cross_entropy import CrossEntropyLoss
from paddleseg.losses.dice import DiceLoss
from paddleseg.losses.lovasz import _weights_device, _weights_host
from paddleseg.registry import LOSSES

IGNORED = 255


@dataclass
class Case:
    """How a loss is made and fed: keyword arguments, its NumPy form, channels, and what its inputs are."""

    reference: Any
    args: dict[str, Any] = field(default_factory=dict)
    channels: int = 3
    inputs: str = "logits"  # or "pair" (segmentation, edge), "contour", "distill", "soft"


CASES = {
    "CrossEntropyLoss": Case(plain.cross_entropy),
    "OhemCrossEntropyLoss": Case(lambda x, y: plain.ohem(x, y, 0.6, 40), {"thresh": 0.6, "min_kept": 40}),
    "BootstrappedCrossEntropyLoss": Case(lambda x, y: plain.bootstrapped(x, y, 30, 0.7), {"min_K": 30, "loss_th": 0.7}),
    "DiceLoss": Case(plain.dice),
    "LovaszSoftmaxLoss": Case(plain.lovasz_softmax),
    "LovaszHingeLoss": Case(plain.lovasz_hinge, channels=2),
    "RMILoss": Case(plain.rmi),
    "FocalLoss": Case(plain.focal),
    "MultiClassFocalLoss": Case(plain.multi_class_focal, {"num_class": 3}),
    "BCELoss": Case(plain.binary),
    "EdgeAttentionLoss": Case(plain.edge_attention, inputs="pair"),
    "OhemEdgeAttentionLoss": Case(
        lambda x, y: plain.ohem_edge_attention(x, y, 0.6, 40), {"thresh": 0.6, "min_kept": 40}, inputs="pair"
    ),
    "DualTaskLoss": Case(lambda x, y: plain.dual_task(x, y, drawn(x.shape))),
    "DetailAggregateLoss": Case(plain.detail_aggregate, channels=1, inputs="contour"),
    "RelaxBoundaryLoss": Case(plain.relax_boundary),
    "KLLoss": Case(lambda s, t, y: plain.kl(s, t, y, 2.0), {"temperature": 2.0}, inputs="distill"),
    "MSELoss": Case(lambda s, t, y: plain.over_pixels(((s - t) ** 2).mean(axis=1), y), inputs="distill"),
    "L1Loss": Case(lambda s, t, y: plain.over_pixels(np.abs(s - t).mean(axis=1), y), inputs="distill"),
    "DistillCrossEntropyLoss": Case(plain.distill_cross_entropy, inputs="distill"),
    "ChannelWiseLoss": Case(lambda s, t, y: plain.channel_wise(s, t, y, 3.0), {"temperature": 3.0}, inputs="distill"),
    "PairWiseLoss": Case(lambda s, t, y: plain.pair_wise(s, t, y, 4), {"parts": 4}, inputs="distill"),
    "MixedLoss": Case(
        lambda x, y: 0.8 * plain.cross_entropy(x, y) + 0.2 * plain.dice(x, y),
        {"losses": [CrossEntropyLoss(), DiceLoss()], "coef": [0.8, 0.2]},
    ),
    "SoftLabelLoss": Case(plain.soft_label, channels=2, inputs="soft"),
    "SemanticConnectivityLoss": Case(plain.connectivity, {"num_classes": 3}),
}


def drawn(shape: tuple[int, ...]) -> np.ndarray:
    """What a loss that draws has drawn in `run`."""
    paddle.seed(0)
    return paddle.rand(shape).numpy().astype("float64")


def smooth(seed: int, *shape: int) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(size=shape)
    for plane in noise.reshape(-1, *shape[-2:]):
        plane[:] = cv2.GaussianBlur(plane, (0, 0), 2.0) * 6
    return noise


def labels_like(seed: int, classes: int, ignored: bool = True) -> np.ndarray:
    labels = smooth(seed, 2, max(classes, 2), 18, 20).argmax(axis=1)
    if ignored:
        labels[0, :4, 3:9] = IGNORED
    return labels


def inputs_of(case: Case, logits: np.ndarray, labels: np.ndarray) -> tuple:
    """Arguments for a loss: arrays whose first is the one that learns."""
    if case.inputs == "pair":
        return (logits, smooth(9, 2, 1, 18, 20)), labels
    if case.inputs == "distill":
        return logits, smooth(9, *logits.shape), labels
    if case.inputs == "soft":
        return logits, np.where(labels == 1, 254, labels)
    return logits, labels


def perfect_logits(case: Case, labels: np.ndarray) -> np.ndarray:
    if case.inputs == "distill":
        return inputs_of(case, np.zeros((2, case.channels, 18, 20)), labels)[1]
    if case.inputs == "contour":
        return np.stack([plain.contours(label) for label in labels])[:, None] * 120.0 - 60
    return (labels[:, None] == np.arange(case.channels)[:, None, None]) * 120.0 - 60


def run(loss: Any, arguments: tuple) -> tuple[float, np.ndarray]:
    """The loss's value, and the gradient that reaches the first map."""
    first, *others = arguments
    maps = [paddle.to_tensor(np.asarray(array)) for array in (first if isinstance(first, tuple) else (first,))]
    maps[0].stop_gradient = False
    paddle.seed(0)
    value = loss(tuple(maps) if isinstance(first, tuple) else maps[0], *(paddle.to_tensor(array) for array in others))
    assert value.shape == []
    value.backward()
    return float(value), maps[0].grad.numpy()


# Those that compare no map with the labels have tests of their own below.
OTHERS = {"SECrossEntropyLoss"}


def test_every_loss_of_the_registry_has_a_case():
    of_mattes = {name for name in LOSSES.names() if hasattr(LOSSES.get(name), "head_kinds")}  # test_matting_losses.py
    assert set(LOSSES.names()) - of_mattes == set(CASES) - OTHERS


def test_the_presence_of_classes_is_told_by_valid_pixels_alone():
    loss = LOSSES.get("SECrossEntropyLoss")()
    scores, labels = np.random.default_rng(0).normal(size=(2, 3)), np.full((2, 6, 7), IGNORED)
    labels[0, 2, :3] = 2
    wanted = np.log1p(np.exp(np.where([0, 0, 1], -scores[0], scores[0]))).mean()
    value, gradient = run(loss, (scores, labels))
    assert value == pytest.approx(wanted, rel=1e-6)
    assert np.abs(gradient[0]).min() > 0 == np.abs(gradient[1]).max()
    assert run(loss, (np.array([[-60.0, -60, 60]] * 2), labels))[0] == pytest.approx(0, abs=1e-6)
    with pytest.raises(ValueError, match=r"\(N, C\)"):
        run(loss, (scores, labels[:1]))


@pytest.mark.parametrize("name", CASES)
class TestEveryLoss:
    @pytest.fixture
    def case(self, name: str) -> Case:
        return CASES[name]

    @pytest.fixture
    def loss(self, name: str, case: Case) -> Any:
        return LOSSES.get(name)(**case.args)

    def test_agrees_with_numpy(self, case: Case, loss: Any):
        arguments = inputs_of(case, smooth(1, 2, case.channels, 18, 20), labels_like(2, case.channels))
        assert run(loss, arguments)[0] == pytest.approx(case.reference(*arguments), rel=1e-6)

    def test_gradient_is_the_slope(self, case: Case, loss: Any):
        arguments = inputs_of(case, smooth(3, 2, case.channels, 18, 20), labels_like(4, case.channels))
        logits = arguments[0][0] if case.inputs == "pair" else arguments[0]
        gradient = run(loss, arguments)[1]
        assert np.isfinite(gradient).all() and np.abs(gradient).max() > 0
        direction = np.random.default_rng(0).normal(size=logits.shape) * 1e-7
        steps = [run(loss, inputs_of(case, logits + sign * direction, arguments[-1]))[0] for sign in (1, -1)]
        assert (steps[0] - steps[1]) / 2 == pytest.approx((gradient * direction).sum(), rel=2e-3, abs=1e-14)

    def test_is_lowest_on_a_perfect_prediction(self, name: str, case: Case, loss: Any):
        labels = labels_like(5, case.channels, ignored=False)
        best = run(loss, inputs_of(case, perfect_logits(case, labels), labels))[0]
        lowest = plain.distill_cross_entropy(*[smooth(9, 2, 3, 18, 20)] * 2, labels) if "DistillC" in name else 0.0
        assert best == pytest.approx(lowest, abs=1e-6)
        assert run(loss, inputs_of(case, smooth(6, 2, case.channels, 18, 20), labels))[0] > best + 0.01

    def test_ignored_pixels_send_nothing(self, case: Case, loss: Any):
        labels = labels_like(7, case.channels)
        gradient = run(loss, inputs_of(case, smooth(8, 2, case.channels, 18, 20), labels))[1]
        hidden = (labels == IGNORED)[:, None] & np.ones_like(gradient, bool)
        assert np.abs(gradient[hidden]).max() == 0 < np.abs(gradient[~hidden]).max()

    @pytest.mark.parametrize("fill", [0, 1, IGNORED])
    def test_is_finite_on_labels_of_one_value(self, case: Case, loss: Any, fill: int):
        labels = np.full((2, 18, 20), fill)
        value, gradient = run(loss, inputs_of(case, smooth(1, 2, case.channels, 18, 20), labels))
        assert np.isfinite(value) and np.isfinite(gradient).all()
        if fill == IGNORED:
            assert value == pytest.approx(0, abs=1e-6)

    def test_refuses_labels_of_another_size(self, case: Case, loss: Any):
        if case.inputs == "distill" and not hasattr(loss, "valid"):
            return  # compares two maps; labels only say where
        arguments = inputs_of(case, smooth(1, 2, case.channels, 18, 20), np.zeros((2, 9, 10), int))
        with pytest.raises(ValueError, match=r"differ in N, H or W"):
            run(loss, arguments)


class TestCrossEntropy:
    logits, labels = smooth(1, 2, 3, 18, 20), labels_like(2, 3)

    @pytest.mark.parametrize(
        ("args", "numpy_args"),
        [
            ({"weight": [0.5, 1.0, 3.0]}, {"weight": [0.5, 1.0, 3.0]}),
            ({"label_smoothing": 0.1}, {"smoothing": 0.1}),
            ({"top_k_percent_pixels": 0.2}, {"top_k": 0.2}),
            ({"top_k_percent_pixels": 0.3, "weight": [1, 2, 3]}, {"top_k": 0.3, "weight": [1, 2, 3]}),
        ],
    )
    def test_options_agree_with_numpy(self, args: dict, numpy_args: dict):
        found = run(CrossEntropyLoss(**args), (self.logits, self.labels))[0]
        assert found == pytest.approx(plain.cross_entropy(self.logits, self.labels, **numpy_args), rel=1e-6)

    def test_dynamic_weights_favour_rare_classes(self):
        known = self.labels[self.labels != IGNORED]
        share = np.bincount(known, minlength=3) / known.size
        found = run(CrossEntropyLoss(weight="dynamic"), (self.logits, self.labels))[0]
        assert found == pytest.approx(plain.cross_entropy(self.logits, self.labels, weight=1 - share), rel=1e-6)

    def test_mean_over_all_pixels(self):
        share = (self.labels != IGNORED).mean()
        found = run(CrossEntropyLoss(avg_non_ignore=False), (self.logits, self.labels))[0]
        assert found == pytest.approx(plain.cross_entropy(self.logits, self.labels) * share, rel=1e-6)

    @pytest.mark.parametrize("args", [{"weight": "inverse"}, {"top_k_percent_pixels": 0}, {"label_smoothing": 1}])
    def test_refuses_odd_settings(self, args: dict):
        with pytest.raises(ValueError):
            CrossEntropyLoss(**args)

    def test_refuses_weights_of_other_classes(self):
        with pytest.raises(ValueError, match="2 weights for 3 classes"):
            run(CrossEntropyLoss(weight=[1, 2]), (self.logits, self.labels))


@pytest.mark.parametrize("name", ["OhemCrossEntropyLoss", "OhemEdgeAttentionLoss"])
def test_hard_pixels_are_weighed_by_class_and_not_chosen_by_it(name: str):
    case, weight = CASES[name], [0.5, 1.0, 3.0]
    arguments = inputs_of(case, smooth(1, 2, 3, 18, 20), labels_like(2, 3))
    loss = LOSSES.get(name)
    of_class = [run(loss(weight=np.eye(3)[c].tolist(), **case.args), arguments)[0] for c in range(3)]
    assert sum(of_class) == pytest.approx(case.reference(*arguments), rel=1e-6)
    found = run(loss(weight=weight, **case.args), arguments)[0]
    assert found == pytest.approx(np.dot(weight, of_class), rel=1e-6)


def test_dice_weights_its_classes():
    logits, labels = smooth(1, 2, 3, 18, 20), labels_like(2, 3)
    heavy = [run(DiceLoss(weight=np.eye(3)[c].tolist()), (logits, labels))[0] for c in range(3)]
    assert np.mean(heavy) == pytest.approx(plain.dice(logits, labels), rel=1e-6)
    assert np.ptp(heavy) > 0.01


def test_bce_pos_weight_and_weight_balance_the_answers():
    logits, labels = smooth(1, 2, 1, 18, 20), labels_like(2, 2)
    loss = LOSSES.get("BCELoss")
    yes, no = (np.where(labels == c, labels, IGNORED) for c in (1, 0))
    n_yes, n_no = (labels == 1).sum(), (labels == 0).sum()
    parts = plain.binary(logits, yes), plain.binary(logits, no)
    balanced = (parts[0] * n_yes * n_no + parts[1] * n_no * n_yes) / (n_yes + n_no) ** 2
    assert run(loss(weight="dynamic"), (logits, labels))[0] == pytest.approx(balanced, rel=1e-6)
    tripled = (3 * parts[0] * n_yes + parts[1] * n_no) / (n_yes + n_no)
    assert run(loss(pos_weight=3.0), (logits, labels))[0] == pytest.approx(tripled, rel=1e-6)
    dynamic = (n_no / n_yes * parts[0] * n_yes + parts[1] * n_no) / (n_yes + n_no)
    assert run(loss(pos_weight="dynamic"), (logits, labels))[0] == pytest.approx(dynamic, rel=1e-6)
    with pytest.raises(ValueError, match="dynamic"):
        loss(weight="balanced")


def test_soft_labels_are_matched_not_exceeded():
    logits, soft = smooth(1, 2, 2, 18, 20), np.random.default_rng(0).integers(0, 256, (2, 18, 20))
    loss = LOSSES.get("SoftLabelLoss")()
    assert run(loss, (logits, soft))[0] == pytest.approx(plain.soft_label(logits, soft), rel=1e-6)
    likely = np.full_like(soft, 200)
    z = np.log(200 / 54)
    value, gradient = run(loss, (np.stack([np.zeros(soft.shape), np.full(soft.shape, z)], axis=1), likely))
    assert value == pytest.approx(0, abs=1e-9) and np.abs(gradient).max() < 1e-9
    with pytest.raises(ValueError, match="two classes, not 3"):
        run(loss, (smooth(1, 2, 3, 18, 20), soft))


def test_losses_of_different_maps_are_mixed():
    logits, labels = smooth(1, 2, 2, 18, 20), labels_like(2, 2)
    soft = np.random.default_rng(0).integers(0, 256, labels.shape)
    mixed = LOSSES.get("MixedLoss")([CrossEntropyLoss(), LOSSES.get("SoftLabelLoss")()], [1, 0.5])
    assert mixed.label_key == ("label", "soft")
    maps = {"label": paddle.to_tensor(labels), "soft": paddle.to_tensor(soft)}
    wanted = plain.cross_entropy(logits, labels) + 0.5 * plain.soft_label(logits, soft)
    assert float(mixed(paddle.to_tensor(logits), maps)) == pytest.approx(wanted, rel=1e-6)


def test_edge_losses_ask_for_the_edge_map():
    assert LOSSES.get("BCELoss")(edge_label=True).label_key == "edge"
    assert not hasattr(LOSSES.get("BCELoss")(), "label_key")


def test_lovasz_order_is_the_same_on_every_device():
    rng = np.random.default_rng(0)
    errors, truth, valid = rng.random(500), rng.random(500) > 0.7, rng.random(500) > 0.1
    on_device = _weights_device(*(paddle.to_tensor(array.astype("float64")) for array in (errors, truth, valid)))
    np.testing.assert_allclose(on_device.numpy(), _weights_host(errors, truth, valid), atol=1e-12)


def test_relaxed_boundary_weighs_rare_classes_more():
    logits, labels = smooth(1, 2, 3, 18, 20), labels_like(2, 3)
    loss = LOSSES.get("RelaxBoundaryLoss")
    even, rare = (run(loss(calculate_weights=True, upper_bound=bound), (logits, labels))[0] for bound in (0.0, 50.0))
    assert even == pytest.approx(plain.relax_boundary(logits, labels), rel=1e-6)
    assert abs(rare - even) > 1e-4


def test_teacher_gets_no_gradient():
    teacher = paddle.to_tensor(smooth(2, 2, 3, 18, 20), stop_gradient=False)
    student = paddle.to_tensor(smooth(1, 2, 3, 18, 20), stop_gradient=False)
    LOSSES.get("KLLoss")()(student, teacher).backward()
    assert teacher.grad is None and student.grad is not None


def test_mixed_loss_wants_a_weight_for_each_part():
    with pytest.raises(ValueError, match="2 losses and 1 coef"):
        LOSSES.get("MixedLoss")([DiceLoss(), DiceLoss()], [1.0])
