"""Training on real photos: it learns, it resumes exactly, and it ends cleanly when something goes wrong."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import paddle
import pytest
from visualdl import LogReader

from paddleseg.cli.main import main
from paddleseg.config import load_config
from paddleseg.engine import checkpoint
from paddleseg.engine.run import config_hash, train
from paddleseg.errors import UserError
from paddleseg.models.weights import resolve

CONFIG = "configs/pp_humanseg/pp_humanseg_lite_mini_portrait.yml"
SMALL = [
    "batch_size=4",
    "iters=6",
    "save_interval=3",
    "train.device=cpu",
    "lr_scheduler.warmup_iters=0",
    "lr_scheduler.learning_rate=0.001",
    "train_dataset.transforms.0.target_size=[64,64]",
    "train_dataset.transforms.2.crop_size=[64,64]",
    "val_dataset.transforms.0.target_size=[64,64]",
]


@pytest.fixture(autouse=True)
def at_root(root: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(root)


def run(save_dir: Path, *opts: str, **options):
    return train(load_config(CONFIG, [*SMALL, *opts]), save_dir=save_dir, **options)


def weights(file: Path) -> dict[str, np.ndarray]:
    return paddle.load(str(file), return_numpy=True)


def assert_same_weights(a: Path, b: Path) -> None:
    left, right = weights(a), weights(b)
    assert left.keys() == right.keys()
    for name in left:
        np.testing.assert_array_equal(left[name], right[name], err_msg=name)


def losses(text: str) -> list[str]:
    return re.findall(r"iter: (\d+/6, loss: [\d.]+)", text)


@pytest.mark.parametrize("workers", [0, 2])
def test_resuming_equals_going_on_bit_for_bit(tmp_path: Path, workers: int, capsys: pytest.CaptureFixture[str]):
    opts = [f"train.num_workers={workers}", "train.log_iters=1", "train.ema=true"]
    run(tmp_path / "whole", *opts)
    whole = losses(capsys.readouterr().out)
    # What an interruption after three steps would have left behind: the schedule spans six steps all the same.
    shutil.copytree(tmp_path / "whole" / "iter_3", tmp_path / "halves" / "iter_3")
    run(tmp_path / "halves", *opts, resume="auto")
    assert losses(capsys.readouterr().out) == whole[3:]
    assert len(whole) == 6
    for file in ("model.pdparams", "ema_model.pdparams"):
        assert_same_weights(tmp_path / "whole" / "iter_6" / file, tmp_path / "halves" / "iter_6" / file)


def test_worker_count_does_not_change_the_run(tmp_path: Path):
    for workers in (0, 2):
        run(tmp_path / str(workers), f"train.num_workers={workers}")
    assert_same_weights(*(tmp_path / workers / "iter_6" / "model.pdparams" for workers in "02"))


def test_it_learns_and_keeps_the_best(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    opts = ("iters=24", "save_interval=8", "train.log_iters=1", "train.ema={decay: 0.9}")
    state = run(tmp_path, *opts, do_eval=True, use_vdl=True)
    text = capsys.readouterr().out
    steps = [float(loss) for loss in re.findall(r"iter: \d+/24, loss: ([\d.]+)", text)]
    assert len(steps) == 24 and "ETA " in text
    assert np.mean(steps[-8:]) < 0.8 * np.mean(steps[:8])
    scores = [float(score) for score in re.findall(r"#Images: 27 mIoU: ([\d.]+)", text)]
    assert len(scores) == 3 and state.best_metric == pytest.approx(max(scores), abs=1e-4)
    assert state.best_step == 8 * (1 + int(np.argmax(scores)))
    saved = json.loads((tmp_path / "best_model" / "state.json").read_text())
    assert saved["best_metric"] == state.best_metric and saved["versions"]["paddle"] == paddle.__version__
    (records,) = tmp_path.glob("vdlrecords*")
    tags = LogReader(file_path=str(records)).get_tags()["scalar"]
    # PaddleSeg's, so that runs of both lie in one chart.
    assert {f"Train/{name}" for name in ("loss", "lr", "batch_cost", "reader_cost")} <= {*tags}
    assert {"Evaluate/mIoU", "Evaluate/Acc"} <= {*tags}


def test_only_the_newest_checkpoints_stay(tmp_path: Path):
    (tmp_path / "iter_99").mkdir(parents=True)  # somebody's folder, not ours
    run(tmp_path, "save_interval=1", "train.keep_checkpoint_max=2")
    assert sorted(path.name for path in tmp_path.glob("iter_*")) == ["iter_5", "iter_6", "iter_99"]
    assert checkpoint.find_newest(tmp_path) == tmp_path / "iter_6"


def test_accumulation_counts_updates_and_averages(tmp_path: Path):
    state = run(tmp_path, "iters=2", "batch_size=2", "train.accumulate_steps=2")
    assert state.step == 2


def test_frozen_norms_keep_their_statistics(tmp_path: Path):
    for kind in ("true", "false"):
        run(tmp_path / kind, "iters=2", f"train.freeze_norm={kind}")
    start = weights(resolve("zoo://pp_humanseg_v1_lite"))
    frozen, free = (weights(tmp_path / kind / "iter_2" / "model.pdparams") for kind in ("true", "false"))
    for name in start:
        kept = name.endswith(("._mean", "._variance"))
        assert np.array_equal(frozen[name], start[name]) == kept, name
        assert not np.array_equal(free[name], start[name]), name


def test_early_stop(tmp_path: Path):
    opts = ("iters=40", "save_interval=1", "lr_scheduler.learning_rate=0", "train.early_stop_intervals=2")
    assert run(tmp_path, *opts, do_eval=True).stop == "early stop"


def test_the_seed_decides(tmp_path: Path):
    for seed in (0, 1):
        run(tmp_path / str(seed), "iters=1", f"seed={seed}")
    a, b = (weights(tmp_path / seed / "iter_1" / "model.pdparams") for seed in "01")
    assert any((a[name] != b[name]).any() for name in a)


def test_the_digest_ignores_what_does_not_change_a_run():
    digest = config_hash(load_config(CONFIG))
    assert digest == config_hash(load_config(CONFIG, ["train.num_workers=2", "train.log_iters=3"]))
    assert digest != config_hash(load_config(CONFIG, ["iters=7"]))


def test_a_loss_that_is_not_a_number_ends_the_run(tmp_path: Path):
    with pytest.raises(UserError, match="loss is nan"):
        run(tmp_path, "train.freeze_norm=false", "lr_scheduler.learning_rate=1e30", "iters=20")


def test_ctrl_c_leaves_a_checkpoint_that_resumes(tmp_path: Path):
    command = [sys.executable, "tools/train.py", "--config", CONFIG, "--save_dir", str(tmp_path), "--device", "cpu"]
    small = ["--opts", *SMALL, "iters=500", "train.log_iters=1"]
    process = subprocess.Popen([*command, *small], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout
    for line in process.stdout:
        if "iter: 3/" in line:
            process.send_signal(signal.SIGINT)
            break
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130 and "--resume auto" in errors, errors
    newest = checkpoint.find_newest(tmp_path)
    assert newest is not None
    step = json.loads((newest / "state.json").read_text())["step"]
    done = subprocess.run(
        [*command, "--resume", "auto", *small, f"iters={step + 1}"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0 and f"at iter {step}" in done.stdout, done.stderr


def test_two_processes_train_as_one(tmp_path: Path):
    """The ranks share the batch, end with the same weights, and evaluate every image once."""
    command = [sys.executable, "tools/train.py", "--config", CONFIG, "--save_dir", str(tmp_path), "--device", "cpu"]
    done = subprocess.run(
        [*command, "--nproc", "2", "--do_eval", "--opts", *SMALL],
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "#Images: 27 " in done.stdout
    assert (tmp_path / "iter_6" / "model.pdopt").is_file()


def test_a_rank_that_fails_ends_the_others(tmp_path: Path, mini: Path):
    shutil.copytree(mini, tmp_path / "photos")
    name = (mini / "train.txt").read_text().split()[0]
    (tmp_path / "photos" / name).write_text("no photo")
    command = [sys.executable, "tools/train.py", "--config", CONFIG, "--save_dir", str(tmp_path / "out")]
    opts = [*SMALL, "iters=100", f"train_dataset.dataset_root={tmp_path / 'photos'}"]
    started = time.monotonic()
    done = subprocess.run(
        [*command, "--nproc", "2", "--device", "cpu", "--skip_data_check", "--opts", *opts],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 2 and name in done.stderr, done.stderr
    assert "Traceback" not in done.stderr and time.monotonic() - started < 100


def cli(*arguments: str) -> int:
    return main(["train", "--config", CONFIG, *arguments, "--opts", *SMALL])


@pytest.mark.parametrize(
    ("arguments", "opts", "text"),
    [
        ([], ["model.type=PPHumanSegLit"], "did you mean 'PPHumanSegLite'?"),
        ([], ["model.align_corner=true"], "align_corner"),
        ([], ["train_dataset.train_path=no/list.txt"], "no/list.txt"),
        ([], ["batch_size=200"], "fewer"),
        ([], ["model.pretrained=zoo://nothing"], "zoo://nothing"),
        (["--resume", "nowhere/iter_1"], [], "nowhere/iter_1"),
        (["--nproc", "3"], [], "3 processes"),
        (["--nproc", "many"], [], "many"),
        (["--device", "gpu"], [], "CPU build"),
        (["--profiler_options", "batch_range=[9,2]"], [], "batch_range"),
    ],
)
def test_mistakes_end_with_a_line_and_code_2(
    arguments: list[str], opts: list[str], text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    if "gpu" in arguments and paddle.is_compiled_with_cuda():
        pytest.skip("this Paddle has a GPU")
    given = [option for option in SMALL if not (option.startswith("train.device") and "gpu" in arguments)]
    flags = ["--config", CONFIG, "--save_dir", str(tmp_path / "out"), *arguments]
    assert main(["train", *flags, "--opts", *given, *opts]) == 2
    errors = capsys.readouterr().err
    assert text in errors and "Traceback" not in errors
    assert not list((tmp_path / "out").glob("*"))


def test_an_unwritable_save_dir_is_known_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "file").write_text("")
    assert cli("--save_dir", str(tmp_path / "file" / "out")) == 2
    assert "cannot be written" in capsys.readouterr().err


@pytest.mark.skipif(not Path("/dev/shm").is_dir() or os.geteuid() != 0, reason="needs root to mount a small disk")
def test_a_full_disk_keeps_the_older_checkpoint(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3600k", "tmpfs", str(disk)], check=False)
    if mounted.returncode:
        pytest.skip("this system does not let tests mount a small disk")
    try:
        assert cli("--save_dir", str(disk / "out")) == 2
        assert "free some disk space" in capsys.readouterr().err
        left = sorted(path.name for path in (disk / "out").iterdir())
        assert left == ["iter_3"] and (disk / "out" / "iter_3" / "state.json").is_file()
    finally:
        subprocess.run(["umount", str(disk)], check=True)
