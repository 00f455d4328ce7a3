"""Builds of deploy/cpp for its tests, and what they cannot be made without."""

from __future__ import annotations

import os
import shutil
import subprocess
import sysconfig
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "deploy" / "cpp"
ONNXRUNTIME = Path(os.environ.get("ONNXRUNTIME_ROOT", SOURCE / "onnxruntime"))
BUILDS = ROOT / ".cache" / "deploy_cpp"  # kept, so that the next run compiles what has changed only

PLAIN, CHECKED = "plain", "checked"
_FLAGS = {
    PLAIN: ["-DCMAKE_BUILD_TYPE=Release"],
    CHECKED: ["-DCMAKE_BUILD_TYPE=Debug", "-DCMAKE_CXX_FLAGS=-O1 -g0", "-DSEGMENT_SANITIZE=ON"],
}


def missing() -> str:
    """Why nothing can be built here; empty where it can."""
    for tool in ("g++", "cmake", "pkg-config"):
        if shutil.which(tool) is None:
            return f"{tool} is not installed"
    for package in ("opencv4", "yaml-cpp"):
        if subprocess.run(["pkg-config", "--exists", package], check=False).returncode:
            return f"{package} is not installed: apt-get install libopencv-dev libyaml-cpp-dev"
    if not list(ONNXRUNTIME.rglob("onnxruntime_cxx_api.h")):
        return f"no headers of ONNX Runtime in {ONNXRUNTIME}: deploy/cpp/get_onnxruntime.sh fetches them"
    return ""


def paddle_missing() -> str:
    """Why the program cannot be linked with the library of the Python wheel; empty where it can."""
    if find_spec("paddle") is None:
        return "PaddlePaddle is not installed"
    return "" if _libpython().is_file() else "this Python has no shared library, which the wheel's library needs"


def build(kind: str, folder: Path = BUILDS) -> Path:
    """The folder of a build: with Paddle where it can be had, or with the sanitizers."""
    made = folder / kind
    flags = ["-DSEGMENT_STRICT=ON", f"-DONNXRUNTIME_ROOT={ONNXRUNTIME}", *_FLAGS[kind]]
    if kind == PLAIN and not paddle_missing():
        flags.append(f"-DPADDLE_INFERENCE_ROOT={_paddle_root(folder)}")
    _run("cmake", "-S", str(SOURCE), "-B", str(made), *flags)
    _run("cmake", "--build", str(made), "--parallel", "2")
    return made


def environment(kind: str, folder: Path = BUILDS) -> dict[str, str]:
    """What programs of a build are started with."""
    found = {**os.environ, "OMP_NUM_THREADS": "1"}
    if kind == PLAIN:  # the wheel's own libraries come with a BLAS that OpenCV would not work with
        found["LD_LIBRARY_PATH"] = f"{folder / 'paddle' / 'libs'}:{_libpython().parent}"
    return found


def libraries(*names: str) -> str:
    """Libraries of the compiler, as the loader takes them."""
    found = (
        subprocess.run(["g++", f"-print-file-name={name}"], check=False, capture_output=True, text=True)
        for name in names
    )
    return " ".join(each.stdout.strip() for each in found)


def _libpython() -> Path:
    return Path(sysconfig.get_config_var("LIBDIR") or "/", sysconfig.get_config_var("LDLIBRARY") or "none")


def _paddle_root(folder: Path) -> Path:
    """A folder that looks like Paddle Inference, made of the wheel's library and a stand-in for its header."""
    spec = find_spec("paddle")
    assert spec is not None and spec.origin is not None
    paddle, root = Path(spec.origin).parent, folder / "paddle"
    libraries = [path for path in (paddle / "libs").glob("*.so*") if not path.name.startswith(("libblas", "liblapack"))]
    for name in ("include", "lib", "libs"):
        (root / name).mkdir(parents=True, exist_ok=True)
    header = "paddle_inference_api.h"
    shutil.copy2(ROOT / "tests" / "paddle_inference" / header, root / "include" / header)
    for library in (paddle / "base" / "libpaddle.so", *libraries):
        if not (link := root / "libs" / library.name).exists():
            link.symlink_to(library)
    names = ("libpaddle.so", "libphi.so", "libphi_core.so", "libcommon.so")
    parts = " ".join([*(str(root / "libs" / name) for name in names), str(_libpython())])
    (root / "lib" / "libpaddle_inference.so").write_text(f"INPUT({parts})\n", encoding="utf-8")
    return root


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]
