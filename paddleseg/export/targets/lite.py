"""Paddle Lite, by its own `opt`."""

from __future__ import annotations

import tempfile
from pathlib import Path

from paddleseg.errors import ExportError
from paddleseg.export.targets.base import Format, Target, Work, convert
from paddleseg.export.targets.flatten import write_as_reshape
from paddleseg.export.targets.paddle import save_graph
from paddleseg.inference.environments import program
from paddleseg.inference.runtimes.lite import ENVIRONMENT, PaddleLite
from paddleseg.registry import TARGETS

_PROGRAM = "paddle_lite_opt"
_PROCESSORS = {"lite": "x86", "lite_arm": "arm"}


@TARGETS.register("lite")
class Lite(Target):
    """`model.x86.nb`, which is run and compared, and `model.arm.nb` for phones, which nothing here can run."""

    name, title = "lite", "Paddle Lite"
    made_of = ("paddle",)
    cure = PaddleLite.cure

    @classmethod
    def missing(cls) -> str:
        return "" if program(_PROGRAM, ENVIRONMENT) else "paddle_lite_opt is not installed"

    @classmethod
    def files(cls, stem: str, format: Format) -> dict[str, str]:
        return {key: f"{stem}.{processor}.nb" for key, processor in _PROCESSORS.items()}

    @classmethod
    def write(cls, work: Work) -> None:
        if (opt := program(_PROGRAM, ENVIRONMENT)) is None:
            raise ExportError("target lite", cls.missing(), cls.cure)
        with tempfile.TemporaryDirectory() as folder:
            prefix = Path(folder) / "model"
            save_graph(work.model, work.card, "legacy", prefix)  # the only form that it reads
            write_as_reshape(prefix.with_suffix(".pdmodel"))
            for key, processor in _PROCESSORS.items():
                made = work.folder / str(getattr(work.files, key))
                command = [str(opt), f"--model_file={prefix}.pdmodel", f"--param_file={prefix}.pdiparams"]
                command += [f"--valid_targets={processor}", "--optimize_out_type=naive_buffer"]
                command += [f"--optimize_out={made.with_suffix('')}"]
                convert(cls, command, made, "leave this target out")
