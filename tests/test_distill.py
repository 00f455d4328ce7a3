"""Learning from a teacher: the student comes closer to it, and the teacher stays as it is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import paddle
import pytest
from test_engine import CONFIG, SMALL

from paddleseg.config import build, load_config
from paddleseg.engine.distill import Distillation
from paddleseg.engine.run import train
from paddleseg.errors import ConfigError
from paddleseg.losses.distill import KLLoss, MSELoss

DISTILLED = [
    "teacher={type: PPHumanSegLite, pretrained: zoo://pp_humanseg_v1_lite}",
    "distill_loss={types: [{type: KLLoss}], coef: [3]}",
    "model.pretrained=null",
]


@pytest.fixture(autouse=True)
def at_root(root: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(root)


def maps(seed: int, classes: int = 2) -> paddle.Tensor:
    return paddle.to_tensor(np.random.default_rng(seed).standard_normal((2, classes, 8, 8)).astype("float32"))


def test_a_run_with_a_teacher_learns_from_it_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """Without any weight on the labels, the student of real photos comes closer to its teacher."""
    opts = [*SMALL, *DISTILLED, "loss.coef=[0]", "iters=30", "lr_scheduler.learning_rate=0.01", "train.log_iters=1"]
    train(load_config(CONFIG, [*opts, "save_interval=30"]), save_dir=tmp_path)
    lines = [line for line in capsys.readouterr().out.splitlines() if "[TRAIN]" in line]
    found = [float(line.split("loss: ")[1].split(",")[0]) for line in lines]
    assert np.mean(found[-5:]) < 0.6 * np.mean(found[:5])


def test_losses_meet_the_outputs_in_order():
    teacher = paddle.nn.Conv2D(3, 2, 1)
    plan = Distillation(teacher, [KLLoss(), MSELoss()], [2.0])
    assert not teacher.training
    labels = paddle.zeros([2, 8, 8], "int64")
    outputs, targets = [maps(0), maps(1), maps(2)], [maps(3), maps(4)]
    first, second = plan(outputs, targets, labels)
    assert float(first) == pytest.approx(2 * float(KLLoss()(outputs[0], targets[0], labels)))
    assert float(second) == pytest.approx(2 * float(MSELoss()(outputs[1], targets[1], labels)))
    assert plan.targets(paddle.zeros([1, 3, 4, 4])).stop_gradient


def test_a_teacher_that_does_not_fit_is_named():
    labels = paddle.zeros([2, 8, 8], "int64")
    with pytest.raises(ConfigError, match="2 types, but model and teacher have 1 outputs in common"):
        Distillation(paddle.nn.Identity(), [KLLoss(), KLLoss()], [1.0])([maps(0)], [maps(1)], labels)
    with pytest.raises(ConfigError, match="gives 3 classes, the model 2"):
        Distillation(paddle.nn.Identity(), [KLLoss()], [1.0])([maps(0)], [maps(1, 3)], labels)


def test_a_teacher_without_a_loss_is_a_fault_of_the_file():
    with pytest.raises(ConfigError, match="teacher: has no distill_loss"):
        load_config(CONFIG, DISTILLED[:1])


def test_the_teacher_is_built_with_the_runs_classes():
    teacher = build.Builder(load_config(CONFIG, DISTILLED)).teacher()
    assert teacher.classifier.pointwise.bn.weight.shape == [2]
