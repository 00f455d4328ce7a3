"""TensorFlow Lite graphs on LiteRT; needs no Paddle and no TensorFlow."""

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


@RUNTIMES.register("tflite")
class LiteRt(Runtime):
    """A `.tflite` graph, with XNNPACK's kernels. Each thread gets an interpreter of its own.

    Raises:
        DeviceError: LiteRT is not there, or the device is not the CPU.
        ExportError: The file is no graph that it reads.
    """

    name = "tflite"
    cure = 'pip install "ai-edge-litert>=2.1,<3"'

    def __init__(self, graph: str | Path, options: RuntimeOptions | None = None):
        if why := self.missing():
            raise DeviceError("runtime tflite", why, self.cure)
        options = options or RuntimeOptions()
        if options.device != "cpu":
            raise DeviceError(f"--device {options.device}", "LiteRT runs on the CPU here", "use --device cpu")
        self.graph, self._threads = Path(graph), options.threads or int(os.environ.get("OMP_NUM_THREADS", "0"))
        self._own = threading.local()
        signatures: dict[str, dict[str, list[str]]] = self._interpreter().get_signature_list()
        if len(signatures) != 1:
            raise ExportError(str(graph), "does not name its tensors", "export with --to tflite")
        (signature,) = signatures.values()
        self.inputs, self.outputs = tuple(signature["inputs"]), tuple(signature["outputs"])

    @classmethod
    def missing(cls) -> str:
        return "" if find_spec("ai_edge_litert") else "LiteRT is not installed"

    @classmethod
    def reads(cls, card: Card) -> bool:
        return card.files.tflite is not None

    @classmethod
    def open(cls, card: Card, folder: Path, options: RuntimeOptions) -> LiteRt:
        return cls(named_file(folder, card.files.tflite, "tflite"), options)

    def run(self, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        runner = self._interpreter().get_signature_runner()
        found = runner(**dict(inputs))
        return {name: np.array(found[name]) for name in self.outputs}

    def _interpreter(self) -> Any:
        if not hasattr(self._own, "interpreter"):
            from ai_edge_litert.interpreter import Interpreter

            try:
                made = Interpreter(str(self.graph), num_threads=self._threads or None)
                made.allocate_tensors()
            except Exception as error:  # it raises ValueError and RuntimeError, as it happens
                what = f"cannot be loaded: {last_line(error)}"
                raise ExportError(str(self.graph), what, "export the model again") from error
            self._own.interpreter = made
        return self._own.interpreter
