"""The README's recipe resumes after any step as if it had never stopped, bit for bit, whoever prepares its batches."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from resume_runs import compare

from paddleseg.engine.launch import launch


def test_every_step_of_a_few(tmp_path: Path):
    """`test_loader_cache.py::test_shapes_resume_from_any_step` has what an epoch's end adds."""
    assert compare(tmp_path, workers=0, iters=4) == []


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("workers", [0, 2])
def test_every_step(tmp_path: Path, workers: int):
    assert compare(tmp_path, workers, iters=41) == []


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_every_step_of_two_processes(tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(root)
    assert launch(2, [sys.executable, "-m", "tests.resume_runs", str(tmp_path), "0", "41"]) == 0
