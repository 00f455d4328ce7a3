"""TensorFlow Lite graphs on LiteRT; needs no Paddle and no TensorFlow."""

from __future__ import annotations

import os
import re
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

_SIGNED = re.compile(r"^serving_default_|:\d+$")  # what a signature adds to the name of a tensor


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
        interpreter = self._interpreter()
        given, found = interpreter.get_input_details(), interpreter.get_output_details()
        self._given, self._found = _numbers(given), _numbers(found)
        self.inputs, self.outputs = tuple(self._given), tuple(self._found)
        self.shapes = tuple(tuple(int(side) for side in each["shape"]) for each in found)  # of the outputs

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
        interpreter = self._interpreter()
        for name, number in self._given.items():
            interpreter.set_tensor(number, inputs[name])
        interpreter.invoke()
        return {name: interpreter.get_tensor(number) for name, number in self._found.items()}

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


def _numbers(details: list[dict[str, Any]]) -> dict[str, int]:
    """Numbers of tensors by name; not every graph has a signature, which would name them too."""
    return {_SIGNED.sub("", each["name"]): int(each["index"]) for each in details}
