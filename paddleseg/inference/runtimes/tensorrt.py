"""TensorRT engines, on the kind of GPU that they were built on."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from shutil import which
from typing import Any

import numpy as np

from paddleseg.card import Card
from paddleseg.errors import DeviceError, ExportError
from paddleseg.inference.runtimes.base import Runtime, RuntimeOptions, named_file
from paddleseg.registry import RUNTIMES


@RUNTIMES.register("tensorrt")
class TensorRt(Runtime):
    """An engine. Threads take turns.

    Raises:
        DeviceError: TensorRT or a GPU is not there.
        ExportError: The file is no engine of this GPU and this TensorRT.
    """

    name = "tensorrt"
    cure = "on a machine with an NVIDIA GPU: pip install tensorrt cuda-python"

    def __init__(self, graph: str | Path, options: RuntimeOptions | None = None):
        if why := self.missing():
            raise DeviceError("runtime tensorrt", why, self.cure)
        import tensorrt
        from cuda.bindings import runtime

        self._cuda, self._lock = runtime, threading.Lock()
        self._check(runtime.cudaSetDevice((options or RuntimeOptions()).device_id))
        self._logger = tensorrt.Logger(tensorrt.Logger.ERROR)
        engine = tensorrt.Runtime(self._logger).deserialize_cuda_engine(Path(graph).read_bytes())
        if engine is None:
            what = "is no engine of this GPU and this TensorRT"
            raise ExportError(str(graph), what, "export the model again, on this machine")
        self._engine, self._context = engine, engine.create_execution_context()
        self._types = {name: tensorrt.nptype(engine.get_tensor_dtype(name)) for name in engine}
        given = tensorrt.TensorIOMode.INPUT
        self.inputs = tuple(name for name in engine if engine.get_tensor_mode(name) == given)
        self.outputs = tuple(name for name in engine if name not in self.inputs)

    @classmethod
    def missing(cls) -> str:
        if not which("nvidia-smi"):
            return "there is no NVIDIA GPU"
        absent = [name for name in ("tensorrt", "cuda") if not find_spec(name)]
        return f"{' and '.join(absent)} cannot be imported" if absent else ""

    @classmethod
    def reads(cls, card: Card) -> bool:
        return card.files.tensorrt is not None

    @classmethod
    def open(cls, card: Card, folder: Path, options: RuntimeOptions) -> TensorRt:
        return cls(named_file(folder, card.files.tensorrt, "tensorrt"), options)

    def run(self, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        with self._lock:
            held: dict[str, Any] = {}
            try:
                for name in self.inputs:
                    array = np.ascontiguousarray(inputs[name])
                    self._context.set_input_shape(name, array.shape)
                    held[name] = self._check(self._cuda.cudaMalloc(array.nbytes))
                    self._copy(held[name], array.ctypes.data, array.nbytes, "HostToDevice")
                found = {}
                for name in self.outputs:
                    found[name] = np.empty(tuple(self._context.get_tensor_shape(name)), self._types[name])
                    held[name] = self._check(self._cuda.cudaMalloc(found[name].nbytes))
                for name, place in held.items():
                    self._context.set_tensor_address(name, place)
                if not self._context.execute_async_v3(0):
                    raise ExportError("the engine", "does not run with this input", "export it for this size")
                self._check(self._cuda.cudaDeviceSynchronize())
                for name, array in found.items():
                    self._copy(array.ctypes.data, held[name], array.nbytes, "DeviceToHost")
                return found
            finally:
                for place in held.values():
                    self._cuda.cudaFree(place)

    def _copy(self, to: int, of: int, size: int, way: str) -> None:
        self._check(self._cuda.cudaMemcpy(to, of, size, getattr(self._cuda.cudaMemcpyKind, f"cudaMemcpy{way}")))

    @staticmethod
    def _check(answer: tuple[Any, ...]) -> Any:
        """What a call of CUDA gives beside its status."""
        if int(answer[0]):
            raise DeviceError("CUDA", f"answers {answer[0].name}", "look at nvidia-smi")
        return answer[1] if len(answer) > 1 else None
