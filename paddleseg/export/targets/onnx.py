"""ONNX, by paddle2onnx."""

from __future__ import annotations

import shutil

from paddleseg.errors import ConfigError, ExportError
from paddleseg.export.targets.base import Format, Target, Work, convert
from paddleseg.inference.environments import program
from paddleseg.registry import TARGETS

OPSET = 13
OPSETS = range(11, 22)
"""What paddle2onnx writes."""
_VERSION = "2.1.0"


@TARGETS.register("onnx")
class Onnx(Target):
    """`model.onnx`, for ONNX Runtime, OpenVINO and many others."""

    name, title = "onnx", "ONNX Runtime"
    made_of = ("paddle",)
    precisions = ("fp32", "fp16", "int8")
    cure = f"pip install --no-deps paddle2onnx=={_VERSION}, and pip install onnxruntime"

    @classmethod
    def missing(cls) -> str:
        return "" if _program() else "paddle2onnx is not installed"

    @classmethod
    def files(cls, stem: str, format: Format) -> dict[str, str]:
        return {"onnx": f"{stem}.onnx"}

    @classmethod
    def write(cls, work: Work) -> None:
        if (converter := _program()) is None:
            raise ExportError("target onnx", cls.missing(), cls.cure)
        if work.opset not in OPSETS:
            what = f"should lie between {OPSETS[0]} and {OPSETS[-1]}, not {work.opset}"
            raise ConfigError("--opset", what, f"such as --opset {OPSET}")
        made = work.folder / str(work.files.onnx)
        command = [converter, "--model_dir", str(work.folder), "--model_filename", str(work.files.graph)]
        command += ["--params_filename", str(work.files.params), "--save_file", str(work.exact)]
        command += ["--opset_version", str(work.opset), "--optimize_tool", "None"]
        hint = f"use paddle2onnx {_VERSION} with paddlepaddle 3.2.2, or leave this target out"
        convert(cls, command, work.exact, hint)
        _check_opset(work)
        if work.precision == "fp32":
            shutil.copyfile(work.exact, made)
            return
        # These need the package onnx.
        if work.precision == "fp16":
            from paddleseg.export.precision import in_16_bits

            in_16_bits(work.exact, made)
        else:
            from paddleseg.export.quantize.recipe import Recipe, quantize

            quantize(work.exact, made, work.card, work.photos, work.recipe or Recipe())


def _check_opset(work: Work) -> None:
    """paddle2onnx takes a higher one where operations need it, and says so in its log only.

    Raises:
        ExportError: It has.
    """
    import onnx

    (written,) = (used.version for used in onnx.load(work.exact).opset_import if used.domain in ("", "ai.onnx"))
    if written != work.opset:
        what = f"is too low for this network, which needs {written}"
        raise ExportError(f"--opset {work.opset}", what, f"use --opset {written}")


def _program() -> str | None:
    found = program("paddle2onnx")
    return str(found) if found else None
