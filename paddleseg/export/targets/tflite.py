"""TensorFlow Lite, by onnx2tf."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from paddleseg.errors import ConfigError, ExportError
from paddleseg.export.targets.base import Format, Target, Work, convert
from paddleseg.inference.environments import command_for, program
from paddleseg.registry import TARGETS

_ENVIRONMENT = _PROGRAM = "onnx2tf"


@TARGETS.register("tflite")
class TfLite(Target):
    """`model.tflite`, whose input and output stay NCHW. The input has to be fixed."""

    name, title = "tflite", "TensorFlow Lite"
    made_of = ("onnx",)
    precisions = ("fp32", "fp16")
    cure = command_for(_ENVIRONMENT, "python3.11", "onnx2tf==1.29.24", "tensorflow-cpu==2.19.1")

    @classmethod
    def missing(cls) -> str:
        return "" if program(_PROGRAM, _ENVIRONMENT) else "onnx2tf is not installed"

    @classmethod
    def files(cls, stem: str, format: Format) -> dict[str, str]:
        return {"tflite": f"{stem}.tflite"}

    @classmethod
    def write(cls, work: Work) -> None:
        if None in work.card.input.shape:
            raise ConfigError("target tflite", "needs an input of one shape", "add --input_shape 1 3 H W")
        if (converter := program(_PROGRAM, _ENVIRONMENT)) is None:
            raise ExportError("target tflite", cls.missing(), cls.cure)
        with tempfile.TemporaryDirectory() as folder:
            graph = Path(folder) / "model.onnx"
            shutil.copyfile(work.exact, graph)
            made = Path(folder) / "made" / f"model_float{16 if work.precision == 'fp16' else 32}.tflite"
            command = [str(converter), "-i", str(graph), "-o", str(made.parent), "-n"]
            command += ["-kat", work.card.input.name]  # in the order of the other targets
            convert(cls, command, made, "leave this target out")
            shutil.copyfile(made, work.folder / str(work.files.tflite))
