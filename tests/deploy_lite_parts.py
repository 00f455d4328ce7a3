"""Builds of deploy/lite for its tests, what they cannot be made without, and its C interface."""

from __future__ import annotations

import ctypes as c
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
from paddle.nn import Layer

from paddleseg import zoo
from paddleseg.card.files import read_card
from paddleseg.card.schema import Card
from paddleseg.inference.environments import interpreter
from paddleseg.inference.predictor import Predictor
from paddleseg.inference.runtimes.lite import ENVIRONMENT, PaddleLite
from tests import deploy_cpp_parts as cpp

ROOT = cpp.ROOT
SOURCE = ROOT / "deploy" / "lite"
BUILDS = ROOT / ".cache" / "deploy_lite"
ARM_ONNXRUNTIME = Path(os.environ.get("ONNXRUNTIME_AARCH64_ROOT", SOURCE / "onnxruntime_aarch64"))
ARM_LIBRARIES = "/usr/aarch64-linux-gnu"

PLAIN, CHECKED, ARM, PADDLE_LITE = "plain", "checked", "aarch64", "paddle_lite"
_COMPILER = "aarch64-linux-gnu-g++"
_FLAGS = {
    PLAIN: ["-DCMAKE_BUILD_TYPE=Release"],
    CHECKED: ["-DCMAKE_BUILD_TYPE=Debug", "-DCMAKE_CXX_FLAGS=-O1 -g0", "-DLITE_SANITIZE=ON"],
    ARM: [
        "-DCMAKE_SYSTEM_NAME=Linux",
        "-DCMAKE_SYSTEM_PROCESSOR=aarch64",
        f"-DCMAKE_CXX_COMPILER={_COMPILER}",
    ],
    # The wheel's library belongs to Python, which nothing that is called here needs.
    PADDLE_LITE: [
        f"-DCMAKE_{kind}_LINKER_FLAGS=-Wl,--unresolved-symbols=ignore-in-shared-libs" for kind in ("EXE", "SHARED")
    ],
}


def qemu() -> str | None:
    """What runs programs of aarch64 here."""
    return shutil.which("qemu-aarch64-static") or shutil.which("qemu-aarch64")


def missing(kind: str) -> str:
    """Why a build cannot be made or run here; empty where it can."""
    for tool in ("g++", "cmake"):
        if shutil.which(tool) is None:
            return f"{tool} is not installed"
    if kind == ARM and (shutil.which(_COMPILER) is None or qemu() is None):
        return "no aarch64: apt-get install g++-aarch64-linux-gnu qemu-user-static"
    if kind == PADDLE_LITE and interpreter("paddlelite", ENVIRONMENT) is None:
        return f"Paddle Lite is not installed: {PaddleLite.cure}"
    if kind in (PLAIN, PADDLE_LITE) and not has_headers(cpp.ONNXRUNTIME):
        return f"no headers of ONNX Runtime in {cpp.ONNXRUNTIME}: deploy/cpp/get_onnxruntime.sh fetches them"
    return ""


def has_headers(root: Path) -> bool:
    return (root / "include" / "onnxruntime_cxx_api.h").exists()


def build(kind: str) -> Path:
    """The folder of a build; networks run where ONNX Runtime is there for its processor."""
    made = BUILDS / kind
    root = ARM_ONNXRUNTIME if kind == ARM else cpp.ONNXRUNTIME
    flags = ["-DLITE_TESTS=ON", "-DLITE_STRICT=ON", *_FLAGS[kind]]
    flags += [f"-DONNXRUNTIME_ROOT={root}"] if has_headers(root) else []
    flags += [f"-DPADDLE_LITE_ROOT={_paddle_lite(made / 'root')}"] if kind == PADDLE_LITE else []
    for command in (
        ["cmake", "-S", str(SOURCE), "-B", str(made), *flags],
        ["cmake", "--build", str(made), "--parallel", "2"],
    ):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]
    return made


def _paddle_lite(root: Path) -> Path:
    """A folder that looks like Paddle Lite for C++, made of the wheel's library and a stand-in for its header."""
    python = interpreter("paddlelite", ENVIRONMENT)
    code = "import sysconfig as s, importlib.util as u; v = s.get_config_var; "
    code += "print(u.find_spec('paddlelite').submodule_search_locations[0]); print(v('LIBDIR') + '/' + v('LDLIBRARY'))"
    done = subprocess.run([str(python), "-c", code], capture_output=True, text=True, check=True)
    package, libpython = done.stdout.split("\n")[:2]
    for name in ("include", "lib"):
        (root / name).mkdir(parents=True, exist_ok=True)
    shutil.copy2(ROOT / "tests" / "paddle_lite" / "paddle_api.h", root / "include")
    # Under the names that programs look for when they start.
    names = {"liblite_pybind.so": f"{package}/lite.so", "libs": f"{package}/libs"}
    names |= {f"{Path(libpython).name}.1.0": libpython}
    for name, target in names.items():
        if not (link := root / "lib" / name).exists():
            link.symlink_to(target)
    script = f"INPUT({root / 'lib' / 'liblite_pybind.so'} {libpython})\n"
    (root / "lib" / "libpaddle_light_api_shared.so").write_text(script, encoding="utf-8")
    return root


def portrait_of_one_shape(name: str = "portrait", side: int = 256) -> tuple[Layer, Card]:
    """A portrait network and its card, the fast one if no other is named, for squares of one size alone."""
    card = read_card(zoo.card_path(name))
    resize = {"type": "Resize", "target_size": [side, side]}
    fixed = card.input.model_copy(update={"shape": [1, 3, side, side], "size": (side, side)})
    steps = [type(card.preprocess[0]).model_validate(resize), card.preprocess[-1]]
    model = Predictor.from_zoo(name, "dygraph").runtime.graph.model  # type: ignore[attr-defined]
    return model, card.model_copy(update={"inputs": [fixed], "preprocess": steps})


def run(kind: str, program: str, *flags: object) -> subprocess.CompletedProcess[str]:
    """A program of a build, under qemu where it is of another processor."""
    command = [str(each) for each in (BUILDS / kind / program, *flags)]
    if kind == ARM:
        command = [str(qemu()), "-L", ARM_LIBRARIES, "-E", f"LD_LIBRARY_PATH={ARM_ONNXRUNTIME / 'lib'}", *command]
    return subprocess.run(command, capture_output=True, text=True, check=False)


RGB, RGBA, BGR, BGRA, YUV_FULL, YUV_VIDEO = range(6)


class Frame(c.Structure):
    """portrait_frame."""

    _fields_ = (
        ("format", c.c_int),
        ("width", c.c_int),
        ("height", c.c_int),
        ("planes", c.c_void_p * 3),
        ("row_strides", c.c_ssize_t * 3),
        ("pixel_strides", c.c_ssize_t * 3),
        *((name, c.c_int) for name in ("left", "top", "crop_width", "crop_height", "turn", "mirrored")),
    )


def frame_of(pixels: np.ndarray, format: int = RGB, **settings: int) -> Frame:
    """A frame of RGB and the like (H, W, C), or of NV21 (H * 3 / 2, W) with even sides; `pixels` have to live on."""
    if format < YUV_FULL:
        h, w, channels = pixels.shape
        planes = (pixels.ctypes.data, None, None)
        rows, steps = (w * channels, 0, 0), (channels, 0, 0)
    else:
        h, w = pixels.shape[0] * 2 // 3, pixels.shape[1]
        colours = pixels.ctypes.data + h * w
        planes, rows, steps = (pixels.ctypes.data, colours + 1, colours), (w, w, w), (1, 2, 2)
    pointers, strides = c.c_void_p * 3, c.c_ssize_t * 3
    return Frame(format, w, h, pointers(*planes), strides(*rows), strides(*steps), **settings)


class Portrait:
    """The functions of portrait_lite.h, around one segmenter."""

    def __init__(self, library: Path, folder: Path, smooth: bool = False, runtime: str | None = None):
        self.c = c.CDLL(str(library))
        self.c.portrait_error.restype = c.c_char_p
        self.c.portrait_open.argtypes = [c.c_char_p, c.c_char_p, c.c_int, c.c_int, c.POINTER(c.c_void_p)]
        self.c.portrait_segment.argtypes = [c.c_void_p, c.POINTER(Frame)]
        self.c.portrait_blur.argtypes = [c.c_void_p, c.c_double]
        self.c.portrait_colour.argtypes = [c.c_void_p, c.c_uint8, c.c_uint8, c.c_uint8]
        self.c.portrait_picture.argtypes = [c.c_void_p, c.c_void_p, c.c_int, c.c_int]
        self.c.portrait_timing.argtypes = [c.c_void_p, c.POINTER(c.c_double)]
        for name in ("composite", "cutout"):
            getattr(self.c, f"portrait_{name}").argtypes = [c.c_void_p, c.c_void_p, c.c_ssize_t]
        for name in ("close", "reset", "width", "height", "mask", "opacity", "rgb"):
            getattr(self.c, f"portrait_{name}").argtypes = [c.c_void_p]
        for name in ("mask", "opacity", "rgb"):
            getattr(self.c, f"portrait_{name}").restype = c.POINTER(c.c_uint8)
        self.handle = c.c_void_p()
        engine = runtime.encode() if runtime else None
        self.check(self.c.portrait_open(str(folder).encode(), engine, 1, smooth, c.byref(self.handle)))

    def check(self, failed: int) -> None:
        if failed:
            raise RuntimeError(self.c.portrait_error().decode())

    def segment(self, frame: Frame) -> dict[str, np.ndarray]:
        """Mask, opacity and picture of the next frame."""
        self.check(self.c.portrait_segment(self.handle, c.byref(frame)))
        size = (self.c.portrait_height(self.handle), self.c.portrait_width(self.handle))
        shapes = {"mask": size, "opacity": size, "rgb": (*size, 3)}
        return {
            name: np.ctypeslib.as_array(getattr(self.c, f"portrait_{name}")(self.handle), shape).copy()
            for name, shape in shapes.items()
        }

    def made(self, name: str) -> np.ndarray:
        """The "composite" or "cutout" of the last frame, RGBA."""
        size = (self.c.portrait_height(self.handle), self.c.portrait_width(self.handle), 4)
        picture = np.zeros(size, np.uint8)
        self.check(getattr(self.c, f"portrait_{name}")(self.handle, picture.ctypes.data, size[1] * 4))
        return picture

    def close(self) -> None:
        self.c.portrait_close(self.handle)
