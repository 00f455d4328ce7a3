"""`paddleseg doctor env`: versions, combinations that are known to fail, devices, the CPU."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from paddleseg.doctor.environment import bad_combinations, parse

GOOD = {
    "paddlepaddle": "3.2.2",
    "numpy": "2.2.6",
    "opencv-python-headless": "4.12.0.88",
    "protobuf": "6.33.1",
    "paddle2onnx": "2.1.0",
    "scikit-learn": "1.8.0",
}


def test_the_tested_set_is_good():
    assert bad_combinations(GOOD) == []
    assert bad_combinations({"numpy": "2.2.6", "onnxruntime": "1.23.2"}) == []


@pytest.mark.parametrize(
    ("change", "where", "hint"),
    [
        ({"paddlepaddle": "2.6.2"}, "paddlepaddle 2.6.2", "paddlepaddle==3.2.2"),
        ({"paddlepaddle": "3.3.1"}, "paddlepaddle 3.3.1", "switch oneDNN off"),
        ({"paddlepaddle": "3.3.1"}, "paddlepaddle 3.3.1 + paddle2onnx 2.1.0", "where models are converted"),
        ({"paddlepaddle-gpu": "3.2.2"}, "paddlepaddle 3.2.2 + paddlepaddle-gpu 3.2.2", "uninstall both"),
        ({"protobuf": "7.0.0rc1"}, "paddlepaddle 3.2.2 + protobuf 7.0.0rc1", "protobuf<7"),
        ({"opencv-python-headless": "4.6.0.66"}, "opencv-python-headless 4.6.0.66 + numpy 2.2.6", ">=4.10"),
        ({"opencv-python": "4.12.0.88"}, "opencv-python-headless 4.12.0.88 + opencv-python 4.12.0.88", "pip uninstall"),
        ({"paddleslim": "2.6.0"}, "paddleslim 2.6.0 + numpy 2.2.6", "an environment of its own"),
        ({"paddleslim": "2.6.0"}, "paddleslim 2.6.0 + scikit-learn 1.8.0", "scikit-learn<1.8"),
        ({"paddleslim": "2.6.0", "pandas": "3.0.1"}, "paddleslim 2.6.0 + pandas 3.0.1", "pandas<3"),
        ({"paddleseg": "2.8.0", "paddleseg-humanseg": "0.2.0"}, "paddleseg 2.8.0 + paddleseg-humanseg", "uninstall"),
    ],
)
def test_known_bad_combinations(change: dict[str, str], where: str, hint: str):
    found = bad_combinations(GOOD | change)
    assert [problem for problem in found if where in problem.where and hint in problem.hint], found


def test_versions_compare_as_numbers():
    assert parse("3.10.0") > parse("3.9.9") and parse("3.0.0rc1") == (3, 0, 0) and parse(None) == ()


def doctor_env(*extra_path: Path) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own, whose devices and packages are the machine's."""
    environment = os.environ | {"CUDA_VISIBLE_DEVICES": "", "PYTHONPATH": os.pathsep.join(map(str, extra_path))}
    command = [sys.executable, "-m", "paddleseg.cli.main", "doctor", "env", "--json"]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)


def test_this_machine(tmp_path: Path):
    # What the package installer leaves behind is what the doctor goes by.
    for name, version in (("paddleslim", "2.6.0"), ("protobuf", "7.1.0")):
        folder = tmp_path / f"{name}-{version}.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    done = doctor_env(tmp_path)
    assert done.returncode == 2, done.stderr
    found = json.loads(done.stdout)
    assert found["versions"]["protobuf"] == "7.1.0"
    assert {problem["hint"] for problem in found["problems"]} >= {"install `protobuf<7`"}
    assert "cpu" in found["facts"]["devices"] and found["facts"]["gpu"].startswith("cannot be used: ")
    assert found["facts"]["cpu kernels"] and found["facts"]["cores"]
