"""Exported graphs on Paddle Inference."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

import numpy as np

from paddleseg.card import Card
from paddleseg.device import select_device
from paddleseg.errors import DeviceError, ExportError, last_line
from paddleseg.inference.runtimes.base import Runtime, RuntimeOptions, check_digest, named_file
from paddleseg.registry import RUNTIMES

_LOADING_S = 120


@dataclass(frozen=True)
class PaddleOptions(RuntimeOptions):
    """How Paddle Inference runs.

    Args:
        onednn: oneDNN kernels on the CPU. None: on, except where this Paddle is known to fail with them.
        trt: TensorRT, which needs a GPU build of Paddle.
        precision: Of TensorRT.
        min_subgraph_size: The smallest part of the graph that is given to TensorRT.
        shape_file: Where the ranges of shapes are collected to, or read from.
        collect_shapes: Write `shape_file` instead of using it.
    """

    onednn: bool | None = None
    trt: bool = False
    precision: Literal["fp32", "fp16", "int8"] = "fp32"
    min_subgraph_size: int = 3
    shape_file: str | None = None
    collect_shapes: bool = False


@RUNTIMES.register("paddle")
class PaddleInference(Runtime):
    """An exported graph. Paddle's predictors are not safe in threads, so each thread gets a clone that shares weights.

    Raises:
        DeviceError: The device, TensorRT or oneDNN cannot be used as asked.
        ExportError: The files are not a graph that this Paddle reads.
    """

    name = "paddle"

    def __init__(self, graph: str | Path, params: str | Path, options: RuntimeOptions | None = None):
        if why := self.missing():
            raise DeviceError("runtime paddle", why, "pip install paddlepaddle, or use the runtime onnx")
        from paddle import inference

        options = options or RuntimeOptions()
        self.options = options if isinstance(options, PaddleOptions) else PaddleOptions(**vars(options))
        config = inference.Config(str(graph), str(params))
        config.disable_glog_info()
        if str(graph).endswith(".json"):
            # Without these two, `enable_memory_optim` fails on this form of graph.
            config.enable_new_ir(True)
            config.enable_new_executor(True)
        config.enable_memory_optim()
        _set_device(config, self.options)
        if self.options.collect_shapes:
            config.collect_shape_range_info(str(self.options.shape_file))
        elif self.options.trt:
            _set_tensorrt(config, self.options)
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
        return cls(graph, params, options)

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


def _set_device(config: Any, options: PaddleOptions) -> None:
    select_device(options.device, options.device_id if options.device != "cpu" else None)
    if options.device == "gpu":
        config.enable_use_gpu(256, options.device_id)
    elif options.device == "xpu":
        config.enable_xpu()
    elif options.device != "cpu":
        config.enable_custom_device(options.device, options.device_id)
    else:
        config.disable_gpu()
        if options.threads:
            config.set_cpu_math_library_num_threads(options.threads)
        if options.onednn and not onednn_works():
            raise DeviceError("oneDNN", "this Paddle fails on exported graphs with it", "use paddlepaddle 3.2.2")
        if options.onednn or (options.onednn is None and onednn_works()):
            config.enable_mkldnn()
        else:
            config.disable_mkldnn()


def onednn_works() -> bool:
    """Whether this Paddle runs exported graphs with oneDNN; 3.3 fails on bilinear resizing (Paddle issue 79749)."""
    import paddle

    return not paddle.__version__.startswith("3.3.")


def _set_tensorrt(config: Any, options: PaddleOptions) -> None:
    import paddle
    from paddle import inference

    if inference.get_trt_compile_version() == (0, 0, 0):
        what = f"the installed Paddle {paddle.__version__} was built without it"
        raise DeviceError("TensorRT", what, "install a paddlepaddle-gpu wheel that has TensorRT, or drop --use_trt")
    if options.device != "gpu":
        raise DeviceError("TensorRT", f"needs a GPU, but the device is {options.device}", "add --device gpu")
    config.enable_tensorrt_engine(
        workspace_size=1 << 30,
        max_batch_size=1,
        min_subgraph_size=options.min_subgraph_size,
        precision_mode={
            "fp32": inference.PrecisionType.Float32,
            "fp16": inference.PrecisionType.Half,
            "int8": inference.PrecisionType.Int8,
        }[options.precision],
        use_static=False,
        use_calib_mode=False,
    )
    if options.shape_file:
        config.enable_tuned_tensorrt_dynamic_shape(options.shape_file, True)
