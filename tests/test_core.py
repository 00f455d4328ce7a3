"""A script written for PaddleSeg's Python API runs."""

from __future__ import annotations

import argparse
from pathlib import Path

import paddle
import pytest

import paddleseg.transforms as T
from paddleseg.core import analyse, evaluate, export, predict, train
from paddleseg.core.predict import partition_list
from paddleseg.core.train import loss_computation
from paddleseg.cvlibs import Config, SegBuilder
from paddleseg.datasets.base import Dataset
from paddleseg.errors import ConfigError
from paddleseg.losses.cross_entropy import CrossEntropyLoss
from paddleseg.models.humanseg.lite import PPHumanSegLite
from paddleseg.utils.logger import setup_logger

PRESET = "configs/pp_humanseg/pp_humanseg_lite_mini_portrait.yml"


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
    # The folder says how results are named, not what is predicted.
    predict(model, None, T.Compose(transforms), [str(mini / photo)], str(mini), str(tmp_path / "named"))
    overlays = tmp_path / "named" / "added_prediction"
    assert list(overlays.rglob("*.*")) == [overlays / photo]


def test_a_tool_of_paddlesegs_shape_trains_analyses_and_exports(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    opts = ["train_dataset.transforms=[{type: Resize, target_size: [64, 64]}, {type: Normalize}]"]
    config = Config(PRESET, learning_rate=0.1, batch_size=4, iters=4, opts=[*opts, "lr_scheduler.warmup_iters=0"])
    builder = SegBuilder(config)
    log = tmp_path / "train.log"
    arguments = {
        "optimizer": builder.optimizer,
        "save_dir": str(tmp_path / "out"),
        "iters": config.iters,
        "batch_size": config.batch_size,
        "early_stop_intervals": 3,
        "save_interval": 2,
        "log_iters": 1,
        "use_ema": True,
        "losses": builder.loss,
        "precision": "fp16",
        "logger": setup_logger("of this test", log_file=log),
        "print_mem_info": True,
        "cli_args": argparse.Namespace(),
    }
    with pytest.raises(ConfigError, match="shuffle"):
        train(builder.model, builder.train_dataset, shuffle=False, **arguments)
    train(builder.model, builder.train_dataset, builder.val_dataset, **arguments)
    lines = log.read_text()
    rates = [part.split(",")[0] for part in lines.split("lr: ")[1:]]
    assert len(rates) == 4 and float(rates[0]) == 0.1 and float(rates[3]) < 0.05  # the file's schedule
    assert "makes no use of cli_args" in lines and "stays in fp32" in lines
    assert (tmp_path / "out" / "iter_4" / "ema_model.pdparams").is_file()

    val_set = builder.val_dataset
    capsys.readouterr()
    evaluate(builder.model, val_set, print_detail=False, auc_roc=True)
    assert not capsys.readouterr().out
    analyse(builder.model, None, val_set.transforms, val_set, save_dir=str(tmp_path / "errors"))
    assert len(list((tmp_path / "errors").iterdir())) == len(val_set)
    with pytest.raises(ConfigError, match="custom_color"):
        analyse(builder.model, None, val_set.transforms, val_set, custom_color=[0, 0, 0])

    weights = str(tmp_path / "out" / "iter_4")
    export(argparse.Namespace(config=PRESET, model_path=weights, save_dir=str(tmp_path / "graph")))
    assert (tmp_path / "graph" / "deploy.yaml").is_file()


def test_lists_are_shared_out():
    assert partition_list([1, 2, 3, 4, 5], 2) == [[1, 2, 3], [4, 5]] and partition_list([1], 4) == [[1]]


def test_losses_of_a_loop_of_ones_own():
    logits, labels = paddle.rand([2, 2, 4, 4]), paddle.randint(0, 2, [2, 4, 4])
    losses = {"types": [CrossEntropyLoss()] * 2, "coef": [1, 0.5]}
    main, other = loss_computation([logits, logits], labels, None, losses)
    assert float(main) > 0 and float(main) == pytest.approx(2 * float(other))
    with pytest.raises(ConfigError, match="gives 1 outputs"):
        loss_computation([logits], labels, None, losses)
