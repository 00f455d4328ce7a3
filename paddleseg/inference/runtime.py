"""Engines that run a network: the model in memory, Paddle Inference, ONNX Runtime. All take and give numpy arrays."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

import numpy as np

from paddleseg.errors import DeviceError, ExportError

if TYPE_CHECKING:
    from paddle import nn

    from paddleseg.card import Output


class Runtime(Protocol):
    """A batch (N, C, h, w) float32 in, the network's output out."""

    name: str

    def __call__(self, batch: np.ndarray) -> np.ndarray: ...


class Dygraph:
    """The model in memory, on Paddle's current device; each of its layers is left in the mode it was in."""

    name = "dygraph"

    def __init__(self, model: nn.Layer, output: Output):
        from paddleseg.inference.graph import InferenceGraph

        self.graph = InferenceGraph(model, output)

    def __call__(self, batch: np.ndarray) -> np.ndarray:
        import paddle

        with paddle.no_grad(), evaluating(self.graph):
            return self.graph(paddle.to_tensor(batch)).numpy()


@contextmanager
def evaluating(model: nn.Layer) -> Iterator[None]:
    """`model` in evaluation mode; then each layer as it was, for some may be frozen in a model that trains."""
    trained = [layer for layer in model.sublayers(include_self=True) if layer.training]
    model.eval()
    try:
        yield
    finally:
        for layer in trained:
            layer.training = True


@dataclass(frozen=True)
class PaddleOptions:
    """How Paddle Inference runs.

    Args:
        device: "cpu", "gpu", "xpu" or the name of a custom device.
        threads: CPU threads; 0 leaves the choice to Paddle.
        onednn: oneDNN kernels on the CPU. None: on, except where this Paddle is known to fail with them.
        trt: TensorRT, which needs a GPU build of Paddle.
        precision: Of TensorRT.
        min_subgraph_size: The smallest part of the graph that is given to TensorRT.
        shape_file: Where the ranges of shapes are collected to, or read from.
        collect_shapes: Write `shape_file` instead of using it.
    """

    device: str = "cpu"
    device_id: int = 0
    threads: int = 0
    onednn: bool | None = None
    trt: bool = False
    precision: Literal["fp32", "fp16", "int8"] = "fp32"
    min_subgraph_size: int = 3
    shape_file: str | None = None
    collect_shapes: bool = False


class PaddleInference:
    """An exported graph on Paddle Inference.

    Raises:
        DeviceError: The device, TensorRT or oneDNN cannot be used as asked.
        ExportError: The files are not a graph that this Paddle reads.
    """

    name = "paddle"

    def __init__(self, graph: str | Path, params: str | Path, options: PaddleOptions | None = None):
        from paddle import inference

        options = options or PaddleOptions()
        config = inference.Config(str(graph), str(params))
        config.disable_glog_info()
        if str(graph).endswith(".json"):
            # Without these two, `enable_memory_optim` fails on this form of graph.
            config.enable_new_ir(True)
            config.enable_new_executor(True)
        config.enable_memory_optim()
        _set_device(config, options)
        if options.collect_shapes:
            config.collect_shape_range_info(str(options.shape_file))
        elif options.trt:
            _set_tensorrt(config, options)
        try:
            self._predictor = inference.create_predictor(config)
        except Exception as error:  # Paddle raises its own kinds for a damaged file, all with a C++ trace
            raise ExportError(str(graph), f"cannot be loaded: {last_line(error)}", "export the model again") from error
        self._input = self._predictor.get_input_handle(self._predictor.get_input_names()[0])
        self._output = self._predictor.get_output_handle(self._predictor.get_output_names()[0])

    def __call__(self, batch: np.ndarray) -> np.ndarray:
        self._input.reshape(batch.shape)
        self._input.copy_from_cpu(batch)
        self._predictor.run()
        return self._output.copy_to_cpu()


def _set_device(config, options: PaddleOptions) -> None:
    from paddleseg.device import select_device

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


def _set_tensorrt(config, options: PaddleOptions) -> None:
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


class OnnxRuntime:
    """An ONNX graph on ONNX Runtime; needs no Paddle.

    Args:
        device: "cpu" or "gpu" (needs the `onnxruntime-gpu` wheel).
        threads: CPU threads; 0 leaves the choice to ONNX Runtime.
    """

    name = "onnx"

    def __init__(self, graph: str | Path, *, device: str = "cpu", threads: int = 0):
        try:
            import onnxruntime
        except ImportError as error:
            hint = "pip install onnxruntime"
            raise DeviceError("runtime onnx", "ONNX Runtime is not installed", hint) from error
        provider = {"cpu": "CPUExecutionProvider", "gpu": "CUDAExecutionProvider"}.get(device, device)
        if provider not in onnxruntime.get_available_providers():
            here = ", ".join(onnxruntime.get_available_providers())
            hint = "install onnxruntime-gpu, or use --device cpu"
            raise DeviceError(f"--device {device}", f"this ONNX Runtime has only {here}", hint)
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3  # it warns about every constant that paddle2onnx leaves unused
        # Paddle obeys this variable too; ONNX Runtime does not by itself.
        options.intra_op_num_threads = threads or int(os.environ.get("OMP_NUM_THREADS", "0"))
        try:
            self._session = onnxruntime.InferenceSession(str(graph), options, providers=[provider])
        except Exception as error:  # its exceptions have no public base class
            raise ExportError(str(graph), f"cannot be loaded: {last_line(error)}", "export the model again") from error
        self._input = self._session.get_inputs()[0].name

    def __call__(self, batch: np.ndarray) -> np.ndarray:
        return self._session.run(None, {self._input: batch})[0]


def last_line(error: Exception) -> str:
    """What an engine's message of many lines ends with, which is where it says what is wrong."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return next(
        (line for line in reversed(lines) if not line.startswith("[")), lines[-1] if lines else "no reason given"
    )
