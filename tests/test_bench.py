"""Latency: percentiles, warm-up, turns, cores, and the command in real runtimes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from paddleseg.analysis import latency
from paddleseg.cli.main import main
from paddleseg.device import device_name

CONFIG = "configs/pp_humanseg/pp_humanseg_lite_mini_portrait.yml"
KEYS = {"config", "device", "threads", "runtime", "size", "p50_ms", "p95_ms", "best_ms", "cpu_ms", "runs"}


class Clock:
    """Time that passes only when a call says so."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch):
        self.now, self.log = 0.0, ""
        monkeypatch.setattr(latency.time, "perf_counter", lambda: self.now)
        monkeypatch.setattr(latency.time, "process_time", lambda: 0.5 * self.now)

    def call(self, name: str, *milliseconds: float):
        """A function that takes the given times in turn."""
        times = iter(milliseconds)

        def run() -> None:
            self.log += name
            self.now += next(times) / 1000

        return run


class TestTiming:
    def test_what_warms_up_does_not_count(self, monkeypatch: pytest.MonkeyPatch):
        clock = Clock(monkeypatch)
        timing = latency.measure(clock.call("a", 900, 500, *range(1, 102)), runs=101, warmup=2)
        found = (timing.p50_ms, timing.p95_ms, timing.best_ms, timing.cpu_ms)
        assert found == pytest.approx((51, 96, 1, 25.5))
        assert timing.runs == 101

    def test_contenders_take_turns(self, monkeypatch: pytest.MonkeyPatch):
        clock = Clock(monkeypatch)
        calls = {"a": clock.call("a", *[9, 1, 2] * 2), "b": clock.call("b", *[90, 10, 20] * 2)}
        found = latency.interleave(calls, rounds=2, runs=2, warmup=1)
        assert clock.log == "aaabbbaaabbb"
        assert {name: timing.p50_ms for name, timing in found.items()} == pytest.approx({"a": 1.5, "b": 15})
        assert found["b"].runs == 4

    @pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system has no way to choose cores")
    def test_pinned_keeps_to_the_cores_and_gives_them_back(self, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setenv("OMP_NUM_THREADS", "7")
        monkeypatch.delenv("MKL_NUM_THREADS", raising=False)
        before = os.sched_getaffinity(0)
        with latency.pinned(1):
            assert len(os.sched_getaffinity(0)) == 1
            assert os.environ["OMP_NUM_THREADS"] == os.environ["MKL_NUM_THREADS"] == "1"
        assert os.sched_getaffinity(0) == before
        assert os.environ["OMP_NUM_THREADS"] == "7" and "MKL_NUM_THREADS" not in os.environ

    def test_the_device_has_a_name(self):
        assert device_name().strip()


class TestCommand:
    def test_paddle_inference(self, root: Path):
        """In a process of its own, as people run it: the cores are set before Paddle is there."""
        command = [sys.executable, "-m", "paddleseg.cli.main", "bench", "model", CONFIG, "--size", "64", "96"]
        command += ["--runs", "5", "--warmup", "1", "--json"]
        done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        found = json.loads(done.stdout)
        assert set(found) == KEYS
        assert (found["size"], found["runs"], found["threads"], found["runtime"]) == ([64, 96], 5, 1, "paddle")
        assert 0 < found["best_ms"] <= found["p50_ms"] <= found["p95_ms"]

    def test_a_larger_input_takes_longer_in_memory_too(self, root: Path, monkeypatch, capsys):
        monkeypatch.chdir(root)
        best = []
        for size in ("64", "256"):
            arguments = ["--size", size, size, "--runtime", "dygraph", "--runs", "4", "--warmup", "1", "--json"]
            assert main(["bench", "model", CONFIG, *arguments]) == 0
            best.append(json.loads(capsys.readouterr().out)["best_ms"])
        assert best[0] < best[1]

    def test_no_weights_are_needed_or_fetched(self, root: Path, monkeypatch, capsys):
        monkeypatch.chdir(root)
        unreachable = "model.pretrained=https://weights.invalid/model.pdparams"
        arguments = ["--size", "64", "64", "--runtime", "dygraph", "--runs", "1", "--warmup", "0"]
        assert main(["bench", "model", CONFIG, *arguments, "--opts", unreachable]) == 0
        assert "p50" in capsys.readouterr().out

    def test_untrained_weights_of_any_size_can_be_timed(self, root: Path, tmp_path: Path, monkeypatch, capsys):
        """Their probabilities may differ between runtimes by more than export allows."""
        monkeypatch.chdir(root)
        monkeypatch.setattr("paddleseg.export.verify.verify.__defaults__", (-1.0,))
        assert main(["bench", "model", CONFIG, "--size", "64", "64", "--runs", "2", "--warmup", "0"]) == 0
        assert "p50" in capsys.readouterr().out

    def test_no_runs_are_refused(self, root: Path, monkeypatch, capsys):
        monkeypatch.chdir(root)
        assert main(["bench", "model", CONFIG, "--runs", "0"]) == 2
        assert "at least 1" in capsys.readouterr().err


class TestTable:
    def test_the_latency_benchmark_ranks_and_compares(self, root: Path, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.syspath_prepend(str(root / "benchmarks"))
        from latency import table

        rows = [
            {"name": name, "size": (192, 192), "threads": {1: {"p50_ms": one, "cpu_ms": cpu}}}
            for name, one, cpu in (("slow", 9.0, 6.0), ("base file", 3.0, 3.0), ("quick", 2.5, 1.0))
        ]
        lines = table(rows, "base").splitlines()
        assert [line.split(" | ")[0] for line in lines[2:]] == ["| quick", "| base file", "| slow"]
        assert lines[-1] == "| slow | 192x192 | 9.00 | 3.00 | 6.00 | 2.00 |"
        assert lines[0].endswith("| p50 ms, 1 thread | ratio | CPU ms, 1 thread | ratio |")

    def test_the_portrait_benchmark_tells_groups_and_flicker(self, root: Path, mini: Path, tmp_path: Path):
        lines = (mini / "val.txt").read_text().splitlines()[:3]
        (tmp_path / "list.txt").write_text("\n".join(lines))
        for number, line in enumerate([lines[0]] * 2):
            for kind, name in zip(("images", "masks"), line.split(), strict=True):
                place = tmp_path / "clip" / kind / f"{number}{Path(name).suffix}"
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(mini / name, place)
        command = [sys.executable, "benchmarks/portrait.py", "--data", mini, "--list", tmp_path / "list.txt", "--quiet"]
        groups = ["--by", "source", "shape", "--clips", tmp_path / "clip", "--json", tmp_path / "found.json"]
        subprocess.run([str(word) for word in command + groups], cwd=root, check=True, capture_output=True)
        (row,) = json.loads((tmp_path / "found.json").read_text())
        assert row["flicker"] == 0  # twice the same frame
        assert row["groups"]["images"] == row["mIoU"] > 0.5
        assert len(row["groups"]) > 1
