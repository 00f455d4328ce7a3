"""Losses of mattes against plain NumPy, their slopes, and their lowest values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import cv2
import matting_losses_numpy as plain
import numpy as np
import paddle
import pytest

from paddleseg.losses.mixed import MixedLoss
from paddleseg.registry import LOSSES

SIZE = (32, 48)
SMALL = (4, 6)


def fields() -> dict[str, np.ndarray]:
    """Fields of two samples, in float64 (N, C, h, w)."""
    h, w = SIZE
    y, x = np.mgrid[:h, :w]
    distance = np.stack([np.hypot(y - 14, x - 20) - 9, np.hypot(y - 20, x - 30) - 7])[:, None]
    rng = np.random.default_rng(0)
    trimap = np.where(np.abs(distance) < 5, 128, np.where(distance < 0, 255, 0)) / 255
    colors = {name: rng.uniform(0, 1, (2, 3, h, w)) for name in ("image", "foreground", "background")}
    return {"alpha": np.clip(0.5 - distance / 8, 0, 1), "trimap": trimap, **colors}


def matte(seed: int, size: tuple[int, int] = SIZE, channels: int = 1) -> np.ndarray:
    noise = np.random.default_rng(seed).uniform(0.02, 0.98, (2, channels, *size))
    return np.stack([[cv2.GaussianBlur(plane, (0, 0), 1.0) for plane in planes] for planes in noise])


def probabilities(seed: int) -> np.ndarray:
    scores = np.exp(3 * matte(seed, SMALL, 3))
    return scores / scores.sum(1, keepdims=True)


class Case(NamedTuple):
    """A loss: its plain form of (output, fields), what it is given, and the best that it may be given."""

    name: str
    arguments: dict[str, Any]
    reference: Callable[..., float]
    output: Callable[[int], Any]
    best: Callable[[dict[str, np.ndarray]], Any]
    lowest: float = 0.0


def where(truth: dict[str, np.ndarray]) -> np.ndarray:
    return plain.unknown(truth["trimap"])


UNKNOWN = {"region": "unknown"}
ALPHA: Callable[..., Any] = lambda truth: truth["alpha"]  # noqa: E731
CASES = {
    "MRSD": Case("MRSD", {}, lambda m, t: plain.mrsd(m, t["alpha"]), matte, ALPHA, 1e-3),
    "MRSD of the unknown": Case("MRSD", UNKNOWN, lambda m, t: plain.mrsd(m, t["alpha"], where(t)), matte, ALPHA, 1e-3),
    "MatteL1Loss": Case("MatteL1Loss", {}, lambda m, t: plain.l1(m, t["alpha"]), matte, ALPHA),
    "CompositionLoss": Case(
        "CompositionLoss",
        {},
        lambda m, t: plain.composition(m, t["alpha"], t["foreground"], t["background"]),
        matte,
        ALPHA,
        1e-3,
    ),
    "CompositionLoss of the unknown": Case(
        "CompositionLoss",
        UNKNOWN,
        lambda m, t: plain.composition(m, t["alpha"], t["foreground"], t["background"], where(t)),
        matte,
        ALPHA,
        1e-3,
    ),
    "GradientLoss": Case("GradientLoss", {}, lambda m, t: plain.gradient(m, t["alpha"]), matte, ALPHA),
    "GradientLoss of the unknown": Case(
        "GradientLoss", UNKNOWN, lambda m, t: plain.gradient(m, t["alpha"], where(t)), matte, ALPHA
    ),
    "LaplacianLoss": Case("LaplacianLoss", {}, lambda m, t: plain.laplacian(m, t["alpha"]), matte, ALPHA),
    "LaplacianLoss of the unknown": Case(
        "LaplacianLoss", UNKNOWN, lambda m, t: plain.laplacian(m, t["alpha"], where(t)), matte, ALPHA
    ),
    "MattingSemanticLoss": Case(
        "MattingSemanticLoss",
        {},
        lambda m, t: plain.semantic(m, t["alpha"]),
        lambda seed: matte(seed, SMALL),
        lambda t: np.stack([[plain.blurred(plain.small(x[0], SMALL))] for x in t["alpha"]]),
    ),
    "MattingDetailLoss": Case(
        "MattingDetailLoss", {}, lambda m, t: plain.detail(m, t["alpha"], t["trimap"]), matte, ALPHA
    ),
    "MattingFusionLoss": Case(
        "MattingFusionLoss", {}, lambda m, t: plain.fusion(m, t["alpha"], t["trimap"], t["image"]), matte, ALPHA
    ),
    "MattingConsistencyLoss": Case(
        "MattingConsistencyLoss",
        {},
        lambda pair, t: plain.consistency(*pair, t["trimap"]),
        lambda seed: (matte(seed), matte(9, SMALL)),
        lambda t: (t["alpha"], np.stack([[plain.blurred(plain.small(x[0], SMALL))] for x in t["alpha"]])),
    ),
    "TrimapLoss": Case(
        "TrimapLoss",
        {},
        lambda p, t: plain.trimap_entropy(p, t["trimap"]),
        probabilities,
        lambda t: np.stack([t["trimap"] == 1, plain.unknown(t["trimap"]), t["trimap"] == 0], 1)[:, :, 0, ::8, ::8]
        * 1.0,
    ),
    "MattingErrorLoss": Case(
        "MattingErrorLoss",
        {},
        lambda pair, t: plain.error(*pair, t["alpha"]),
        lambda seed: (matte(seed), matte(9)),
        lambda t: (np.abs(matte(9) - t["alpha"]), matte(9)),
    ),
    "ForegroundLoss": Case(
        "ForegroundLoss",
        {},
        lambda c, t: plain.foreground(c, t["alpha"], t["foreground"]),
        lambda seed: matte(seed, channels=3),
        lambda t: t["foreground"],
    ),
}


def run(loss: Any, output: Any) -> tuple[float, np.ndarray]:
    """The loss of an output, and the gradient that reaches its first map."""
    held = {name: paddle.to_tensor(value[:, 0] if value.shape[1] == 1 else value) for name, value in fields().items()}
    maps = [paddle.to_tensor(value) for value in (output if isinstance(output, tuple) else (output,))]
    maps[0].stop_gradient = False
    wanted = loss.label_key
    target = held[wanted] if isinstance(wanted, str) else {name: held[name] for name in wanted}
    value = loss(tuple(maps) if isinstance(output, tuple) else maps[0], target)
    assert value.shape == []
    value.backward()
    return float(value), maps[0].grad.numpy()


@pytest.mark.parametrize("name", CASES)
class TestEveryLoss:
    @pytest.fixture
    def case(self, name: str) -> Case:
        return CASES[name]

    @pytest.fixture
    def loss(self, case: Case) -> Any:
        return LOSSES.get(case.name)(**case.arguments)

    def test_agrees_with_numpy(self, case: Case, loss: Any):
        output = case.output(1)
        assert run(loss, output)[0] == pytest.approx(case.reference(output, fields()), rel=1e-5)

    def test_gradient_is_the_slope(self, case: Case, loss: Any):
        output = case.output(3)
        first, *others = output if isinstance(output, tuple) else (output,)
        gradient = run(loss, output)[1]
        assert np.isfinite(gradient).all() and np.abs(gradient).max() > 0
        direction = np.random.default_rng(0).normal(size=first.shape) * 1e-6
        moved = [first + sign * direction for sign in (1, -1)]
        steps = [run(loss, (each, *others) if others else each)[0] for each in moved]
        assert (steps[0] - steps[1]) / 2 == pytest.approx((gradient * direction).sum(), rel=1e-2, abs=1e-12)

    def test_is_lowest_on_the_truth(self, case: Case, loss: Any):
        best = run(loss, case.best(fields()))[0]
        assert best == pytest.approx(case.lowest, abs=1e-5)
        assert run(loss, case.output(6))[0] > best + 0.005


@pytest.mark.parametrize("size", [SMALL, (16, 24)])
@pytest.mark.parametrize("name", ["MRSD", "GradientLoss"])
def test_a_smaller_matte_meets_the_truth_at_its_size(name: str, size: tuple[int, int]):
    truth = fields()["alpha"]
    step = SIZE[0] // size[0]
    mean = truth.reshape(2, 1, size[0], step, size[1], step).mean((3, 5))
    assert run(LOSSES.get(name)(), mean)[0] == pytest.approx(1e-3 if name == "MRSD" else 0, abs=1e-6)


def test_paddlesegs_callers_give_a_mask_by_position():
    truth, made = fields(), matte(2)
    asked = LOSSES.get("MRSD")()(*(paddle.to_tensor(x) for x in (made, truth["alpha"], where(truth))))
    assert float(asked) == pytest.approx(plain.mrsd(made, truth["alpha"], where(truth)))


def test_a_mix_gives_each_loss_the_fields_that_it_wants():
    parts = [LOSSES.get("MRSD")(), LOSSES.get("MRSD")(region="unknown"), LOSSES.get("CompositionLoss")()]
    mixed = MixedLoss(parts, [1, 2, 0.5])
    assert mixed.label_key == ("alpha", "background", "foreground", "trimap")
    made = matte(4)
    expected = sum(weight * run(part, made)[0] for part, weight in zip(parts, (1, 2, 0.5), strict=True))
    assert run(mixed, made)[0] == pytest.approx(expected)


def test_nothing_unknown_costs_nothing():
    alpha = paddle.zeros([1, 8, 8])
    for name in ("MRSD", "GradientLoss", "LaplacianLoss"):
        loss = LOSSES.get(name)(region="unknown")
        assert float(loss(paddle.ones([1, 1, 8, 8]), {"alpha": alpha, "trimap": alpha})) == 0
