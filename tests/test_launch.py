"""Several processes as one run: none is left behind, and who was lost is said once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from paddleseg.engine.launch import _blame, _Voices, process_count
from paddleseg.errors import ConfigError

# What a rank does, without the seconds that a network takes: it joins, says a line, and waits.
RANK = """
import sys, time
from paddleseg.engine import launch
launch.end_with_launcher()
print("the same for all", file=sys.stderr, flush=True)
time.sleep(120)
"""
LAUNCHER = f"""
import sys
from paddleseg.engine import launch
launch._uses_gpu = lambda command: False
sys.exit(launch.launch(2, [sys.executable, "-c", {RANK!r}]))
"""


@pytest.fixture
def launcher() -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen([sys.executable, "-c", LAUNCHER], stderr=subprocess.PIPE, text=True)
    yield process
    process.kill()
    process.wait()


def ranks_of(launcher: subprocess.Popen[str]) -> list[int]:
    """The two ranks, once each has begun."""
    children = Path(f"/proc/{launcher.pid}/task/{launcher.pid}/children")
    if not children.parent.is_dir():
        pytest.skip("this system does not say whose children processes are")
    assert launcher.stderr and "the same" in launcher.stderr.readline()
    time.sleep(1.0)
    ranks = [int(number) for number in children.read_text().split()]
    assert len(ranks) == 2
    return ranks


def wait_for_end(processes: list[int]) -> None:
    deadline = time.monotonic() + 10
    while any(Path(f"/proc/{process}").exists() for process in processes):
        assert time.monotonic() < deadline, "a rank goes on without its launcher"
        time.sleep(0.05)


@pytest.mark.parametrize("prctl", [True, False])
def test_ranks_end_with_a_killed_launcher(prctl: bool):
    code = LAUNCHER if prctl else LAUNCHER.replace("import sys, time", 'import sys, time; sys.platform = "other"')
    launcher = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE, text=True)
    ranks = ranks_of(launcher)
    try:
        launcher.kill()
        launcher.wait()
        wait_for_end(ranks)
    finally:
        for rank in ranks:
            with suppress(ProcessLookupError):
                os.kill(rank, signal.SIGKILL)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV])
def test_a_rank_that_the_system_ends_is_named_and_the_other_ends(
    launcher: subprocess.Popen[str], number: signal.Signals
):
    ranks = ranks_of(launcher)
    os.kill(ranks[1], number)
    _, errors = launcher.communicate(timeout=20)
    assert launcher.returncode == 128 + number
    assert f"rank 1 (process {ranks[1]}): the system ended it with {number.name}" in errors
    assert "Traceback" not in errors and errors.count("the same for all") == 0  # it was said once, and read above
    wait_for_end(ranks)


def test_what_several_ranks_say_appears_once(capfd: pytest.CaptureFixture[str]):
    voices = _Voices()
    for rank, text in enumerate(("broken\nhint\nbroken\n", "own\nbroken\nhint\n")):
        code = f"import sys; sys.stderr.write({text!r})"
        voices.listen(rank, subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE))
    voices.close()
    assert sorted(capfd.readouterr().err.split()) == ["broken", "broken", "hint", "own"]


def test_the_exit_code_is_of_who_is_to_blame():
    told, killed, aborted, interrupted = (2, False), (-9, False), (-6, False), (130, False)
    assert sorted([interrupted, aborted, killed, told, (0, False)], key=lambda end: _blame(*end)) == [
        *(told, killed, aborted, interrupted),
        (0, False),
    ]


@pytest.mark.parametrize("asked", ["0", "-1", "1e9", "²", "", "1.5", "9" * 5000, "many"])
def test_numbers_of_processes_that_are_none(asked: str):
    with pytest.raises(ConfigError, match="should be a number of processes or auto"):
        process_count(asked, 64)


def test_numbers_of_processes():
    assert process_count("1", 7) == 1 and 8 % process_count("auto", 8) == 0
    with pytest.raises(ConfigError, match="too many"):
        process_count("99999", 99999)
