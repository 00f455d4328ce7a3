"""TensorRT within Paddle Inference: which shapes come, and the parts of a graph that become its engines."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from paddleseg.card import Card, Input
from paddleseg.errors import DeviceError, ExportError, PackageError, last_line
from paddleseg.files import read_bytes
from paddleseg.inference.runtimes.paddle_config import PaddleOptions

_WORKSPACE = 1 << 30
_MOST_BYTES = 50_000_000
_ENTRY = re.compile(r'shape_range_info \{\s*name: "([^"]*)"((?:\s*\w+: -?\d+)*)\s*\}')
_SIDE = re.compile(r"(min|max|opt)_shape: (-?\d+)")


@dataclass(frozen=True)
class ShapeRange:
    """The smallest, the usual and the largest shape (N, C, H, W) of an input."""

    smallest: tuple[int, ...]
    usual: tuple[int, ...]
    largest: tuple[int, ...]

    def for_batch(self, batch: int) -> ShapeRange:
        """The same for up to `batch` pictures at once."""
        return replace(self, largest=(max(batch, self.largest[0]), *self.largest[1:]))


def require_tensorrt(options: PaddleOptions, *, converts: bool) -> None:
    """Refuse TensorRT where it cannot be had.

    Args:
        converts: Paddle's converter is needed, which is written in Python.

    Raises:
        DeviceError: This Paddle has none, or the device is no GPU.
        PackageError: TensorRT's package for Python is not installed.
    """
    import paddle
    from paddle import inference

    version = inference.get_trt_compile_version()
    if version == (0, 0, 0):
        what = f"the installed Paddle {paddle.__version__} was built without it"
        raise DeviceError("TensorRT", what, "install a paddlepaddle-gpu wheel that has TensorRT, or drop --use_trt")
    if options.device != "gpu":
        raise DeviceError("TensorRT", f"needs a GPU, but the device is {options.device}", "add --device gpu")
    if converts and not (find_spec("tensorrt") and find_spec("paddle.tensorrt")):
        wanted = ".".join(map(str, version))
        what = "is what Paddle writes engines with, and is not installed"
        raise PackageError("tensorrt", what, f"pip install tensorrt=={wanted}, or export with --format legacy")


def ranges_for(card: Card, options: PaddleOptions) -> dict[str, ShapeRange]:
    """The shapes of the graph's inputs: as they were collected, else as the card fixes them.

    Raises:
        ExportError: Neither says; or the file is none of collected shapes.
    """
    if options.shape_file:
        found = read_shapes(options.shape_file)
        if missing := [item.name for item in card.inputs if item.name not in found]:
            what = f"says nothing of the input {missing[0]}: it is of another model"
            raise ExportError(options.shape_file, what, "collect the shapes again")
        return {item.name: found[item.name].for_batch(options.batch) for item in card.inputs}
    return {item.name: _fixed(item, card).for_batch(options.batch) for item in card.inputs}


def _fixed(item: Input, card: Card) -> ShapeRange:
    batch, channels, h, w = item.shape
    if None in (h, w) and item.size:
        h, w = item.size
    if h is None or w is None:
        what = "wants to know the sizes of inputs, which follow the pictures here"
        raise ExportError(f"TensorRT: {card.name}", what, "add --enable_auto_tune True, which collects them")
    shape = (batch or 1, channels or item.channels, h, w)
    return ShapeRange(shape, shape, shape)


def read_shapes(path: str | Path) -> dict[str, ShapeRange]:
    """The ranges in a file that Paddle collected, by the names of tensors.

    Raises:
        ExportError: It is no such file.
    """
    try:
        text = read_bytes(path, _MOST_BYTES).decode("utf-8")
    except (OSError, ValueError) as error:
        raise ExportError(str(path), f"cannot be read: {error}", "collect the shapes again") from error
    found = {}
    for name, body in _ENTRY.findall(text):
        sides: dict[str, list[int]] = {"min": [], "opt": [], "max": []}
        for kind, side in _SIDE.findall(body):
            sides[kind].append(int(side))
        if sides["min"] and len({len(shape) for shape in sides.values()}) == 1:
            found[name] = ShapeRange(*(tuple(sides[kind]) for kind in ("min", "opt", "max")))
    if not found:
        raise ExportError(str(path), "holds no shapes that Paddle collected", "collect the shapes again")
    return found


def set_tensorrt(config: Any, options: PaddleOptions, ranges: Mapping[str, ShapeRange]) -> None:
    """Tell `config`, of a graph in the older form, to give parts of it to TensorRT."""
    from paddle.inference import PrecisionType

    config.enable_tensorrt_engine(
        workspace_size=_WORKSPACE,
        max_batch_size=options.batch,
        min_subgraph_size=options.min_subgraph_size,
        precision_mode={
            "fp32": PrecisionType.Float32,
            "fp16": PrecisionType.Half,
            "int8": PrecisionType.Int8,
        }[options.precision],
        use_static=False,
        use_calib_mode=False,
    )
    if options.shape_file:
        config.enable_tuned_tensorrt_dynamic_shape(options.shape_file, True)
    else:
        shapes = [
            {name: list(getattr(ends, end)) for name, ends in ranges.items()}
            for end in ("smallest", "largest", "usual")
        ]
        config.set_trt_dynamic_shape_info(*shapes)


def with_engines(graph: Path, options: PaddleOptions, ranges: Mapping[str, ShapeRange], folder: Path) -> Path:
    """A graph (`model.json`) whose parts are TensorRT's engines, written to `folder`, with its parameters beside it.

    Raises:
        ExportError: TensorRT cannot build them.
    """
    from paddle.tensorrt.export import Input as TensorRtInput
    from paddle.tensorrt.export import PrecisionMode, TensorRTConfig, convert

    inputs = [
        TensorRtInput(
            min_input_shape=ends.smallest, optim_input_shape=ends.usual, max_input_shape=ends.largest, name=name
        )
        for name, ends in ranges.items()
    ]
    try:
        convert(
            str(graph),
            TensorRTConfig(
                inputs=inputs,
                min_subgraph_size=options.min_subgraph_size,
                save_model_dir=str(folder / "model"),
                precision_mode=PrecisionMode[options.precision.upper()],
                workspace_size=_WORKSPACE,
            ),
        )
    except Exception as error:  # TensorRT and Paddle raise kinds of their own
        what = f"TensorRT builds no engines of it: {last_line(error)}"
        raise ExportError(str(graph), what, "raise --min_subgraph_size, or drop --use_trt") from error
    return folder / "model.json"
