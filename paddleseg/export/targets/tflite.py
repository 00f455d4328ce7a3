"""TensorFlow Lite, by onnx2tf."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from paddleseg.errors import ConfigError, ExportError
from paddleseg.export.targets.base import Format, Target, Work, convert
from paddleseg.inference.environments import command_for, program
from paddleseg.inference.runtimes.tflite import LiteRt
from paddleseg.registry import TARGETS

_ENVIRONMENT = _PROGRAM = "onnx2tf"
_HINT = "leave this target out"


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
            command += ["-kat", *(item.name for item in work.card.inputs)]  # NCHW, as for the other targets
            convert(cls, command, made, _HINT)
            if turns := list(_turns(graph, made)):
                rules = Path(folder) / "turns.json"
                rules.write_text(json.dumps({"format_version": 1, "operations": turns}), encoding="utf-8")
                convert(cls, [*command, "-prf", str(rules)], made, _HINT)
            shutil.copyfile(made, work.folder / str(work.files.tflite))


def _turns(graph: Path, made: Path) -> Iterator[dict[str, Any]]:
    """Rules of onnx2tf that turn outputs back to NCHW: it leaves those of some last operations in NHWC."""
    import onnx

    model = onnx.load(graph).graph
    makers = {name: node.name for node in model.node for name in node.output}
    for output, found in zip(model.output, LiteRt(made).shapes, strict=True):
        wanted = tuple(side.dim_value for side in output.type.tensor_type.shape.dim)
        if found != wanted and found == (wanted[0], *wanted[2:], wanted[1]):
            rule = {"op_name": makers[output.name], "param_target": "outputs", "param_name": output.name}
            yield rule | {"post_process_transpose_perm": [0, len(wanted) - 1, *range(1, len(wanted) - 1)]}
