"""Classes that do not exclude each other: labels side by side in a file, training, evaluation, pictures of errors."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import paddle
import pytest
import yaml

from paddleseg.cli.main import main
from paddleseg.images.io import read_label, write_png
from paddleseg.losses.bce import BCELoss
from paddleseg.losses.cross_entropy import CrossEntropyLoss
from paddleseg.metrics import Confusion, IndependentClasses

CLASSES = ("person", "near a person", "in the upper half")


@pytest.fixture(scope="module")
def data(mini: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Real photos, and masks of three classes that overlap."""
    folder = tmp_path_factory.mktemp("overlapping")
    lines = []
    for number, line in enumerate((mini / "train.txt").read_text().splitlines()[:10]):
        image, mask = (mini / name for name in line.split())
        person = (read_label(mask) == 1).astype(np.uint8)
        upper = np.zeros_like(person)
        upper[: len(upper) // 2] = 1
        write_png(folder / f"{number}.png", np.hstack([person, cv2.dilate(person, np.ones((31, 31))), upper]))
        lines.append(f"{image} {folder / f'{number}.png'}")
    (folder / "train.txt").write_text("\n".join(lines[2:]))
    (folder / "val.txt").write_text("\n".join(lines[:2]))
    return folder


@pytest.fixture(scope="module")
def config(data: Path) -> Path:
    steps = [{"type": "Resize", "target_size": [64, 64]}, {"type": "Normalize"}]
    given = {"type": "Dataset", "dataset_root": "/", "num_classes": len(CLASSES), "transforms": steps}
    run = {
        "batch_size": 4,
        "iters": 40,
        "save_interval": 40,
        "train_dataset": {**given, "mode": "train", "train_path": str(data / "train.txt")},
        "val_dataset": {**given, "mode": "val", "val_path": str(data / "val.txt")},
        "model": {"type": "PPHumanSegLite", "num_classes": len(CLASSES)},
        "loss": {"types": [{"type": "BCELoss"}], "coef": [1]},
        "optimizer": {"type": "AdamW"},
        "lr_scheduler": {"type": "ConstantLR", "learning_rate": 0.005},
        "test_config": {"use_multilabel": True},
    }
    (data / "run.yml").write_text(yaml.safe_dump(run))
    return data / "run.yml"


def test_a_run_learns_overlapping_classes_and_says_how_well(config: Path, tmp_path: Path):
    common = ["--config", str(config), "--device", "cpu"]
    assert main(["train", *common, "--save_dir", str(tmp_path), "--do_eval", "--use_vdl"]) == 0
    weights = ["--model_path", str(tmp_path / "best_model"), "--save_dir", str(tmp_path / "val"), "--worst", "2"]
    assert main(["val", *common, *weights]) == 0
    found = json.loads((tmp_path / "val" / "result.json").read_text())
    assert len(found["metrics"]["class_IoU"]) == len(CLASSES)
    assert found["metrics"]["class_IoU"][2] > 0.5  # where the frame's upper half is can be learnt in a few steps
    assert len(list((tmp_path / "val" / "worst").glob("*.png"))) == 2


def test_the_doctor_counts_each_class(config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["doctor", "data", str(config), "--json", "--save_dir", str(tmp_path)]) == 0
    report = json.loads(capsys.readouterr().out)
    assert not any("none shows class" in note["what"] for note in report["notes"])
    train = report["roles"]["train"]
    assert train["class_images"] == [8, 8, 8]
    assert train["class_shares"][1] > train["class_shares"][0] > 0  # what is near a person holds the person


def test_measures_of_other_kinds_are_refused(config: Path, capsys: pytest.CaptureFixture[str]):
    arguments = ["val", "--config", str(config), "--device", "cpu", "--use_multilabel", "--connectivity"]
    assert main(arguments) == 2
    assert "classes that exclude each other" in capsys.readouterr().err


class TestIndependentClasses:
    def test_each_class_is_a_two_class_problem(self):
        rng = np.random.default_rng(0)
        mask, label = rng.integers(0, 2, (3, 20, 30)), rng.integers(0, 2, (20, 30, 3))
        label[:5] = 255
        metric = IndependentClasses(3)
        metric.update(mask, label)
        found = metric.compute()
        for number in range(3):
            alone = Confusion(2).of(mask[number], label[..., number]).compute()
            for name in ("class_IoU", "class_precision", "class_recall", "class_dice"):
                assert found[name][number] == pytest.approx(alone[name][1])
        together = Confusion(2).of(mask.reshape(60, 30), np.vstack(list(label.transpose(2, 0, 1)))).compute()
        for name in ("foreground_IoU", "pixel_accuracy", "kappa"):
            assert found[name] == pytest.approx(together[name])

    def test_a_class_for_none_is_made_where_labels_lack_it(self):
        label = np.random.default_rng(0).integers(0, 2, (6, 7, 2))
        mask = np.stack([(label == 0).all(axis=2), *label.transpose(2, 0, 1)])
        assert IndependentClasses(3).of(mask, label).compute()["mIoU"] == 1

    def test_other_shapes_are_refused(self):
        with pytest.raises(ValueError, match="do not belong together"):
            IndependentClasses(3).update(np.zeros((3, 4, 4)), np.zeros((4, 4)))


def test_bce_of_independent_labels_is_the_mean_over_answers():
    rng = np.random.default_rng(0)
    logits, labels = rng.standard_normal((2, 3, 5, 6)).astype("float32"), rng.integers(0, 2, (2, 3, 5, 6))
    labels[0, 1, :2] = 255
    known = labels != 255
    losses = np.log1p(np.exp(-logits * (2 * labels - 1)))[known]
    found = BCELoss()(paddle.to_tensor(logits), paddle.to_tensor(labels))
    assert float(found) == pytest.approx(float(losses.mean()), rel=1e-5)
    with pytest.raises(ValueError, match="differ in N, H or W"):
        CrossEntropyLoss()(paddle.to_tensor(logits), paddle.to_tensor(labels))
