"""The programs around their work: help, examples, missing packages, pipes that close, a full device."""

from __future__ import annotations

import argparse
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from paddleseg.cli.main import build_parser, commands, main
from paddleseg.errors import PackageError
from paddleseg.program import missing_package, reports_mistakes

ROOT = Path(__file__).parent.parent
COMMAND = f"{shlex.quote(sys.executable)} -m paddleseg.cli.main"
CONFIG = "configs/pp_humanseg/pp_humanseg_lite_mini_portrait.yml"
PHOTO = "data/portrait_mini/images/000000000785.jpg"
# A package whose place in sys.modules is None cannot be imported, as if it were not installed.
WITHOUT = """
import runpy, sys
program, missing, *sys.argv[1:] = sys.argv[1:]
sys.modules.update(dict.fromkeys(missing.split(",")))
sys.argv[0] = program
run = runpy.run_path if program.endswith(".py") else runpy.run_module
run(program, run_name="__main__")
"""

HELPS = """
import sys
sys.modules["paddle"] = None
from paddleseg.cli.main import main
for name in sys.argv[1:]:
    try: main([name, "--help"])
    except SystemExit as end: assert end.code == 0, name
"""


def shell(line: str) -> subprocess.CompletedProcess[str]:
    """A line of bash, whose exit code is the first command's in a pipe."""
    return subprocess.run(
        ["bash", "-c", f"{line}; exit ${{PIPESTATUS[0]}}"], cwd=ROOT, capture_output=True, text=True, check=False
    )


def without(missing: str, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A program of ours on a machine that lacks some packages."""
    command = [sys.executable, "-c", WITHOUT, program, missing, *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def parsers(parser: argparse.ArgumentParser) -> list[argparse.ArgumentParser]:
    groups = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    return [parser, *(deep for group in groups for child in group.choices.values() for deep in parsers(child))]


class TestHelp:
    def test_every_command_and_subcommand_shows_an_example_that_it_understands(self):
        whole = build_parser()
        for parser in parsers(whole)[1:]:
            lines = [line.strip() for line in parser.format_help().splitlines()]
            start = next((place for place, line in enumerate(lines) if line in ("example:", "examples:")), None)
            assert start is not None, parser.prog
            shown = [line for line in lines[start + 1 :] if line]
            assert shown and all(f"{line} ".startswith(f"{parser.prog} ") for line in shown), parser.prog
            for line in shown:
                words = shlex.split(line.partition(" > ")[0])
                whole.parse_args(words[1:])
                for word in words:
                    assert not word.startswith(("configs/", "data/portrait_mini")) or (ROOT / word).exists(), line

    def test_no_command_is_answered_with_the_help_and_code_2(self, capsys: pytest.CaptureFixture[str]):
        assert main([]) == 2
        printed = capsys.readouterr()
        assert printed.out == "" and all(name in printed.err for name in commands())


class TestWithoutPaddle:
    """In processes of their own, which find no Paddle."""

    def test_help_needs_none(self):
        done = subprocess.run([sys.executable, "-c", HELPS, *commands()], capture_output=True, text=True, check=False)
        assert done.returncode == 0 and not done.stderr, done.stderr
        helps = done.stdout.split("usage: paddleseg ")[1:]
        assert [text.split()[0] for text in helps] == list(commands()) and all("example" in text for text in helps)

    @pytest.mark.parametrize(
        "arguments",
        [
            ("analyze", CONFIG),
            ("bench", "model", CONFIG),
            ("export", "--config", CONFIG, "--model_path", "zoo://portrait"),
            ("predict", "--config", CONFIG, "--model_path", "zoo://portrait", "--image_path", PHOTO),
            ("train", "--config", CONFIG),
            ("train", "--config", CONFIG, "--nproc", "2"),
            ("val", "--config", CONFIG, "--model_path", "zoo://portrait"),
        ],
        ids=lambda arguments: " ".join(word for word in arguments if "/" not in word and not word.startswith("-")),
    )
    def test_commands_that_need_it_say_so(self, arguments: tuple[str, ...]):
        done = without("paddle", "paddleseg.cli.main", *arguments)
        assert (done.returncode, done.stdout) == (2, "")
        first, hint = done.stderr.splitlines()
        assert first == "PaddlePaddle: is not installed, and this needs it"
        assert hint.startswith('  hint: `pip install -e ".[train]"`')

    @pytest.mark.parametrize(
        "arguments",
        [
            ("zoo", "list"),
            ("doctor", "env"),
            ("config", "show", CONFIG),
            ("data", "stats", "--file_path", "data/portrait_mini/val.txt"),
        ],
        ids=" ".join,
    )
    def test_the_others_work(self, arguments: tuple[str, ...]):
        done = without("paddle", "paddleseg.cli.main", *arguments)
        assert done.returncode == 0, done.stderr

    def test_scripts_beside_the_commands(self, tmp_path: Path):
        done = without("paddle", "tools/average_weights.py", "zoo://portrait", "--output", str(tmp_path / "mean"))
        assert done.returncode == 2 and done.stderr.startswith("PaddlePaddle: is not installed"), done.stderr
        (tmp_path / "log").write_text("[TRAIN] epoch: 1, iter: 1/2, loss: 0.5, lr: 0.1\n")
        done = without("matplotlib", "tools/plot_log.py", str(tmp_path / "log"), "--output", str(tmp_path / "a.png"))
        assert done.returncode == 2 and done.stderr.startswith("matplotlib: is not installed"), done.stderr


class TestImports:
    def test_a_package_that_fails_inside_is_not_called_missing(self):
        error = missing_package(
            ImportError("libgomp.so.1: cannot open shared object file", name="paddle.base.libpaddle")
        )
        assert isinstance(error, PackageError)
        assert "does not import: libgomp.so.1" in str(error) and "doctor env" in str(error)

    def test_a_fault_of_ours_keeps_its_traceback(self):
        @reports_mistakes
        def program() -> int:
            raise ModuleNotFoundError("No module named 'paddleseg.nothing'", name="paddleseg.nothing")

        with pytest.raises(ModuleNotFoundError):
            program()


class TestPipes:
    @pytest.mark.parametrize("command", ["zoo list", f"config show {CONFIG} --origin", "--help"])
    def test_a_reader_that_stops_ends_it_quietly_as_the_signal_would(self, command: str):
        done = shell(f"{COMMAND} {command} | true")
        assert (done.returncode, done.stderr) == (141, "")

    def test_a_reader_that_has_read_all_is_no_fault(self):
        done = shell(f"{COMMAND} zoo list | tail -n 1")
        assert (done.returncode, done.stderr) == (0, "") and "pp_humanseg" in done.stdout

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is always full")
    @pytest.mark.parametrize("command", ["zoo list", "--version", f"analyze {CONFIG} --size 64 64"])
    def test_a_full_device_is_named(self, command: str):
        done = shell(f"{COMMAND} {command} > /dev/full")
        assert done.returncode == 2
        assert done.stderr.splitlines()[0] == "standard output: cannot be written: No space left on device"
        assert len(done.stderr.splitlines()) == 2

    @pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", ">&- 2>&- <&-"])
    def test_closed_streams_change_nothing_else(self, closed: str, tmp_path: Path):
        # What is opened next would take the number of the closed stream, and get what is printed to it.
        done = shell(f"{COMMAND} zoo get portrait --save_dir {tmp_path} {closed}")
        assert (done.returncode, done.stderr) == (0, "")
        for name in ("portrait.pdparams", "portrait.onnx", "portrait.yml"):
            assert (tmp_path / name).read_bytes() == (ROOT / "paddleseg/zoo" / name).read_bytes()

    def test_a_mistake_keeps_its_code_where_nobody_listens(self):
        assert shell(f"{COMMAND} zoo show nobody >&- 2>&-").returncode == 2
        assert shell(f"{COMMAND} zoo show nobody 2>/dev/full").returncode == 2

    def test_another_file_on_a_full_device_is_not_taken_for_the_output(self):
        @reports_mistakes
        def program() -> int:
            raise OSError(28, os.strerror(28), "elsewhere")

        with pytest.raises(OSError, match="elsewhere"):
            program()


class TestQuiet:
    @pytest.mark.slow
    def test_other_packages_say_nothing_of_themselves(self, tmp_path: Path):
        # An empty cache of compiled code and no variable that silences Paddle: as on a first run.
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("GLOG", "FLAGS"))}
        command = [sys.executable, "-m", "paddleseg.cli.main", "export", "--config", CONFIG, "--format", "legacy"]
        command += ["--model_path", "zoo://pp_humanseg_v1_lite", "--save_dir", str(tmp_path)]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")
