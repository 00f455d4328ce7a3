"""Versions, combinations that are known to fail, devices, and what the CPU can do."""

from __future__ import annotations

import json
import os
import platform
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from importlib import metadata
from pathlib import Path

from paddleseg.doctor.devices import device_facts
from paddleseg.errors import Problem

PACKAGES = (
    *("paddlepaddle", "paddlepaddle-gpu", "numpy", "opencv-python-headless", "opencv-python", "opencv-contrib-python"),
    *("pillow", "protobuf", "visualdl", "onnx", "onnxruntime", "paddle2onnx", "paddleslim", "paddlelite", "openvino"),
    *("ai-edge-litert", "pymatting", "scipy"),
    *("av", "pygame-ce", "pyvirtualcam", "fastapi", "starlette", "uvicorn", "websockets", "pyarrow", "ray"),
    *("numba", "threadpoolctl", "scikit-learn", "pandas", "paddleseg", "paddleseg-humanseg"),
    *("paddlepaddle-xpu", "paddle-custom-npu", "paddle-custom-mlu", "paddle-custom-gcu", "paddle-iluvatar-gpu"),
    *("paddle-metax-gpu", "paddle-intel-hpu", "paddle-custom-supa", "paddle-sdaa", "onnxruntime-gpu", "tensorrt"),
)
_OPENCV = ("opencv-python-headless", "opencv-python", "opencv-contrib-python")
_CPU = {"AVX2": "avx2", "AVX-512": "avx512f", "VNNI": "avx512_vnni|avx_vnni", "AMX": "amx_int8", "NEON": "asimd|neon"}

Versions = Mapping[str, str]
Version = tuple[int, ...]


@dataclass
class Environment:
    """What is installed, and what is wrong with it.

    Args:
        versions: Of the packages that are installed, by name.
        facts: The machine and what of it can be used, by name.
        problems: Combinations that fail.
        notes: What one should know.
    """

    versions: dict[str, str] = field(default_factory=dict)
    facts: dict[str, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    notes: list[Problem] = field(default_factory=list)

    def table(self) -> str:
        """Facts and versions, a line each."""
        lines = {"python": platform.python_version(), **self.versions, **self.facts}
        width = max(map(len, lines))
        return "\n".join(f"{name:{width}}  {value}" for name, value in lines.items())

    def json(self) -> str:
        """Everything, as JSON."""
        return json.dumps(asdict(self), indent=2, ensure_ascii=False)


def examine_environment() -> Environment:
    """Look at this Python's packages and at this machine."""
    found = Environment(installed_versions())
    found.problems = bad_combinations(found.versions)
    found.facts["system"] = f"{platform.system()} {platform.machine()}"
    found.facts["cores"] = _cores()
    found.facts["cpu features"] = ", ".join(cpu_features()) or "none of those that matter"
    if not {"paddlepaddle", "paddlepaddle-gpu", "paddlepaddle-xpu"} & found.versions.keys():
        hint = "install paddlepaddle==3.2.2 for training; ONNX models run without"
        found.notes.append(Problem("paddlepaddle", "is not installed", hint))
        return found
    found.facts |= device_facts()
    found.facts["cpu kernels"], note = _kernels()
    found.notes += [note] if note else []
    return found


def installed_versions() -> dict[str, str]:
    """The versions of the packages that matter, of those that are installed; none is imported."""
    versions = {}
    for name in PACKAGES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return versions


def bad_combinations(versions: Versions) -> list[Problem]:
    """The combinations that are known to fail, with a cure."""
    problems = []
    paddle = parse(versions.get("paddlepaddle") or versions.get("paddlepaddle-gpu"))
    if paddle and not (3,) <= paddle < (3, 4):
        problems.append(
            _clash(versions, "this toolkit needs 3.0 to 3.3", "install paddlepaddle==3.2.2", "paddlepaddle")
        )
    for names, fails, what, hint in _RULES:
        if all(name in versions for name in names) and fails(*(parse(versions[name]) for name in names)):
            problems.append(_clash(versions, what, hint, *names))
    several = [name for name in _OPENCV if name in versions]
    if len(several) > 1:
        hint = f"`pip uninstall -y {' '.join(several)}`, then install one: opencv-python-headless"
        problems.append(_clash(versions, "each writes its files over the other's", hint, *several))
    return problems


def _clash(versions: Versions, what: str, hint: str, *names: str) -> Problem:
    return Problem(" + ".join(f"{name} {versions[name]}" for name in names if name in versions), what, hint)


Rule = tuple[tuple[str, ...], Callable[..., bool], str, str]

_RULES: list[Rule] = [
    (
        ("paddlepaddle",),
        lambda paddle: (3, 3) <= paddle < (3, 4),
        "Paddle Inference fails on resizing where oneDNN is on, which is the default",
        "install paddlepaddle==3.2.2, or switch oneDNN off",
    ),
    (
        ("paddlepaddle", "paddle2onnx"),
        lambda paddle, _: (3, 3) <= paddle < (3, 4),
        "the conversion ends its process (exit code 255) on resizing by a factor",
        "install paddlepaddle==3.2.2 where models are converted",
    ),
    (
        ("paddlepaddle", "paddlepaddle-gpu"),
        lambda *_: True,
        "both write the package `paddle`",
        "uninstall both, then install one",
    ),
    (
        ("paddlepaddle", "protobuf"),
        lambda _, protobuf: protobuf >= (7,),
        "paddle.distributed.fleet does not import",
        "install `protobuf<7`",
    ),
    (
        ("paddlepaddle-gpu", "protobuf"),
        lambda _, protobuf: protobuf >= (7,),
        "paddle.distributed.fleet does not import",
        "install `protobuf<7`",
    ),
    *(
        (
            (name, "numpy"),
            lambda opencv, numpy: opencv < (4, 10) and numpy >= (2,),
            "this OpenCV was built for NumPy 1 and does not import",
            f"install `{name}>=4.10`",
        )
        for name in _OPENCV
    ),
    (
        ("paddleslim", "numpy"),
        lambda _, numpy: numpy >= (2,),
        "paddleslim does not import under NumPy 2",
        "keep paddleslim in an environment of its own, with `numpy<2`",
    ),
    (
        ("paddleslim", "scikit-learn"),
        lambda _, sklearn: sklearn >= (1, 8),
        "paddleslim needs an older scikit-learn",
        "install `scikit-learn<1.8`",
    ),
    (
        ("paddleslim", "pandas"),
        lambda _, pandas: pandas >= (3,),
        "paddleslim needs an older pandas",
        "install `pandas<3`",
    ),
    (
        ("paddleseg", "paddleseg-humanseg"),
        lambda *_: True,
        "both are imported as `paddleseg`, and one hides the other",
        "`pip uninstall paddleseg`",
    ),
]


def parse(version: str | None) -> Version:
    """The leading numbers: (3, 0, 0) for "3.0.0rc1"; empty for none."""
    numbers = re.match(r"\d+(\.\d+)*", version or "")
    return tuple(map(int, numbers.group().split("."))) if numbers else ()


def cpu_features() -> list[str]:
    """Those instruction sets that decide how fast a network runs; empty where the system does not say."""
    info = Path("/proc/cpuinfo")
    text = info.read_text(encoding="utf-8", errors="replace") if info.is_file() else ""
    return [name for name, flags in _CPU.items() if re.search(rf"\b({flags})\b", text)]


def _cores() -> str:
    total = os.cpu_count() or 1
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else total
    return str(total) if usable == total else f"{usable} of {total} may be used"


def _kernels() -> tuple[str, Problem | None]:
    """Whether training on the CPU runs on the compiled kernels."""
    if os.environ.get("PADDLESEG_CPU_KERNELS") == "0":
        return "Paddle's (PADDLESEG_CPU_KERNELS=0)", None
    try:
        import paddleseg.kernels.runtime  # noqa: F401
    except ImportError as error:
        what = f"training on the CPU takes several times as long without it: {error}"
        return "Paddle's", Problem("numba", what, "install `numba>=0.60` and `threadpoolctl>=3.1`")
    return "compiled by numba", None
