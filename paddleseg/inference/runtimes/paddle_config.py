"""How Paddle Inference is told what to run on, and with what; an error where this build cannot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from paddleseg.device import select_device
from paddleseg.errors import ConfigError, DeviceError
from paddleseg.inference.runtimes.base import RuntimeOptions

_GPU_MEMORY_MB = 256  # to begin with


@dataclass(frozen=True)
class PaddleOptions(RuntimeOptions):
    """How Paddle Inference runs.

    Args:
        onednn: oneDNN kernels on the CPU. None: on, except where this Paddle is known to fail with them.
        cinn: Paddle's own compiler, which needs a GPU build of Paddle that has it.
        trt: TensorRT, which needs a GPU build of Paddle.
        min_subgraph_size: The smallest part of the graph that is given to TensorRT.
        batch: The largest batch that TensorRT is to take.
        shape_file: Where the ranges of shapes are collected to, or read from.
        collect_shapes: Write `shape_file` instead of using it.

    Raises:
        ConfigError: A number is out of range, or there is no file to collect to.
    """

    onednn: bool | None = None
    cinn: bool = False
    trt: bool = False
    min_subgraph_size: int = 3
    batch: int = 1
    shape_file: str | None = None
    collect_shapes: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("min_subgraph_size", "batch"):
            if getattr(self, name) < 1:
                raise ConfigError(name, f"should be at least 1, not {getattr(self, name)}")
        if self.collect_shapes and not self.shape_file:
            raise ConfigError("shape_file", "is not given, so that shapes have nowhere to go", "name a file")


def set_engine(config: Any, options: PaddleOptions) -> None:
    """Tell `config` the device and what speeds it up, apart from TensorRT.

    Raises:
        DeviceError: This build has no such device, no such compiler, or fails with oneDNN.
    """
    select_device(options.device, options.device_id if options.device != "cpu" else None)
    if options.device == "cpu":
        _set_cpu(config, options)
    elif options.device == "gpu":
        _set_gpu(config, options)
    elif options.device == "xpu":
        config.enable_xpu()
        config.set_xpu_device_id(options.device_id)
    else:
        config.enable_custom_device(options.device, options.device_id)
    if options.cinn:
        _set_cinn(config)


def _set_cpu(config: Any, options: PaddleOptions) -> None:
    config.disable_gpu()
    if options.threads:
        config.set_cpu_math_library_num_threads(options.threads)
    if options.onednn and not onednn_works():
        raise DeviceError("oneDNN", "this Paddle fails on exported graphs with it", "use paddlepaddle 3.2.2")
    if options.onednn or (options.onednn is None and onednn_works()):
        config.enable_mkldnn()
    else:
        config.disable_mkldnn()


def _set_gpu(config: Any, options: PaddleOptions) -> None:
    from paddle.inference import PrecisionType

    half = options.precision == "fp16" and not options.trt
    precision = PrecisionType.Half if half else PrecisionType.Float32
    config.enable_use_gpu(_GPU_MEMORY_MB, options.device_id, precision)


def _set_cinn(config: Any) -> None:
    import paddle

    if not paddle.is_compiled_with_cinn():
        what = f"the installed Paddle {paddle.__version__} was built without it"
        raise DeviceError("CINN", what, f"install paddlepaddle-gpu=={paddle.__version__}, or drop --use_cinn")
    config.enable_cinn()


def onednn_works() -> bool:
    """Whether this Paddle runs exported graphs with oneDNN; 3.3 fails on bilinear resizing (Paddle issue 79749)."""
    import paddle

    return not paddle.__version__.startswith("3.3.")
