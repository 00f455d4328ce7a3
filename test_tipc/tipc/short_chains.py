"""Prepare and run the short chain of every file of test_tipc/configs, or of those given (short_chains.sh, `make tipc`).

What a machine cannot run, such as the C++ program where it is not built, is left out and named.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from paddleseg.errors import ConfigError
from paddleseg.program import reports_mistakes
from test_tipc.tipc.chain import environment
from test_tipc.tipc.cpp import PROGRAM

CONFIGS = Path("test_tipc/configs")
# How a file's name ends, the script, and the mode.
KINDS = {
    "infer_cpp_linux_gpu_cpu": ("test_inference_cpp.sh", "cpp_infer"),
    "paddle2onnx_python_linux_cpu": ("test_paddle2onnx.sh", "paddle2onnx_infer"),
    "serving_python_linux_gpu_cpu": ("test_serving_infer_python.sh", "serving_infer"),
    "fleet_normal_infer_python_linux_gpu_cpu": ("test_train_fleet_inference_python.sh", "lite_train_lite_infer"),
    "train_ptq_infer_python": ("test_ptq_inference_python.sh", "whole_infer"),
    "train_infer_python": ("test_train_inference_python.sh", "lite_train_lite_infer"),
}


def kind(config: Path) -> tuple[str, str]:
    """The script and the mode of a file.

    Raises:
        ConfigError: Its name tells none.
    """
    for ending, found in KINDS.items():
        if config.stem.endswith(ending):
            return found
    raise ConfigError(str(config), "has a name that tells no chain", f"let it end in {', '.join(KINDS)}")


def run_chain(config: Path) -> str:
    """Prepare and run a chain; how it ended."""
    script, mode = kind(config)
    if mode == "cpp_infer" and not PROGRAM.is_file():
        return f"left out: {PROGRAM} is not built"
    for name in ("prepare.sh", script):
        if subprocess.run(["bash", f"test_tipc/{name}", config, mode], env=environment(), check=False).returncode:
            return f"failed: {name}"
    return "went well"


@reports_mistakes
def main(given: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="short_chains.sh", description=__doc__.partition("\n")[0])
    parser.add_argument("config", type=Path, nargs="*", metavar="FILE", help="of test_tipc/configs (default: all)")
    args = parser.parse_args(given)
    ends = {}
    for config in args.config or sorted(CONFIGS.glob("*/*.txt")):
        started = time.monotonic()
        ends[config] = f"{run_chain(config)} ({time.monotonic() - started:.0f} s)"
    print("\n".join(["", *(f"{config}: {end}" for config, end in ends.items())]))
    return int(any(end.startswith("failed") for end in ends.values()))


if __name__ == "__main__":
    sys.exit(main())
