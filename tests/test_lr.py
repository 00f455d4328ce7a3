"""Schedules against closed forms and Paddle's own schedulers."""

from __future__ import annotations

import math

import paddle
import pytest

from paddleseg.registry import LR_SCHEDULES

PAIRS = {
    "PolynomialDecay": (
        {"power": 0.9, "end_lr": 1e-4},
        lambda: paddle.optimizer.lr.PolynomialDecay(0.1, 100, end_lr=1e-4, power=0.9),
    ),
    "CosineAnnealingDecay": (
        {"eta_min": 1e-3},
        lambda: paddle.optimizer.lr.CosineAnnealingDecay(0.1, 100, eta_min=1e-3),
    ),
    "StepDecay": ({"step_size": 30, "gamma": 0.5}, lambda: paddle.optimizer.lr.StepDecay(0.1, 30, gamma=0.5)),
    "MultiStepDecay": ({"milestones": [20, 50]}, lambda: paddle.optimizer.lr.MultiStepDecay(0.1, [20, 50])),
    "PiecewiseDecay": (
        {"boundaries": [20, 50], "values": [0.1, 0.02, 0.001]},
        lambda: paddle.optimizer.lr.PiecewiseDecay([20, 50], [0.1, 0.02, 0.001]),
    ),
    "ExponentialDecay": ({"gamma": 0.97}, lambda: paddle.optimizer.lr.ExponentialDecay(0.1, 0.97)),
    "OneCycleLR": (
        {"end_learning_rate": 1e-5},
        lambda: paddle.optimizer.lr.OneCycleLR(0.1, 100, end_learning_rate=1e-5, phase_pct=0.3),
    ),
}


@pytest.mark.parametrize("name", PAIRS)
def test_same_rates_as_paddle(name: str):
    arguments, peer = PAIRS[name]
    ours, theirs = LR_SCHEDULES.get(name)(learning_rate=0.1, iters=100, **arguments), peer()
    for step in range(100):
        assert ours(step) == pytest.approx(theirs(), rel=1e-6, abs=1e-9), step
        theirs.step()


@pytest.mark.parametrize("name", sorted(set(LR_SCHEDULES) - {"OneCycleLR"}))
def test_warmup_rises_linearly_to_the_base_rate(name: str):
    arguments = PAIRS.get(name, ({}, None))[0]
    schedule = LR_SCHEDULES.get(name)(learning_rate=0.1, iters=100, warmup_iters=10, warmup_start_lr=0.02, **arguments)
    assert [schedule(step) for step in (0, 5, 10)] == pytest.approx([0.02, 0.06, 0.1])
    assert all(math.isfinite(schedule(step)) and schedule(step) >= 0 for step in range(120))


def test_polynomial_decays_over_what_the_warmup_leaves():
    schedule = LR_SCHEDULES.get("PolynomialDecay")(learning_rate=0.1, iters=100, warmup_iters=20, power=1.0)
    assert schedule(60) == pytest.approx(0.05)
    assert schedule(100) == 0.0
    longer = LR_SCHEDULES.get("PolynomialDecay")(learning_rate=0.1, iters=100, decay_steps=200, power=1.0)
    assert longer(100) == pytest.approx(0.05)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("PolynomialDecay", {"warmup_iters": -1}),
        ("PolynomialDecay", {"decay_steps": 0}),
        ("StepDecay", {"step_size": 0}),
        ("PiecewiseDecay", {"boundaries": [1], "values": [0.1]}),
        ("ConstantLR", {"warmup_start_lr": -1.0}),
    ],
)
def test_senseless_arguments_are_refused(name: str, arguments: dict):
    with pytest.raises(ValueError, match=r"\w"):
        LR_SCHEDULES.get(name)(learning_rate=0.1, iters=100, **arguments)


def test_a_warmup_longer_than_the_run_is_shortened_and_said():
    schedule = LR_SCHEDULES.get("PolynomialDecay")(learning_rate=0.1, iters=50, warmup_iters=500)
    assert schedule.remark == "warmup_iters is 5 here: 500 would take the whole run of 50 iters."
    assert schedule(5) == pytest.approx(0.1) and schedule(50) == 0
    assert LR_SCHEDULES.get("ConstantLR")(learning_rate=0.1, iters=50, warmup_iters=49).remark == ""
