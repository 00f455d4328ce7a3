"""Exported graphs on Paddle Inference."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from paddleseg.card import Card
from paddleseg.errors import DeviceError, ExportError, last_line
from paddleseg.inference.runtimes.base import Runtime, RuntimeOptions, check_digest, named_file
from paddleseg.inference.runtimes.paddle_config import PaddleOptions as PaddleOptions  # where scripts look for it
from paddleseg.inference.runtimes.paddle_config import set_engine
from paddleseg.inference.runtimes.paddle_tensorrt import (
    ShapeRange,
    ranges_for,
    require_tensorrt,
    set_tensorrt,
    with_engines,
)
from paddleseg.registry import RUNTIMES

_LOADING_S = 120


@RUNTIMES.register("paddle")
class PaddleInference(Runtime):
    """An exported graph. Paddle's predictors are not safe in threads, so each thread gets a clone that shares weights.

    Args:
        graph, params: `model.json` or `model.pdmodel`, and the weights.
        options: `PaddleOptions`, or those that every runtime has.
        card: Says to TensorRT which shapes the inputs have, where they were not collected.

    Raises:
        DeviceError: The device, TensorRT or oneDNN cannot be used as asked.
        ExportError: The files are not a graph that this Paddle reads.
    """

    name = "paddle"

    def __init__(
        self,
        graph: str | Path,
        params: str | Path,
        options: RuntimeOptions | None = None,
        card: Card | None = None,
    ):
        if why := self.missing():
            raise DeviceError("runtime paddle", why, "pip install paddlepaddle, or use the runtime onnx")
        from paddle import inference

        options = options or RuntimeOptions()
        self.options = options if isinstance(options, PaddleOptions) else PaddleOptions(**vars(options))
        pir = str(graph).endswith(".json")
        ranges: dict[str, ShapeRange] = {}
        if self.options.trt and not self.options.collect_shapes:
            require_tensorrt(self.options, converts=pir)
            ranges = ranges_for(card or Card(), self.options)
        if ranges and pir:
            self._engines = TemporaryDirectory(prefix="paddleseg_trt_")
            graph = with_engines(Path(graph), self.options, ranges, Path(self._engines.name))
            params = graph.with_suffix(".pdiparams")
        config = inference.Config(str(graph), str(params))
        config.disable_glog_info()
        if pir:
            # Without these two, `enable_memory_optim` fails on this form of graph.
            config.enable_new_ir(True)
            config.enable_new_executor(True)
        config.enable_memory_optim()
        set_engine(config, self.options)
        if self.options.collect_shapes:
            config.collect_shape_range_info(str(self.options.shape_file))
        elif ranges and not pir:
            set_tensorrt(config, self.options, ranges)
        try:
            self._first = inference.create_predictor(config)
        except Exception as error:  # Paddle raises its own kinds for a damaged file, all with a C++ trace
            raise ExportError(str(graph), f"cannot be loaded: {last_line(error)}", "export the model again") from error
        self.inputs = tuple(self._first.get_input_names())
        self.outputs = tuple(self._first.get_output_names())
        self._cloning = threading.Lock()
        self._own = threading.local()
        self._own.predictor = self._first  # of the thread that made it

    @classmethod
    def missing(cls) -> str:
        return "" if find_spec("paddle") else "PaddlePaddle is not installed"

    @classmethod
    def reads(cls, card: Card) -> bool:
        return card.files.graph is not None

    @classmethod
    def open(cls, card: Card, folder: Path, options: RuntimeOptions) -> PaddleInference:
        graph, params = (named_file(folder, getattr(card.files, name), name) for name in ("graph", "params"))
        check_digest(params, card.sha256)
        if graph.suffix == ".pdmodel":
            _try_elsewhere(graph, params)
        return cls(graph, params, options, card)

    def run(self, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        predictor = self._of_this_thread()
        for name in self.inputs:
            handle = predictor.get_input_handle(name)
            handle.reshape(inputs[name].shape)
            handle.copy_from_cpu(inputs[name])
        predictor.run()
        return {name: predictor.get_output_handle(name).copy_to_cpu() for name in self.outputs}

    def _of_this_thread(self) -> Any:
        if not hasattr(self._own, "predictor"):
            with self._cloning:
                self._own.predictor = self._first.clone()
        return self._own.predictor


def _try_elsewhere(graph: Path, params: Path) -> None:
    """Load files of the older form in another process first, since damaged ones end the process that loads them.

    Raises:
        ExportError: They did.
    """
    code = "import sys; from paddle import inference as i; i.create_predictor(i.Config(*sys.argv[1:]))"
    command = [sys.executable, "-c", code, str(graph), str(params)]
    try:
        ended = subprocess.run(command, capture_output=True, timeout=_LOADING_S, check=False).returncode
    except subprocess.TimeoutExpired:
        ended = 1
    if ended:
        what = "cannot be loaded: it or its parameters are damaged" if ended < 0 else "is not a graph that Paddle loads"
        raise ExportError(str(graph), what, "export the model again")
