"""Runs the commands of a chain, keeps what each says, and writes how each ended in PaddleSeg's words."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

ROOT = Path(__file__).parents[2]
OUTPUT = Path("test_tipc/output")
_PYTHONS = ("python", "python3")


def python(name: str) -> str:
    """What runs the steps: `python` is what runs the chain, so that both have the same packages."""
    return sys.executable if name in _PYTHONS else name


def environment(**more: str) -> dict[str, str]:
    """Of a step: it imports the package of this clone, whichever is installed, and finds its Python's programs."""
    paths = {
        "PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")])),
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]),
    }
    return {**os.environ, **paths, **more}


class Chain:
    """The folder of one chain, and the status of its steps.

    Args:
        model: `model_name` of the file.
        mode: Such as "lite_train_lite_infer".
        status: The file with a line for each step, which begins anew with every run.
    """

    def __init__(self, model: str, mode: str, status: str):
        self.model, self.folder = model, OUTPUT / model / mode
        self.folder.mkdir(parents=True, exist_ok=True)
        self.status = self.folder / status
        self.status.write_text(f"------------------------ {mode} ------------------------\n", encoding="utf-8")
        self.steps = self.failures = 0

    def clear(self, name: str) -> Path:
        """A folder for a step, without what the last run of this chain has left there."""
        shutil.rmtree(self.folder / name, ignore_errors=True)
        return self.folder / name

    def run(self, command: Sequence[str | Path], log: Path, **env: str) -> bool:
        """Run a step; what it says goes to `log` and is shown. Whether it went well."""
        words = [str(word) for word in command]
        print(shlex.join(words), flush=True)
        with log.open("w", encoding="utf-8") as file:
            code = _followed(words, file, environment(**env))
        self.note(code == 0, words, log)
        return code == 0

    def note(self, well: bool, command: Sequence[str | Path], log: Path) -> None:
        """Write how a step ended."""
        self.steps += 1
        self.failures += not well
        verdict = "Run successfully" if well else "Run failed"
        self.say(f" {verdict} with command - {self.model} - {shlex.join(map(str, command))} - {log} ")

    def say(self, line: str) -> None:
        print(f"\033[33m{line}\033[0m" if sys.stdout.isatty() else line, flush=True)
        with self.status.open("a", encoding="utf-8") as file:
            file.write(line + "\n")

    def finish(self) -> int:
        """The exit code: 1 where a step failed, or where none ran."""
        self.say(f" {self.steps - self.failures} of {self.steps} steps went well - {self.status} ")
        return int(bool(self.failures) or not self.steps)


def _followed(words: list[str], log: TextIO, env: dict[str, str]) -> int:
    """The exit code of a command whose output is shown and kept."""
    try:
        process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=env, cwd=ROOT)
    except OSError as error:
        line = f"{words[0]}: cannot be started: {error.strerror}\n"
        print(line, end="", flush=True)
        log.write(line)
        return 127
    assert process.stdout is not None
    with process, process.stdout as lines:
        for line in lines:
            text = line.decode("utf-8", "replace")
            print(text, end="", flush=True)
            log.write(text)
    return process.returncode
