"""The machine in PaddleSeg's words; `paddleseg doctor env` looks closer."""

from __future__ import annotations

import os
import platform
import sys
from typing import Any

import cv2
import paddle

from paddleseg.version import __version__


def get_sys_env() -> dict[str, Any]:
    """What PaddleSeg's programs print and ask: versions, and the GPUs that Paddle may use."""
    with_cuda = paddle.is_compiled_with_cuda()
    found: dict[str, Any] = {
        "platform": platform.platform(),
        "Python": sys.version.replace("\n", ""),
        "Paddle compiled with cuda": with_cuda,
        "GPUs used": paddle.device.cuda.device_count() if with_cuda else 0,
    }
    if with_cuda:
        found["cudnn"] = paddle.get_cudnn_version()
        found["CUDA_VISIBLE_DEVICES"] = os.environ.get("CUDA_VISIBLE_DEVICES")
        count = int(found["GPUs used"])
        found["GPU"] = [paddle.device.cuda.get_device_name(number) for number in range(count)]
    return found | {"PaddleSeg": __version__, "PaddlePaddle": paddle.__version__, "OpenCV": cv2.__version__}
