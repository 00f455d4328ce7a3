"""ONNX graphs, and OpenVINO's own form of them, on OpenVINO; needs no Paddle."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from paddleseg.card import Card
from paddleseg.errors import DeviceError, ExportError, last_line
from paddleseg.inference.runtimes.base import Runtime, RuntimeOptions, named_file
from paddleseg.registry import RUNTIMES

_DEVICES = {"cpu": "CPU", "gpu": "GPU", "npu": "NPU"}


@RUNTIMES.register("openvino")
class OpenVino(Runtime):
    """A graph compiled for this processor. Each thread gets a request of its own, so that they run side by side.

    Args:
        graph: The `.xml` file beside its `.bin`, or an `.onnx` file.
        options: "gpu" and "npu" are Intel's.

    Raises:
        DeviceError: OpenVINO or the device is not there.
        ExportError: The file is no graph that it reads.

    Example:
        >>> predictor = Predictor.from_export("output/export", "openvino", threads=1)
    """

    name = "openvino"

    def __init__(self, graph: str | Path, options: RuntimeOptions | None = None):
        if why := self.missing():
            raise DeviceError("runtime openvino", why, 'pip install "openvino>=2026.4", or use the runtime onnx')
        import openvino

        options = options or RuntimeOptions()
        core = openvino.Core()
        device = _DEVICES.get(options.device, options.device)
        if device not in {name.partition(".")[0] for name in core.available_devices}:
            here = ", ".join(core.available_devices)
            raise DeviceError(f"--device {options.device}", f"OpenVINO finds only {here}", "use --device cpu")
        # Left alone it computes in 16 bits where the processor can, and masks would differ from machine to machine.
        settings: dict[str, Any] = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": "f32"}
        if options.precision != "fp32":
            settings["INFERENCE_PRECISION_HINT"] = _lower(core, device, options.precision)
        threads = options.threads or int(os.environ.get("OMP_NUM_THREADS", "0"))
        if device == "CPU" and threads:
            settings["INFERENCE_NUM_THREADS"] = threads
        if options.device_id:
            device = f"{device}.{options.device_id}"
        try:
            self._compiled = core.compile_model(core.read_model(str(graph)), device, settings)
        except Exception as error:  # it raises RuntimeError for everything, with a trace of its own
            raise ExportError(str(graph), f"cannot be loaded: {last_line(error)}", "export the model again") from error
        self.inputs = tuple(port.get_any_name() for port in self._compiled.inputs)
        self.outputs = tuple(port.get_any_name() for port in self._compiled.outputs)
        self._own = threading.local()

    @classmethod
    def missing(cls) -> str:
        return "" if find_spec("openvino") else "OpenVINO is not installed"

    @classmethod
    def reads(cls, card: Card) -> bool:
        return card.files.openvino is not None or card.files.onnx is not None

    @classmethod
    def open(cls, card: Card, folder: Path, options: RuntimeOptions) -> OpenVino:
        if card.files.openvino is None:
            return cls(named_file(folder, card.files.onnx, "onnx"), options)
        graph = named_file(folder, card.files.openvino, "openvino")
        named_file(folder, str(Path(card.files.openvino).with_suffix(".bin")), "openvino")
        return cls(graph, options)

    def run(self, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        if not hasattr(self._own, "request"):
            self._own.request = self._compiled.create_infer_request()
        results = self._own.request.infer(dict(inputs), share_inputs=True)
        # The request writes its next results where these are.
        return {name: np.array(results[number]) for number, name in enumerate(self.outputs)}


def _lower(core: Any, device: str, precision: str) -> str:
    """OpenVINO's name for a precision below 32 bits.

    Raises:
        DeviceError: The device has no instructions for it, or it is a matter of the graph.
    """
    where = f"precision {precision}"
    if precision == "int8":
        raise DeviceError(where, "is that of the graph", "export with --precision int8")
    able = [str(name) for name in core.get_property(device, "OPTIMIZATION_CAPABILITIES")]
    for name, told in (("FP16", "f16"), ("BF16", "bf16")):
        if name in able:
            return told
    raise DeviceError(where, f"OpenVINO finds none in this {device}, which has {', '.join(able)}", "use fp32")
