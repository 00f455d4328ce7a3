"""Package metadata: what the toolkit needs, and which extras add what."""

from pathlib import Path

from setuptools import find_packages, setup

ROOT = Path(__file__).parent
VERSION = (ROOT / "paddleseg" / "version.py").read_text(encoding="utf-8").split("__version__ = ")[1].strip().strip('"')

setup(
    name="paddleseg-humanseg",
    version=VERSION,
    description="Portrait and semantic segmentation on PaddlePaddle, with PP-HumanSeg at its centre",
    long_description=(ROOT / "README.md").read_text(encoding="utf-8") if (ROOT / "README.md").exists() else "",
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    python_requires=">=3.10",
    packages=find_packages(include=["paddleseg", "paddleseg.*"]),
    package_data={"paddleseg": ["zoo/*.yml", "zoo/*.pdparams", "zoo/*.onnx"]},
    install_requires=[
        "numpy>=1.24",
        "opencv-python-headless>=4.8,<5",
        "pillow>=10",
        "PyYAML>=6",
        "pydantic>=2.7,<3",
        "rich>=13",
    ],
    extras_require={
        # Paddle is an extra so that a GPU user picks `paddlepaddle-gpu` instead, and an ONNX-only box needs neither.
        # numba compiles the kernels that make training on a CPU several times faster; without it Paddle's own are used.
        # matplotlib draws the curves of tools/plot_log.py and of the ablation.
        "train": [
            "paddlepaddle>=3.0,<3.4",
            "visualdl>=2.5,<3",
            "matplotlib>=3.7",
            "setuptools",
            "numba>=0.60",
            "threadpoolctl>=3.1",
        ],
        "onnx": ["onnxruntime>=1.17"],
        "convert": ["onnx>=1.16"],  # for tools/convert_weights.py
        "dev": [
            "pytest==8.4.2",
            "pytest-timeout==2.4.0",
            "ruff==0.14.6",
            "mypy==1.18.2",
            "types-PyYAML==6.0.12.20250915",
            "onnx==1.23.2",  # of tools/convert_weights.py
        ],
    },
    entry_points={"console_scripts": ["paddleseg = paddleseg.cli.main:main"]},
)
