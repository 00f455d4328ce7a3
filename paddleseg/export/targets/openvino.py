"""OpenVINO's own form of a graph."""

from __future__ import annotations

import sys
from importlib.util import find_spec

from paddleseg.export.targets.base import Format, Target, Work, convert
from paddleseg.registry import TARGETS

# The tool that converts by itself would ask for leave to send statistics.
_CODE = (
    "import sys, openvino as o; "
    "o.save_model(o.Core().read_model(sys.argv[1]), sys.argv[2], compress_to_fp16=sys.argv[3] == 'fp16')"
)


@TARGETS.register("openvino")
class OpenVino(Target):
    """`model.xml` and `model.bin`. OpenVINO reads `model.onnx` too; its own form needs no conversion when it starts."""

    name, title = "openvino", "OpenVINO"
    made_of = ("onnx",)
    precisions = ("fp32", "fp16", "int8")
    cure = 'pip install "openvino>=2026.4"'

    @classmethod
    def missing(cls) -> str:
        return "" if find_spec("openvino") else "OpenVINO is not installed"

    @classmethod
    def files(cls, stem: str, format: Format) -> dict[str, str]:
        return {"openvino": f"{stem}.xml"}

    @classmethod
    def write(cls, work: Work) -> None:
        made = work.folder / str(work.files.openvino)
        graph = work.folder / str(work.files.onnx) if work.precision == "int8" else work.exact
        # A process of its own numbers what has no name from the same number on, so that equal graphs are equal files.
        hint = "leave this target out; the runtime openvino reads model.onnx too"
        convert(cls, [sys.executable, "-c", _CODE, str(graph), str(made), work.precision], made, hint)
