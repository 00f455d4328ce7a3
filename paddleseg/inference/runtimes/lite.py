"""Paddle Lite models, in an interpreter that Paddle Lite has a wheel for."""

from __future__ import annotations

import platform
import re
import subprocess
import threading
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from paddleseg.card import Card
from paddleseg.errors import DeviceError, ExportError
from paddleseg.inference.environments import command_for, interpreter
from paddleseg.inference.runtimes import lite_worker
from paddleseg.inference.runtimes.base import Runtime, RuntimeOptions, named_file
from paddleseg.registry import RUNTIMES

ENVIRONMENT = "paddlelite"
_KERNEL = re.compile(rb"[a-z0-9_]+/[A-Za-z0-9_]+/(\d+)/\d+/\d+")
_PROCESSORS = {b"4": "arm", b"2": "x86"}
"""Paddle Lite's numbers of processors, which the names of kernels in a file hold."""


@RUNTIMES.register("lite")
class PaddleLite(Runtime):
    """A `.nb` file. It runs in a process of its own; threads take turns.

    Raises:
        DeviceError: Paddle Lite is not there, or cannot do what the options ask for.
        ExportError: The file is no model of this processor that it reads.
    """

    name = "lite"
    cure = command_for(ENVIRONMENT, "python3.10", "paddlelite==2.13rc0", "numpy<2")

    def __init__(self, graph: str | Path, options: RuntimeOptions | None = None):
        options = options or RuntimeOptions()
        if (python := interpreter("paddlelite", ENVIRONMENT)) is None:
            raise DeviceError("runtime lite", self.missing(), self.cure)
        if options.device != "cpu":
            raise DeviceError(f"--device {options.device}", "Paddle Lite's wheel runs on the CPU", "use --device cpu")
        if options.threads > 1:
            what = "Paddle Lite's wheel runs on one thread"
            raise DeviceError(f"threads {options.threads}", what, "use 1, or the runtime onnx")
        check_processor(Path(graph))
        self.graph, self._lock = Path(graph), threading.Lock()
        command = [str(python), lite_worker.__file__, str(graph)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        assert self._process.stdin and self._process.stdout
        self._to, self._from = self._process.stdin, self._process.stdout
        names = str(self._answer().item()).split("\n")
        self.inputs, self.outputs = (tuple(part.split("\t")) for part in names)

    @classmethod
    def missing(cls) -> str:
        return "" if interpreter("paddlelite", ENVIRONMENT) else "Paddle Lite is not installed"

    @classmethod
    def reads(cls, card: Card) -> bool:
        return card.files.lite is not None

    @classmethod
    def open(cls, card: Card, folder: Path, options: RuntimeOptions) -> PaddleLite:
        return cls(named_file(folder, card.files.lite, "lite"), options)

    def run(self, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        with self._lock:
            try:
                for name in self.inputs:
                    lite_worker.send(self._to, inputs[name])
            except BrokenPipeError:
                raise self._ended() from None
            return {name: self._answer() for name in self.outputs}

    @property
    def worker(self) -> int:
        """The number of the process that it runs in."""
        return self._process.pid

    def _answer(self) -> np.ndarray:
        try:
            answer = lite_worker.receive(self._from)
        except EOFError:
            raise self._ended() from None
        if answer.dtype.kind == "U" and str(answer).startswith("failed: "):
            raise ExportError(str(self.graph), f"Paddle Lite {answer}", "export the model again")
        return answer

    def _ended(self) -> ExportError:
        code = self._process.wait()
        what = f"ended Paddle Lite with code {code}: it is damaged, or takes inputs of another shape"
        return ExportError(str(self.graph), what, "export the model again")

    def __del__(self) -> None:
        process = getattr(self, "_process", None)
        if process is not None:
            self._to.close()
            self._from.close()
            process.wait()


def lite_processor(graph: Path) -> str:
    """The processors that a file is for: "arm" or "x86".

    Raises:
        ExportError: It is no model of Paddle Lite, or one for others.
    """
    numbers = set(_KERNEL.findall(graph.read_bytes()))
    if not numbers:
        raise ExportError(str(graph), "is no model of Paddle Lite", "export with --to lite")
    for number, name in _PROCESSORS.items():
        if number in numbers:
            return name
    raise ExportError(str(graph), "is for other processors than ARM and x86", "export with --to lite")


def check_processor(graph: Path) -> None:
    """Refuse a file for other processors: Paddle Lite runs it and gives numbers without meaning.

    Raises:
        ExportError: It is one, or no model of Paddle Lite.
    """
    found = lite_processor(graph)
    here = "arm" if platform.machine().lower() in ("aarch64", "arm64") else "x86"
    if found != here:
        what = f"is for {found} processors, and this one is {here}"
        raise ExportError(str(graph), what, "run the file for this processor: export --to lite writes both")
