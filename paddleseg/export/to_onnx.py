"""An exported graph as ONNX, by paddle2onnx in a process of its own."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from paddleseg.card import Files
from paddleseg.errors import ExportError

OPSET = 13
_VERSION = "2.1.0"


def to_onnx(folder: Path, files: Files) -> None:
    """Write `files.onnx` from `files.graph` and `files.params`.

    In a process of its own: paddle2onnx ends the process it runs in on some graphs it cannot convert.

    Raises:
        ExportError: It is not installed, or does not convert this graph.
    """
    program = converter()
    command = [program, "--model_dir", str(folder), "--model_filename", str(files.graph)]
    command += ["--params_filename", str(files.params), "--save_file", str(folder / str(files.onnx))]
    command += ["--opset_version", str(OPSET), "--optimize_tool", "None"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode or not (folder / str(files.onnx)).is_file():
        said = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
        what = f"paddle2onnx ended with code {done.returncode}: {said[-1] if said else 'without a word'}"
        raise ExportError("--onnx", what, f"use paddle2onnx {_VERSION} with paddlepaddle 3.2.2")


def converter() -> str:
    """The paddle2onnx program: of this environment, else of the search path."""
    beside = Path(sys.executable).parent / "paddle2onnx"
    found = str(beside) if beside.is_file() else shutil.which("paddle2onnx")
    if found is None:
        raise ExportError("--onnx", "paddle2onnx is not installed", f"pip install --no-deps paddle2onnx=={_VERSION}")
    return found
