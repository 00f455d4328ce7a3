"""Learning from a teacher: the student comes closer to it, and the teacher stays as it is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import paddle
import pytest
from test_engine import CONFIG, SMALL

from paddleseg.cli.main import main
from paddleseg.config import build, load_config
from paddleseg.engine.distill import Distillation
from paddleseg.engine.feature_distill import watch
from paddleseg.engine.run import train
from paddleseg.errors import ConfigError
from paddleseg.losses.distill import KLLoss, MSELoss
from paddleseg.losses.distill_features import ChannelWiseLoss, PairWiseLoss
from paddleseg.slim.distill import teacher_of

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


FEATURES = "distill_features=[{student: %s, teacher: %s, loss: %s, coef: 5}]"


def test_features_of_layers_are_learned_by_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """The student's features come to be alike where the teacher's are, though the labels count for nothing."""
    opts = [*SMALL, DISTILLED[0], FEATURES % ("stage2", "stage2", "PairWiseLoss"), "loss.coef=[0]", "iters=12"]
    opts += ["lr_scheduler.learning_rate=0.01", "train.log_iters=1", "save_interval=12", "model.pretrained=null"]
    train(load_config(CONFIG, opts), save_dir=tmp_path)
    lines = [line for line in capsys.readouterr().out.splitlines() if "[TRAIN]" in line]
    found = [float(line.split("loss: ")[1].split(",")[0]) for line in lines]
    assert np.mean(found[-3:]) < 0.7 * np.mean(found[:2])


class TwoWidths(paddle.nn.Layer):
    def __init__(self, width: int):
        super().__init__()
        self.features, self.classify = paddle.nn.Conv2D(3, width, 1), paddle.nn.Conv2D(width, 2, 1)
        self.unused = paddle.nn.ReLU()

    def forward(self, x: paddle.Tensor) -> list[paddle.Tensor]:
        return [self.classify(self.features(x))]


def test_feature_losses_take_what_the_named_layers_gave():
    student, teacher = TwoWidths(4), TwoWidths(6)
    losses = [("features", "features", PairWiseLoss(parts=2), 2.0), ("classify", "classify", ChannelWiseLoss(), 1.0)]
    plan = Distillation(teacher, [], [1.0], watch(student, teacher, losses, ["a", "b"]))
    picture = paddle.rand([2, 3, 8, 8])
    outputs, targets = student(picture), plan.targets(picture)
    pairs, channels = plan(outputs, targets, paddle.zeros([2, 8, 8], "int64"))
    maps = student.features(picture), teacher.features(picture)
    assert float(pairs) == pytest.approx(2 * float(PairWiseLoss(parts=2)(*maps)), rel=1e-5)
    assert float(channels) == pytest.approx(float(ChannelWiseLoss()(outputs[0], targets[0])), rel=1e-5)
    (pairs + channels).backward()
    assert student.features.weight.grad is not None and teacher.features.weight.grad is None


@pytest.mark.parametrize(
    ("own", "loss", "message"),
    [
        ("feature", PairWiseLoss(), r"a\.student: TwoWidths has no layer 'feature'(.|\n)*such as features"),
        ("unused", PairWiseLoss(), "'unused' is not called by itself"),
        ("features", ChannelWiseLoss(), "has 4 channels, the teacher's 'features' 6"),
    ],
)
def test_a_layer_that_cannot_be_compared_is_named(own: str, loss: paddle.nn.Layer, message: str):
    student, teacher = TwoWidths(4), TwoWidths(6)
    picture = paddle.rand([1, 3, 8, 8])
    with pytest.raises(ConfigError, match=message):
        plan = Distillation(teacher, [], [1.0], watch(student, teacher, [(own, "features", loss, 1.0)], ["a"]))
        plan(student(picture), plan.targets(picture), paddle.zeros([1, 8, 8], "int64"))


def test_the_command_gives_a_configuration_its_teacher(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    method = tmp_path / "distill.yml"
    method.write_text(
        "distill_loss: {types: [{type: ChannelWiseLoss}], coef: [2]}\n"
        "distill_features: [{student: stage2, loss: PairWiseLoss, coef: 5}]\n"
    )
    command = ["slim", "distill", "--config", CONFIG, "--save_dir", str(tmp_path / "run"), "--log_iters", "1"]
    command += ["--teacher_config", CONFIG, "--slim_config", str(method)]
    opts = [*SMALL, "iters=1", "loss.coef=[0]", "model.pretrained=null"]
    assert main([*command, "--teacher_path", "zoo://pp_humanseg_v1_lite", "--opts", *opts]) == 0
    line = next(line for line in capsys.readouterr().out.splitlines() if "[TRAIN]" in line)
    assert float(line.split("loss: ")[1].split(",")[0]) > 0.01  # which is the teacher's alone
    assert (tmp_path / "run" / "iter_1" / "model.pdparams").is_file()
    with pytest.raises(ConfigError, match="give --teacher_path"):
        teacher_of(load_config(CONFIG, ["model.pretrained=null"]), None)


def test_the_teacher_is_built_with_the_runs_classes():
    teacher = build.Builder(load_config(CONFIG, DISTILLED)).teacher()
    assert teacher.classifier.pointwise.bn.weight.shape == [2]
