"""A script written for PaddleSeg's Python API runs."""

from __future__ import annotations

from pathlib import Path

import paddle
import pytest

import paddleseg.transforms as T
from paddleseg.core import evaluate, predict, train
from paddleseg.datasets.base import Dataset
from paddleseg.losses.cross_entropy import CrossEntropyLoss
from paddleseg.models.humanseg.lite import PPHumanSegLite


def test_train_evaluate_predict(mini: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    transforms = [T.Resize(target_size=(64, 64)), T.Normalize()]
    common = {"dataset_root": mini, "num_classes": 2, "transforms": transforms}
    train_set = Dataset(mode="train", train_path=mini / "train.txt", **common)
    val_set = Dataset(mode="val", val_path=mini / "val.txt", **common)
    model = PPHumanSegLite(num_classes=2, pretrained="zoo://pp_humanseg_v1_lite")
    schedule = paddle.optimizer.lr.PolynomialDecay(0.01, decay_steps=4, end_lr=0.0)
    train(
        model,
        train_set,
        val_set,
        optimizer=paddle.optimizer.Momentum(schedule, parameters=model.parameters()),
        save_dir=str(tmp_path / "out"),
        iters=4,
        batch_size=4,
        save_interval=2,
        log_iters=1,
        losses={"types": [CrossEntropyLoss()], "coef": [1]},
    )
    log = capsys.readouterr().out
    assert "lr: 0.010000" in log and "lr: 0.005000" in log  # the schedule's rates at steps 0 and 2
    assert (tmp_path / "out" / "iter_4" / "model.pdopt").is_file() and (tmp_path / "out" / "best_model").is_dir()

    miou, accuracy, class_iou, class_precision, kappa = evaluate(model, val_set, flip_horizontal=True, aug_eval=True)
    assert 0 <= miou <= accuracy <= 1 and len(class_iou) == len(class_precision) == 2 and kappa <= 1

    photo = (mini / "val.txt").read_text().split()[0]
    weights = str(tmp_path / "out" / "best_model" / "model.pdparams")
    predict(model, weights, T.Compose(transforms), [str(mini / photo)], save_dir=str(tmp_path / "pictures"))
    assert len(list((tmp_path / "pictures").rglob("*.*"))) == 2
