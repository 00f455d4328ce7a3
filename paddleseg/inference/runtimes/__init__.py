"""Engines that run a network, each under its registered name; all take and give numpy arrays."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from paddleseg.card import Card
from paddleseg.errors import ConfigError, DeviceError
from paddleseg.inference.runtimes.base import Runtime, RuntimeOptions
from paddleseg.registry import RUNTIMES


def runtime_class(name: str) -> type[Runtime]:
    """The runtime called `name`.

    Raises:
        ConfigError: There is none.
    """
    kind = RUNTIMES.get(name, "runtime")
    assert isinstance(kind, type) and issubclass(kind, Runtime)
    return kind


def open_runtime(name: str, card: Card, folder: Path, options: RuntimeOptions) -> Runtime:
    """The network of a card whose files are in `folder`, on the runtime called `name`.

    Raises:
        ConfigError: There is no such runtime, or it has no providers and is told some.
        ExportError: A file is missing or damaged.
        DeviceError: The engine, the device or the precision cannot be used.
    """
    if options.providers and name != "onnx":
        what = f"are ONNX Runtime's; the runtime {name} has none"
        raise ConfigError("--providers", what, "add --runtime onnx, or leave them out")
    if options.device_id and name == "onnx":
        what = "the runtime onnx takes the first of several devices only"
        cure = "set CUDA_VISIBLE_DEVICES to the one that is meant, and leave out the number"
        raise ConfigError(f"--device {options.device}:{options.device_id}", what, cure)
    if options.precision != "fp32" and name not in ("openvino", "paddle"):
        what = f"the runtime {name} computes in the graph's own precision"
        raise DeviceError(f"precision {options.precision}", what, f"export with --precision {options.precision}")
    return runtime_class(name).open(card, folder, options)


FASTEST = ("onnx", "openvino", "dygraph")
"""Of published weights, by docs/measurements/benchmarks.md; fixed, since a timing would choose another one each day."""


def choose(card: Card, order: Sequence[str]) -> str:
    """The first runtime in `order` that reads the card's files and is installed, or else the first that reads them.

    Raises:
        ConfigError: The card names nothing that can be run.
    """
    able = [name for name in order if runtime_class(name).reads(card)]
    if not able:
        what = f"its card names no file for the runtimes {', '.join(order)}"
        raise ConfigError(card.name or "card", what, "export the model again")
    return next((name for name in able if not runtime_class(name).missing()), able[0])


def __getattr__(name: str) -> Any:
    """What scripts imported from the one module that these files were."""
    for file in ("base", "dygraph", "onnx", "openvino", "paddle"):
        found = getattr(importlib.import_module(f"{__name__}.{file}"), name, None)
        if found is not None:
            return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
