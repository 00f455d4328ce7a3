"""OpenVINO runs the packed graphs; where it is not installed, it says how to get it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from paddleseg.card import Card, Files
from paddleseg.cli.main import main
from paddleseg.errors import DeviceError, ExportError
from paddleseg.images.io import read_image
from paddleseg.inference.predictor import Predictor
from paddleseg.inference.runtimes.base import RuntimeOptions
from paddleseg.inference.runtimes.openvino import OpenVino

here = pytest.mark.skipif(find_spec("openvino") is None, reason="OpenVINO is not installed")


@pytest.fixture(scope="module")
def photos(val_files: list[tuple[Path, Path]]) -> list[np.ndarray]:
    return [read_image(photo) for photo, _ in val_files[:6]]


@pytest.fixture(scope="module")
def openvino() -> Predictor:
    return Predictor.from_zoo("portrait", "openvino", threads=1)


@here
class TestRuns:
    @pytest.mark.parametrize("name", ["portrait", "connectnet"])
    def test_it_gives_the_masks_of_onnx_runtime(self, name: str, photos: list[np.ndarray]):
        one, other = (Predictor.from_zoo(name, runtime, threads=1) for runtime in ("openvino", "onnx"))
        for photo in photos:
            have, want = one(photo), other(photo)
            assert have.prob is not None and want.prob is not None
            assert np.abs(have.prob - want.prob).max() < 1e-4
            assert (have.mask != want.mask).mean() < 1e-3

    def test_threads_get_the_masks_of_one(self, openvino: Predictor, photos: list[np.ndarray]):
        wanted = [openvino(photo).mask for photo in photos]
        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(lambda photo: openvino(photo).mask, photos * 4))
        for number, mask in enumerate(found):
            np.testing.assert_array_equal(mask, wanted[number % len(photos)])

    def test_a_result_is_kept_when_the_next_is_made(self, openvino: Predictor, photos: list[np.ndarray]):
        first, second = (openvino.prepare(photo).tensor[None] for photo in photos[:2])
        kept = openvino.runtime(first)
        before = kept.copy()
        openvino.runtime(second)
        np.testing.assert_array_equal(kept, before)

    def test_a_damaged_graph_is_named(self, tmp_path: Path):
        (tmp_path / "model.onnx").write_bytes(b"no graph")
        with pytest.raises(ExportError, match=r"model.onnx: cannot be loaded"):
            OpenVino(tmp_path / "model.onnx")

    def test_a_graph_without_its_weights_is_named(self, tmp_path: Path):
        (tmp_path / "model.xml").write_text("<net/>")
        with pytest.raises(ExportError, match=r"model.bin: is named by the card but is not there"):
            OpenVino.open(Card(files=Files(openvino="model.xml")), tmp_path, RuntimeOptions())

    def test_a_device_that_is_not_there_is_named(self, tmp_path: Path):
        with pytest.raises(DeviceError, match=r"--device npu7: OpenVINO finds only CPU"):
            OpenVino(tmp_path / "model.onnx", RuntimeOptions(device="npu7"))

    def test_the_command_runs_it(self, val_files: list, tmp_path: Path):
        flags = ["--model_path", "zoo://portrait", "--image_path", str(val_files[0][0]), "--outputs", "mask"]
        for runtime in ("openvino", "onnx"):
            assert main(["predict", *flags, "--runtime", runtime, "--save_dir", str(tmp_path / runtime)]) == 0
        one, other = ([path.read_bytes() for path in (tmp_path / name).rglob("*.png")] for name in ("openvino", "onnx"))
        assert one == other and one


@pytest.mark.skipif(find_spec("openvino") is not None, reason="OpenVINO is installed")
def test_without_it_the_package_is_named():
    with pytest.raises(DeviceError, match=r'OpenVINO is not installed\n  hint: pip install "openvino'):
        Predictor.from_zoo("portrait", "openvino")
