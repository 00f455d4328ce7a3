"""The contract of engines that run a network: several named arrays in, several named arrays out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np

from paddleseg.card import Card
from paddleseg.device import split_device
from paddleseg.errors import ConfigError, ExportError
from paddleseg.files import file_sha256, is_file

_MOST_THREADS, _MOST_WARM_UP = 1024, 1000
_TARGETS = ("onnx", "openvino", "lite", "tflite", "tensorrt")


@dataclass(frozen=True)
class RuntimeOptions:
    """What every runtime can be told; an engine's own options are in a subclass beside it.

    Args:
        device: "cpu", "gpu", "xpu" or the name of a custom device; "gpu:1" is "gpu" with `device_id` 1.
        device_id: Which of several.
        threads: CPU threads; 0 leaves the choice to the engine.
        providers: Execution providers of ONNX Runtime by name, the one to be preferred first, in place of `device`;
            other runtimes have none.
        precision: That the engine computes in, of those that choose when they load a graph: OpenVINO, and Paddle
            Inference on a GPU. The others compute in that of the graph (`export --precision`).
        warm_up: How often the network runs on an empty picture before it is used; the first runs are slow.

    Raises:
        ConfigError: A number is out of range.
        DeviceError: `device` is no name of one.
    """

    device: str = "cpu"
    device_id: int = 0
    threads: int = 0
    providers: tuple[str, ...] = ()
    precision: Literal["fp32", "fp16", "int8"] = "fp32"
    warm_up: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.threads <= _MOST_THREADS:
            raise ConfigError("threads", f"should lie between 0 and {_MOST_THREADS}, not {self.threads}")
        kind, number = split_device(self.device)
        if number is not None:
            if self.device_id not in (0, number):
                raise ConfigError("device_id", f"is {self.device_id}, but the device is {self.device}", "give one")
            object.__setattr__(self, "device", kind)
            object.__setattr__(self, "device_id", number)
        if not 0 <= self.warm_up <= _MOST_WARM_UP:
            raise ConfigError("warm_up", f"should lie between 0 and {_MOST_WARM_UP}, not {self.warm_up}")
        if self.device_id < 0:
            raise ConfigError("device_id", f"should be 0 or more, not {self.device_id}")


class Runtime(ABC):
    """Runs one network. Several threads may call it.

    Attributes:
        name: Its registered name.
        inputs, outputs: The names of the tensors, in the order of the card's.
        cure: What installs that which `missing` misses.
    """

    name: ClassVar[str]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    cure: ClassVar[str] = ""

    @classmethod
    def missing(cls) -> str:
        """Why it cannot be used here, such as "ONNX Runtime is not installed"; empty where it can."""
        return ""

    @classmethod
    def reads(cls, card: Card) -> bool:
        """Whether the card names files that it runs; none, of a runtime that is made by hand."""
        return False

    @classmethod
    def open(cls, card: Card, folder: Path, options: RuntimeOptions) -> Runtime:
        """The network of a card whose files are in `folder`.

        Raises:
            ExportError: A file is missing or damaged.
            DeviceError: The engine or the device cannot be used.
        """
        raise ExportError(cls.name, "opens no files", "make it by hand")

    @abstractmethod
    def run(self, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """All outputs by name, for float32 arrays (N, C, h, w) by name."""

    def __call__(self, *batch: np.ndarray) -> np.ndarray:
        """The main output for all inputs, in order; mostly the picture alone."""
        return self.run(dict(zip(self.inputs, batch, strict=True)))[self.outputs[0]]


def named_file(folder: Path, name: str | None, what: str) -> Path:
    """A file that a card names.

    Raises:
        ExportError: The card names none, or it is not there.
    """
    if name is None:
        hint = f"export with --to {what}" if what in _TARGETS else "export the model again"
        raise ExportError(str(folder), f"its card names no {what} file", hint)
    if not is_file(folder / name):
        raise ExportError(str(folder / name), "is named by the card but is not there", "export the model again")
    return folder / name


def check_digest(path: Path, wanted: str) -> None:
    """Refuse a file that is not the one that its card describes.

    Args:
        wanted: The card's `sha256`; empty where it has none.

    Raises:
        ExportError: The file's content is another one.
    """
    if wanted and file_sha256(path) != wanted:
        what = "is not the file that its card describes: their sha256 differ"
        raise ExportError(str(path), what, "export the model or fetch the weights again")
