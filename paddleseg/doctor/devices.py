"""What Paddle can run on here: the GPU or why not, and the plug-ins of other hardware."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from paddleseg.errors import DeviceError


def device_facts() -> dict[str, str]:
    """Lines on devices, plug-ins and the GPU, by name."""
    try:
        import paddle
    except ImportError as error:
        return {"devices": f"Paddle does not import: {error}", "device plug-ins": "unknown", "gpu": "unknown"}
    others = [name for name in paddle.device.get_available_device() if name != "cpu"]
    return {
        "devices": ", ".join(["cpu", *others]),
        "device plug-ins": _plugins(paddle.device.get_all_custom_device_type()),
        "gpu": _gpu(),
    }


def _plugins(kinds: list[str]) -> str:
    """The plug-ins that Paddle has loaded, and the libraries that it looked at."""
    # Paddle sets the variable to the folder of its own, where there is one.
    root = os.environ.get("CUSTOM_DEVICE_ROOT") or ""
    libraries = sorted(path.name for path in Path(root).glob("*.so")) if root else []
    if not libraries:
        return "none" if not root else f"none (no library in {root})"
    loaded = ", ".join(kinds) or "none loaded"
    return f"{loaded} ({', '.join(libraries)} in {root})"


def _gpu() -> str:
    """The first GPU as Paddle spells it, or why there is none."""
    from paddleseg.device import select_device

    try:
        return select_device("gpu", 0)
    except DeviceError as error:
        problem = error.problems[0]
        return f"cannot be used: {problem.what}; {problem.hint}{_seen_by_driver()}"


def _seen_by_driver() -> str:
    """What the driver says where Paddle sees no GPU."""
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return " (no NVIDIA driver here)"
    try:
        listed = subprocess.run([tool, "-L"], capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return f" (nvidia-smi: {error})"
    text = (listed.stdout or listed.stderr).strip().splitlines()
    return f" (nvidia-smi: {text[0]})" if text else " (nvidia-smi names none)"
