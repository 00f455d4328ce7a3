"""TensorRT engines, by its Python package."""

from __future__ import annotations

import json
import sys

from paddleseg.errors import ExportError
from paddleseg.export.targets.base import Format, Target, Work, convert
from paddleseg.inference.runtimes.tensorrt import TensorRt
from paddleseg.registry import TARGETS

_OPEN = ((64, 64), (256, 256), (1024, 1024))
"""The smallest, the usual and the largest height and width of an input that is open."""
_BATCHES = (1, 1, 8)
# In a process of its own: it ends the process where the driver and it do not fit.
_CODE = """
import json, sys
import tensorrt as trt
source, made, half, ranges = sys.argv[1], sys.argv[2], sys.argv[3] == "fp16", json.loads(sys.argv[4])
logger = trt.Logger(trt.Logger.ERROR)
builder = trt.Builder(logger)
network = builder.create_network(0 if int(trt.__version__.split(".")[0]) >= 10 else 1)
parser = trt.OnnxParser(network, logger)
if not parser.parse_from_file(source):
    sys.exit("ERROR: " + "; ".join(str(parser.get_error(i)) for i in range(parser.num_errors)))
config = builder.create_builder_config()
config.set_memory_pool_limit(trt.MemoryPoolType.WORKSPACE, 1 << 30)
config.clear_flag(trt.BuilderFlag.TF32)
if half:
    config.set_flag(trt.BuilderFlag.FP16)
profile = builder.create_optimization_profile()
profile.set_shape(network.get_input(0).name, *ranges)
config.add_optimization_profile(profile)
engine = builder.build_serialized_network(network, config)
if engine is None:
    sys.exit("ERROR: TensorRT built no engine")
with open(made, "wb") as stream:
    stream.write(engine)
"""


@TARGETS.register("tensorrt")
class TensorRtEngine(Target):
    """`model.engine`, for the kind of GPU and the version of TensorRT that it was built with."""

    name, title = "tensorrt", "TensorRT"
    made_of = ("onnx",)
    precisions = ("fp32", "fp16", "int8")
    cure = TensorRt.cure

    @classmethod
    def missing(cls) -> str:
        return TensorRt.missing()

    @classmethod
    def files(cls, stem: str, format: Format) -> dict[str, str]:
        return {"tensorrt": f"{stem}.engine"}

    @classmethod
    def write(cls, work: Work) -> None:
        if why := cls.missing():
            raise ExportError("target tensorrt", why, cls.cure)
        n, c, h, w = work.card.input.shape
        ranges = [[n or batch, c, h or size[0], w or size[1]] for batch, size in zip(_BATCHES, _OPEN, strict=True)]
        graph = work.folder / str(work.files.onnx) if work.precision == "int8" else work.exact
        made = work.folder / str(work.files.tensorrt)
        command = [sys.executable, "-c", _CODE, str(graph), str(made), work.precision, json.dumps(ranges)]
        convert(cls, command, made, "leave this target out")
