"""ONNX graphs on ONNX Runtime; needs no Paddle."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from paddleseg.card import Card
from paddleseg.errors import DeviceError, ExportError, last_line
from paddleseg.inference.runtimes.base import Runtime, RuntimeOptions, named_file
from paddleseg.registry import RUNTIMES

_ENDING = "ExecutionProvider"


@RUNTIMES.register("onnx")
class OnnxRuntime(Runtime):
    """An ONNX graph. Its session is safe in threads, which run side by side.

    Args:
        graph: The `.onnx` file.
        device: "cpu" or "gpu" (needs the `onnxruntime-gpu` wheel), or the name of an execution provider.
        threads: CPU threads of one call; 0 leaves the choice to ONNX Runtime.
        providers: Execution providers in the place of `device`, the preferred one first, such as "CoreML" or
            "CoreMLExecutionProvider". What they cannot run, ONNX Runtime runs on the CPU.

    Raises:
        DeviceError: ONNX Runtime or the provider is not there.
        ExportError: The file is no graph that it reads.
    """

    name = "onnx"

    def __init__(self, graph: str | Path, *, device: str = "cpu", threads: int = 0, providers: Sequence[str] = ()):
        if why := self.missing():
            raise DeviceError("runtime onnx", why, "pip install onnxruntime")
        import onnxruntime

        chosen = _providers(providers or [{"cpu": "CPU", "gpu": "CUDA"}.get(device, device)])
        if absent := [name for name in chosen if name not in onnxruntime.get_available_providers()]:
            here = ", ".join(onnxruntime.get_available_providers())
            where = f"--providers {' '.join(providers)}" if providers else f"--device {device}"
            raise DeviceError(where, f"this ONNX Runtime has only {here}", _cure(absent[0]))
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3  # it warns about every constant that paddle2onnx leaves unused
        # Paddle obeys this variable too; ONNX Runtime does not by itself.
        options.intra_op_num_threads = threads or int(os.environ.get("OMP_NUM_THREADS", "0"))
        try:
            self._session = onnxruntime.InferenceSession(str(graph), options, providers=chosen)
        except Exception as error:  # its exceptions have no public base class
            raise ExportError(str(graph), f"cannot be loaded: {last_line(error)}", "export the model again") from error
        # It says nothing where a provider's libraries do not load, and runs the graph elsewhere.
        if silent := [name for name in chosen if name not in self._session.get_providers()]:
            raise DeviceError(silent[0], "is in this ONNX Runtime, but does not start", "look for its libraries")
        self.inputs = tuple(item.name for item in self._session.get_inputs())
        self.outputs = tuple(item.name for item in self._session.get_outputs())

    @classmethod
    def missing(cls) -> str:
        return "" if find_spec("onnxruntime") else "ONNX Runtime is not installed"

    @classmethod
    def reads(cls, card: Card) -> bool:
        return card.files.onnx is not None

    @classmethod
    def open(cls, card: Card, folder: Path, options: RuntimeOptions) -> OnnxRuntime:
        graph = named_file(folder, card.files.onnx, "onnx")
        return cls(graph, device=options.device, threads=options.threads, providers=options.providers)

    def run(self, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        return dict(zip(self.outputs, self._session.run(None, dict(inputs)), strict=True))


def _providers(names: Sequence[str]) -> list[str]:
    """ONNX Runtime's names, of which "ExecutionProvider" may be left away."""
    return [name if name.endswith(_ENDING) else name + _ENDING for name in names]


def _cure(provider: str) -> str:
    """What brings a provider that is not there."""
    kind = provider.removesuffix(_ENDING)
    packages = {"CUDA": "gpu", "Tensorrt": "gpu", "OpenVINO": "openvino", "Dml": "directml"}
    if kind in packages:
        return f"install onnxruntime-{packages[kind]}, or use --device cpu"
    return "name one of these, or use --device cpu"
