"""The browser package in deploy/web: its golden files, and its own tests where Node and its packages are."""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from paddleseg.images.io import read_image
from paddleseg.inference.predictor import Predictor


@pytest.fixture(scope="module")
def web(root: Path) -> Path:
    return root / "deploy" / "web"


@pytest.fixture(scope="module")
def golden(web: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("golden", web / "tests" / "golden.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_its_golden_numbers_are_what_the_steps_give_today(web: Path, golden: ModuleType):
    kept = json.loads((web / "tests" / "golden" / "steps.json").read_text(encoding="utf-8"))
    steps = golden.steps()
    assert kept.keys() == steps.keys()
    for name, values in steps.items():
        np.testing.assert_allclose(np.asarray(kept[name], float), np.asarray(values, float), atol=2e-5, err_msg=name)


def test_its_golden_masks_are_what_the_model_gives_today(web: Path, golden: ModuleType):
    predictor = Predictor.from_zoo("portrait", "onnx", threads=1)
    for name in golden.FEW:
        kept = read_image(web / "tests" / "golden" / f"{name}.png")[..., 0] > 0
        assert ((predictor(read_image(golden.PHOTOS / f"{name}.jpg")).mask > 0) != kept).mean() < 1e-4, name


def test_its_own_checks_and_unit_tests_pass(web: Path):
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("no Node is installed")
    if not (web / "node_modules" / ".package-lock.json").is_file():
        pytest.skip("its packages are not installed: npm ci --prefix deploy/web")
    done = subprocess.run([npm, "test"], cwd=web, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]
