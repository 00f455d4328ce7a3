"""Which device to run on, and a plain answer when it is not there."""

from __future__ import annotations

import os
import platform
import re
import sys
from pathlib import Path
from typing import NamedTuple

from paddleseg.errors import DeviceError, last_line

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*(:[0-9]{1,4})?")
_INDEX = "https://www.paddlepaddle.org.cn/packages/stable"
_SOURCES = "github.com/PaddlePaddle/PaddleCustomDevice"


class Hardware(NamedTuple):
    """A kind of device that Paddle knows by the name after `--device`.

    Args:
        title: What people call it.
        cure: What brings it to Paddle.
    """

    title: str
    cure: str


# Plug-ins register their own names with Paddle, so that a name which is not here works too.
HARDWARE = {
    "cpu": Hardware("any processor", "install paddlepaddle"),
    "gpu": Hardware("NVIDIA GPUs; Hygon DCUs in Paddle's ROCm build", "install paddlepaddle-gpu"),
    "xpu": Hardware("Kunlunxin XPUs", f"install paddlepaddle-xpu in place of paddlepaddle, from {_INDEX}/xpu/"),
    "npu": Hardware("Huawei Ascend NPUs", f"install paddle-custom-npu beside it, from {_INDEX}/npu/"),
    "mlu": Hardware("Cambricon MLUs", f"install paddle-custom-mlu beside it, from {_INDEX}/mlu/"),
    "gcu": Hardware("Enflame GCUs", f"install paddle-custom-gcu beside it, from {_INDEX}/gcu/"),
    "iluvatar_gpu": Hardware("Iluvatar CoreX GPUs", f"install paddle-iluvatar-gpu beside it, from {_INDEX}/ixuca/"),
    "metax_gpu": Hardware("MetaX GPUs", f"install paddle-metax-gpu beside it, from {_INDEX}/maca/"),
    "intel_hpu": Hardware("Intel Gaudi HPUs", f"build and install paddle-intel-hpu of {_SOURCES}"),
    "SUPA": Hardware("Biren GPUs", f"build and install paddle-custom-supa of {_SOURCES}"),
    "sdaa": Hardware("Tecorigin accelerators", f"install paddle-sdaa beside it, from {_INDEX}/sdaa/"),
}


def split_device(text: str) -> tuple[str, int | None]:
    """A device's kind and number: ("gpu", 1) for "gpu:1", ("gpu", None) for "gpu".

    Raises:
        DeviceError: It is no name of a device.
    """
    if not _NAME.fullmatch(text):
        raise DeviceError(f"--device {text}", "is no device", "name one such as gpu, or one of several such as gpu:1")
    kind, _, number = text.partition(":")
    if kind == "cpu" and number:
        raise DeviceError(f"--device {text}", "is no device: the CPU has no number", "use --device cpu")
    return kind, int(number) if number else None


def select_device(name: str | None = None, device_id: int | None = None) -> str:
    """Make `name` Paddle's current device and return it as Paddle spells it, such as `"gpu:0"`.

    Not given: the GPU where this Paddle has one, else the CPU with one line that says so. A device asked for by name
    is never replaced by another.

    Args:
        name: A kind of device, as in `HARDWARE` or as a plug-in calls it, alone or with a number ("gpu:1").
        device_id: The number, where the name has none. Without any, the one that belongs to this process.

    Raises:
        DeviceError: The device asked for cannot be used; the message says why.
    """
    import paddle

    if name is None:
        name = "gpu" if _gpu_count() else "cpu"
        if name == "cpu":
            print("Running on the CPU (no usable GPU; --device chooses).", file=sys.stderr)
    kind, number = split_device(name)
    _require(kind)
    if kind == "cpu":
        paddle.device.set_device("cpu")
        return "cpu"
    if None not in (number, device_id) and number != device_id:
        raise DeviceError(f"--device {name}", f"is not the number {device_id} that is asked for too", "give one number")
    processes = paddle.distributed.get_world_size()
    if number is not None and processes > 1:
        what = f"is one device, but {processes} processes share the work"
        raise DeviceError(f"--device {name}", what, f"use --device {kind}; each process takes one of its own")
    chosen = next(one for one in (number, device_id, _own_number(kind)) if one is not None)
    try:
        paddle.device.set_device(f"{kind}:{chosen}")
    except Exception as error:  # each plug-in raises kinds of its own for a number that is not there
        raise DeviceError(f"--device {kind}:{chosen}", f"cannot be used: {last_line(error)}", _others()) from error
    return f"{kind}:{chosen}"


def _own_number(kind: str) -> int:
    """Which of several the launcher of this process has meant for it; Paddle's own answer fails for plug-ins."""
    return int(os.environ.get(f"FLAGS_selected_{kind}s", "0").split(",")[0])


def plugin_devices() -> list[str]:
    """The devices that plug-ins have brought to Paddle, each with its number, such as "npu:0"."""
    import paddle

    return list(paddle.device.get_available_custom_device())


def _require(kind: str) -> None:
    """Refuse a kind of device that this Paddle does not have.

    Raises:
        DeviceError: It does not; the hint says what brings it.
    """
    import paddle

    if kind == "gpu":
        _require_gpu()
    elif kind == "xpu" and paddle.is_compiled_with_xpu():
        return
    elif kind != "cpu" and kind not in paddle.device.get_all_custom_device_type():
        what = f"this Paddle ({paddle.__version__}) was built without {kind}, and no plug-in brings it"
        known = HARDWARE.get(kind)
        cure = known.cure + " (docs/howto/hardware.md), or use --device cpu" if known else _others()
        raise DeviceError(f"--device {kind}", what, cure)


def _others() -> str:
    """Which devices there are, for a hint."""
    import paddle

    gpus = [f"gpu:{number}" for number in range(_gpu_count())]
    xpus = ["xpu"] if paddle.is_compiled_with_xpu() else []
    return f"use one of those that are here: {', '.join(['cpu', *gpus, *xpus, *plugin_devices()])}"


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
