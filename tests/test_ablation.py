"""The loss ablation of contrib/PP-HumanSeg, at toy size: its runs, what it writes, and that it goes on where it was."""

from __future__ import annotations

import csv
import importlib.util
from pathlib import Path
from types import ModuleType

import cv2
import numpy as np
import pytest

from paddleseg.config import load_config


@pytest.fixture(scope="module")
def ablation(root: Path) -> ModuleType:
    import sys

    spec = importlib.util.spec_from_file_location("ablation", root / "contrib" / "PP-HumanSeg" / "ablation.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["ablation"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def test_two_arms_run_report_and_are_not_run_again(ablation: ModuleType, mini: Path, tmp_path: Path, monkeypatch):
    flags = ["--data_root", str(mini), "--save_dir", str(tmp_path), "--seeds", "0", "--arms", "ce", "ce+sc_0.1"]
    flags += ["--train_images", "8", "--val_images", "3", "--size", "64", "--iters", "2", "--batch_size", "4"]
    table = ablation.main([*flags, "--jobs", "2", "--device", "cpu"])

    with (tmp_path / "runs.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["arm"] for row in rows] == ["ce", "ce+sc_0.1"]
    assert rows[0]["mIoU"] != rows[1]["mIoU"]  # the loss had an effect
    assert len((tmp_path / "train.txt").read_text().splitlines()) == 8
    text = (tmp_path / "table.md").read_text()
    assert "| ce+sc_0.1 | 1 |" in text and text.count("\n") == 4 and "94.5 |" in text
    assert cv2.imread(str(tmp_path / "plot.png")).shape[1] > 1000

    monkeypatch.setattr(ablation.subprocess, "run", lambda *_, **__: pytest.fail("a finished run was run again"))
    again = ablation.main(flags)
    assert [entry["values"]["mIoU"] for entry in again] == [entry["values"]["mIoU"] for entry in table]


def test_every_arm_is_a_valid_configuration(ablation: ModuleType, mini: Path, tmp_path: Path):
    options = ablation.parse(["--data_root", str(mini), "--save_dir", str(tmp_path), "--learning_rate", "0.01"])
    lists = {mode: mini / f"{mode}.txt" for mode in ("train", "val")}
    for arm in ablation.ARMS:
        config = load_config(ablation.write_config(ablation.Run(arm, 1, tmp_path / arm.name), options, lists))
        parts = config.loss.types[0].args
        assert [part["type"] for part in parts["losses"]] == ["CrossEntropyLoss", *([arm.loss] if arm.loss else [])]
        assert parts["coef"] == [1.0, *([arm.weight] if arm.loss else [])]
        assert config.seed == 1 and config.lr_scheduler.args["learning_rate"] == 0.01


def test_spread_is_the_standard_deviation_over_seeds(ablation: ModuleType):
    values = {name: np.array([0.9, 0.92, 0.94]) for name in ablation.MEASURES}
    text = ablation.markdown([{"arm": ablation.ARMS[0], "seeds": 3, "values": values}])
    assert "| ce | 3 | 92.00 ± 2.00 |" in text
