"""Which device to run on, and a plain answer when it is not there."""

from __future__ import annotations

import platform
import sys
from pathlib import Path

from paddleseg.errors import DeviceError

DEVICES = ("cpu", "gpu", "xpu", "npu", "mlu")


def select_device(name: str | None = None, device_id: int | None = None) -> str:
    """Make `name` Paddle's current device and return it as Paddle spells it, such as `"gpu:0"`.

    Not given: the GPU where this Paddle has one, else the CPU with one line that says so. A device asked for by name
    is never replaced by another.

    Raises:
        DeviceError: The device asked for cannot be used; the message says why.
    """
    import paddle

    if name is None:
        name = "gpu" if _gpu_count() else "cpu"
        if name == "cpu":
            print("Running on the CPU (no usable GPU; --device chooses).", file=sys.stderr)
    if name == "gpu":
        _require_gpu()
    elif name != "cpu" and name not in paddle.device.get_all_custom_device_type():
        compiled = {"xpu": paddle.is_compiled_with_xpu}.get(name, lambda: False)()
        if not compiled:
            raise DeviceError(
                f"--device {name}", f"this Paddle ({paddle.__version__}) was built without {name}", "use --device cpu"
            )
    if name != "cpu":
        rank_device = paddle.distributed.ParallelEnv().device_id if device_id is None else device_id
        name = f"{name}:{rank_device}"
    paddle.device.set_device(name)
    return name


def _gpu_count() -> int:
    import paddle

    return paddle.device.cuda.device_count() if paddle.is_compiled_with_cuda() else 0


def _require_gpu() -> None:
    import paddle

    if not paddle.is_compiled_with_cuda():
        raise DeviceError(
            "--device gpu",
            f"the installed paddlepaddle {paddle.__version__} is the CPU build",
            f"install paddlepaddle-gpu=={paddle.__version__} (docs/howto/training.md, 'On a GPU'), or use --device cpu",
        )
    if not _gpu_count():
        raise DeviceError("--device gpu", "no GPU is visible to Paddle", "check nvidia-smi and CUDA_VISIBLE_DEVICES")


def device_name() -> str:
    """The processor, as people call it."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.is_file() else []
    names = [line.partition(":")[2] for line in lines if line.startswith("model name")]
    return " ".join(names[0].split()) if names else platform.processor() or platform.machine()
