"""ONNX, by paddle2onnx."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from paddleseg.errors import ExportError
from paddleseg.export.targets.base import Format, Target, Work, convert
from paddleseg.registry import TARGETS

OPSET = 13
_VERSION = "2.1.0"


@TARGETS.register("onnx")
class Onnx(Target):
    """`model.onnx`, for ONNX Runtime, OpenVINO and many others."""

    name, title = "onnx", "ONNX Runtime"
    made_of = ("paddle",)
    cure = f"pip install --no-deps paddle2onnx=={_VERSION}, and pip install onnxruntime"

    @classmethod
    def missing(cls) -> str:
        return "" if _program() else "paddle2onnx is not installed"

    @classmethod
    def files(cls, stem: str, format: Format) -> dict[str, str]:
        return {"onnx": f"{stem}.onnx"}

    @classmethod
    def write(cls, work: Work) -> None:
        if (program := _program()) is None:
            raise ExportError("target onnx", cls.missing(), cls.cure)
        made = work.folder / str(work.files.onnx)
        command = [program, "--model_dir", str(work.folder), "--model_filename", str(work.files.graph)]
        command += ["--params_filename", str(work.files.params), "--save_file", str(made)]
        command += ["--opset_version", str(OPSET), "--optimize_tool", "None"]
        convert(cls, command, made, f"use paddle2onnx {_VERSION} with paddlepaddle 3.2.2, or leave this target out")


def _program() -> str | None:
    """The paddle2onnx program: of this environment, else of the search path."""
    beside = Path(sys.executable).parent / "paddle2onnx"
    return str(beside) if beside.is_file() else shutil.which("paddle2onnx")
