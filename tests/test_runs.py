"""A run and its folder: whose checkpoints these are, and what a run goes on from."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from run_parts import OPTS, OneRun, cli
from test_engine import assert_same_weights, run

from paddleseg.engine import checkpoint, ownership
from paddleseg.engine.callbacks import EarlyStop
from paddleseg.engine.saved import describe, find_newest, read_saved
from paddleseg.errors import OutputError


@pytest.fixture(autouse=True)
def at_root(root: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(root)


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_used_folder_is_refused_and_left_as_it_is(copy: Path, capsys: pytest.CaptureFixture[str]):
    before = contents(copy)
    assert cli(copy) == 2
    errors = capsys.readouterr().err
    assert f"{copy}: holds a run already (iter_1, iter_2, iter_3, iter_4)" in errors
    assert "--resume auto" in errors and "--save_dir" in errors and f"--overwrite moves it to {copy}/old_1" in errors
    assert cli(copy, "--overwrite", "--resume", "auto") == 2
    assert contents(copy) == before


def test_overwrite_keeps_the_older_run_in_a_folder_of_its_own(copy: Path, done: Path):
    assert cli(copy, "--overwrite", opts=("iters=2", "save_interval=2")) == 0
    assert contents(copy / "old_1") == contents(done)
    assert [path.name for path in sorted(copy.iterdir())] == ["iter_2", "old_1"]
    assert describe(copy / "iter_2")["run"] != describe(copy / "old_1" / "iter_2")["run"] != ""


@pytest.mark.parametrize("name", ["iter_2", "best_model"])
def test_folders_of_somebody_else_are_not_written_over(tmp_path: Path, name: str):
    (tmp_path / name).mkdir()
    (tmp_path / name / "thesis.txt").write_text("years of work")
    with pytest.raises(OutputError, match=name):
        run(tmp_path, *OPTS)
    assert (tmp_path / name / "thesis.txt").read_text() == "years of work"


HOLDING = """
import sys, time
from paddleseg.engine import ownership
with ownership.claim(sys.argv[1]):
    print("held", flush=True)
    time.sleep(60)
"""


def test_of_two_runs_at_once_the_second_is_refused_and_a_killed_one_holds_nothing(tmp_path: Path):
    first = subprocess.Popen([sys.executable, "-c", HOLDING, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    try:
        assert first.stdout and first.stdout.readline() == "held\n"
        with pytest.raises(OutputError, match=f"process {first.pid} on .* writes into this folder"):
            run(tmp_path, *OPTS)
    finally:
        first.kill()
        first.wait()
    assert (tmp_path / ".lock").exists()
    with ownership.claim(tmp_path), pytest.raises(OutputError, match="already"), ownership.claim(tmp_path):
        pass
    assert not (tmp_path / ".lock").exists()


def test_what_killed_processes_left_is_cleared(copy: Path):
    (copy / ".iter_5.99999.new").mkdir()
    (copy / ".iter_5.99999.new" / "model.pdparams").write_text("half")
    (copy / "iter_4").rename(copy / ".iter_4.99999.old")  # killed between two names, where names cannot be exchanged
    (copy / ".mine.new").mkdir()
    with ownership.claim(copy, "auto") as claimed:
        assert claimed.saved and claimed.saved.folder == copy / "iter_4"
    assert sorted(path.name for path in copy.iterdir()) == [".mine.new", "iter_1", "iter_2", "iter_3", "iter_4"]


def test_newest_and_pruning_are_within_the_run(copy: Path, done: Path, tmp_path: Path):
    """Another run's later checkpoint was copied in: it is neither gone on from, nor deleted, nor written over."""
    other = tmp_path / "other"
    run(other, "iters=2", "save_interval=1", "seed=1")
    for name in ("iter_1", "iter_2"):
        shutil.rmtree(copy / name)
    shutil.move(copy / "iter_4", copy / "iter_9")
    shutil.copytree(other / "iter_2", copy / "iter_2")
    assert find_newest(copy) == copy / "iter_2"
    run(copy, "iters=3", "save_interval=1", "seed=1", "train.keep_checkpoint_max=2", resume="auto")
    assert sorted(path.name for path in copy.iterdir()) == ["iter_2", "iter_3", "old_1"]
    assert describe(copy / "iter_3")["run"] == describe(other / "iter_2")["run"]
    assert contents(copy / "old_1" / "iter_9") == contents(done / "iter_4")
    checkpoint.remove_old(copy / "old_1", 1, "another")
    assert [path.name for path in sorted((copy / "old_1").iterdir())] == ["iter_3", "iter_9"]
    checkpoint.remove_old(copy / "old_1", 1, describe(done / "iter_1")["run"])
    assert [path.name for path in (copy / "old_1").iterdir()] == ["iter_9"]


def test_going_back_moves_later_checkpoints_aside(copy: Path, capsys: pytest.CaptureFixture[str]):
    assert cli(copy, "--resume", str(copy / "iter_2"), opts=(*OPTS, "iters=3")) == 0
    assert f"Moved to {copy}/old_1: iter_3, iter_4, not of this run's past." in capsys.readouterr().out
    assert sorted(path.name for path in copy.iterdir()) == ["iter_1", "iter_2", "iter_3", "old_1"]


def test_a_finished_run_says_so_and_a_shorter_one_is_refused(copy: Path, capsys: pytest.CaptureFixture[str]):
    before = contents(copy)
    assert cli(copy, "--resume", "auto") == 0
    assert "This run is finished: it has done 4 of 4 steps." in capsys.readouterr().out
    one = OneRun([EarlyStop(2)])
    one.callbacks[0].load_state_dict({"waited": 2})
    one.callbacks[0].on_start(one)
    assert one.state.done and "it stopped early at iter 0" in capsys.readouterr().out
    assert cli(copy, "--resume", "auto", opts=(*OPTS, "iters=3")) == 2
    assert "iters: 3 are fewer than the 4 steps" in capsys.readouterr().err
    assert contents(copy) == before


def test_resuming_from_every_step_ends_with_the_same_bits(tmp_path: Path, mini: Path):
    """Gradients of two batches, averages, and an early stop that counts on."""
    (tmp_path / "few.txt").write_text("".join((mini / "val.txt").read_text().splitlines(keepends=True)[:2]))
    opts = (*OPTS, "iters=8", "batch_size=2", "train.accumulate_steps=2", "lr_scheduler.warmup_iters=3")
    opts += (f"val_dataset.val_path={tmp_path / 'few.txt'}", "train.keep_checkpoint_max=99")
    run(tmp_path / "whole", *opts, do_eval=True)
    for step in range(1, 8):
        folder = tmp_path / str(step)
        run(folder, *opts, do_eval=True, resume=str(tmp_path / "whole" / f"iter_{step}"))
        for file in ("model.pdparams", "ema_model.pdparams", "model.pdopt"):
            assert_same_weights(tmp_path / "whole" / "iter_8" / file, folder / "iter_8" / file)
        whole, resumed = (read_saved(path / "iter_8") for path in (tmp_path / "whole", folder))
        assert whole.states["callbacks"] == resumed.states["callbacks"]
        assert (whole.state["best_metric"], whole.state["run"]) == (resumed.state["best_metric"], resumed.state["run"])
        shutil.rmtree(folder)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--early_stop_intervals", "2"], "add --do_eval"),
        (["--num_workers", "-1"], "num_workers"),
        (["--nproc", "1e9"], "should be a number of processes"),
        (["--repeats", "0"], "--repeats: should be at least 1"),
        (["--resume", "no\0where"], "no such checkpoint folder"),
        (["--resume", "x" * 5000], "no such checkpoint folder"),
        (["--resume", "data"], "is not a checkpoint"),
        (["--resume", ""], "is not a checkpoint"),
    ],
)
def test_flags_out_of_range_end_with_a_line(
    arguments: list[str], text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    assert cli(tmp_path / "out", *arguments, opts=("iters=4",)) == 2
    assert text in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["file", "file/out", "a\0b", "a\ud800b", "x" * 300])
def test_save_dirs_that_cannot_be(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "file").write_text("a file")
    assert cli(tmp_path / name) == 2
    errors = capsys.readouterr().err
    assert "cannot be" in errors and "hint" in errors
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_the_graph_trains_as_the_layers_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """On a CPU too, where the layers have compiled kernels that no tracer understands."""
    losses = []
    for kind in ("false", "true"):
        run(tmp_path / kind, "iters=2", "train.log_iters=1", f"to_static_training={kind}")
        losses.append([float(loss) for loss in re.findall(r"/2, loss: ([\d.]+)", capsys.readouterr().out)])
    assert losses[0][0] != losses[0][1]
    assert losses[1] == pytest.approx(losses[0], abs=2e-4)


def test_a_long_name_is_a_folder_as_any_other(tmp_path: Path):
    folder = tmp_path / ("x" * 255)
    run(folder, "iters=1")
    assert find_newest(folder) == folder / "iter_1"
