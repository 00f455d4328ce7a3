"""Package metadata: what the toolkit needs, which extras add what, and which files travel in a wheel."""

import shutil
from pathlib import Path

from setuptools import find_packages, setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).parent
VERSION = (ROOT / "paddleseg" / "version.py").read_text(encoding="utf-8").split("__version__ = ")[1].strip().strip('"')

# The ranges are what has been run, and `paddleseg doctor env` accepts every set that they allow.
# requirements.txt pins one set of them.
NEEDS = [
    "numpy>=1.26,<2.5",
    "opencv-python-headless>=4.10,<5",
    "pillow>=10,<14",
    "PyYAML>=6,<7",
    "pydantic>=2.7,<3",
    "rich>=13",
]
ONNX = ["onnxruntime>=1.19,<2"]
OPENVINO = ["openvino>=2026.4,<2027"]
TFLITE = ["ai-edge-litert>=2.1,<3"]
# Paddle is an extra, so that a machine that only runs ONNX needs none. Paddle 3.3 fails on resizing where oneDNN is on,
# and with protobuf 7 paddle.distributed.fleet does not import. Paddle imports setuptools.
# numba compiles the kernels that make training on a CPU several times faster; without it Paddle's own are used.
# matplotlib draws the curves of tools/plot_log.py and of the ablation.
TRAIN = [
    "paddlepaddle>=3.2,<3.3",
    "protobuf>=4.25,<7",
    "visualdl>=2.5,<3",
    "matplotlib>=3.7,<4",
    "setuptools>=77",
    "numba>=0.60,<1",
    "threadpoolctl>=3.1,<4",
]
# paddle2onnx has no wheel for Python 3.13, and brings onnx 1.17, the newest that it works with.
EXPORT = [*TRAIN, *ONNX, 'paddle2onnx>=2.1,<2.2; python_version < "3.13"']
# uvicorn's HTTP protocol is extended in service/protocol.py, and Starlette's reader of forms in service/body.py.
SERVE = [
    *ONNX,
    "fastapi>=0.118,<1",
    "starlette>=0.48,<2",
    "uvicorn>=0.35,<1",
    "python-multipart>=0.0.20,<0.1",
    "websockets>=13.1,<18",
    "prometheus-client>=0.21,<1",
    "numba>=0.60,<1",
]
# PyAV brings FFmpeg: clips in and out with their sound. numba makes what comes after the network twice as fast.
VIDEO = [*ONNX, "av>=17,<19", "numba>=0.60,<1"]
CAMERA = [*VIDEO, "pygame-ce>=2.5,<3", "pyvirtualcam>=0.15,<0.16"]
CONVERT = ["onnx>=1.17,<2"]  # tools/convert_weights.py
MATTING = [*ONNX, "pymatting>=1.1.14,<2"]  # classical refiners of mattes
BATCH = ["pyarrow>=20,<27"]
RAY = [*BATCH, "ray>=2.40,<3"]
DOCS = ["mkdocs>=1.6,<2", "mkdocs-material>=9.5,<10", "mkdocstrings[python]>=0.26,<2"]
DEV = [
    *CONVERT,
    "httpx==0.28.1",
    "pytest==8.4.2",
    "pytest-timeout==2.4.0",
    "pytest-xdist==3.8.0",
    "ruff==0.14.6",
    "mypy==1.18.2",
    "types-PyYAML==6.0.12.20250915",
]


class BuildWithConfigs(build_py):
    """Puts configs/ into the package, as `paddleseg/configs`; an editable install reads the clone's own."""

    def run(self) -> None:
        super().run()
        if not self.editable_mode:
            shutil.copytree(ROOT / "configs", Path(self.build_lib, "paddleseg", "configs"), dirs_exist_ok=True)


setup(
    name="paddleseg-humanseg",
    version=VERSION,
    description="Portrait and semantic segmentation on PaddlePaddle, with PP-HumanSeg at its centre",
    long_description=(ROOT / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    license_files=["LICENSE"],
    keywords=["segmentation", "portrait", "matting", "background removal", "paddlepaddle", "onnx"],
    classifiers=[
        "Development Status :: 4 - Beta",
        "Intended Audience :: Developers",
        "Intended Audience :: Science/Research",
        "Operating System :: POSIX :: Linux",
        "Programming Language :: Python :: 3",
        *(f"Programming Language :: Python :: 3.{minor}" for minor in range(10, 14)),
        "Topic :: Scientific/Engineering :: Artificial Intelligence",
        "Topic :: Scientific/Engineering :: Image Processing",
        "Typing :: Typed",
    ],
    project_urls={"Paper": "https://arxiv.org/abs/2112.07146"},
    python_requires=">=3.10,<3.14",
    packages=find_packages(include=["paddleseg", "paddleseg.*"]),
    package_data={
        "paddleseg": [
            "py.typed",
            "zoo/*.yml",
            "zoo/*.pdparams",
            "zoo/*.onnx",
            "models/published/*.gz",
            "service/page.html",
        ]
    },
    cmdclass={"build_py": BuildWithConfigs},
    install_requires=NEEDS,
    extras_require={
        "train": TRAIN,
        "onnx": ONNX,
        "export": EXPORT,
        "openvino": OPENVINO,
        "tflite": TFLITE,
        "video": VIDEO,
        "camera": CAMERA,
        "convert": CONVERT,
        "matting": MATTING,
        "batch": BATCH,
        "ray": RAY,
        "serve": SERVE,
        "all": [*EXPORT, *OPENVINO, *TFLITE, *CONVERT, *MATTING, *CAMERA, *BATCH, *SERVE],
        "docs": DOCS,
        "dev": DEV,
    },
    entry_points={"console_scripts": ["paddleseg = paddleseg.cli.main:main"]},
)
