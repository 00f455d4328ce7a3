"""`deploy/python`: every script of PaddleSeg's under its name and with its flags."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from test_cli import PHOTO, ROOT

from paddleseg import zoo
from paddleseg.card import save_card
from paddleseg.card.schema import Files
from paddleseg.cli.main import main
from paddleseg.inference.predictor import Predictor

# What PaddleSeg's scripts take.
PADDLESEG_FLAGS = {
    "infer": "config image_path batch_size save_dir device use_trt precision min_subgraph_size enable_auto_tune "
    "auto_tuned_shape_file cpu_threads enable_mkldnn benchmark model_name with_argmax print_detail",
    "infer_dataset": "config dataset_type dataset_path dataset_mode resize_width resize_height batch_size device "
    "use_trt precision enable_auto_tune auto_tuned_shape_file min_subgraph_size cpu_threads enable_mkldnn with_argmax "
    "print_detail",
    "infer_benchmark": "config save_dir image_path resize_width resize_height device use_trt precision "
    "min_subgraph_size enable_auto_tune auto_tuned_shape_file cpu_threads enable_mkldnn warmup repeats with_argmax "
    "print_detail",
    "infer_onnx": "img_path onnx_file save_dir",
    "infer_onnx_trt": "config model_path onnx_model_path save_dir trt_version width height warmup repeats "
    "enable_profile print_model",
    "collect_dynamic_shape": "config image_path dynamic_shape_path",
}


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `export --to onnx` of the packed weights writes, as far as ONNX Runtime needs it."""
    folder = tmp_path_factory.mktemp("export")
    shutil.copy(zoo.onnx_path("portrait"), folder / "model.onnx")
    card = zoo.card("portrait").model_copy(update={"files": Files(onnx="model.onnx"), "sha256": ""})
    save_card(card, folder / "inference.yml")
    return folder


def script(name: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, f"deploy/python/{name}.py", *map(str, arguments)]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("name", PADDLESEG_FLAGS)
def test_every_flag_of_paddleseg_is_there(name: str):
    done = script(name, "--help")
    assert done.returncode == 0, done.stderr
    has = set(re.findall(r"--(\w+)", done.stdout))
    if name == "infer_onnx":
        has.add("save_dir")  # of `paddleseg infer`, which gets what this does not translate
    assert not set(PADDLESEG_FLAGS[name].split()) - has


class TestOnnx:
    def test_an_onnx_file_gives_the_masks_of_the_zoo(self, exported: Path, tmp_path: Path):
        flags = ["--onnx_file", exported / "model.onnx", "--img_path", PHOTO, "--save_dir", tmp_path]
        done = script("infer_onnx", *flags)
        assert done.returncode == 0, done.stderr
        found = np.array(Image.open(next(tmp_path.glob("*.png"))))
        photo = np.array(Image.open(ROOT / PHOTO).convert("RGB"))
        np.testing.assert_array_equal(found, Predictor.from_zoo("portrait", "onnx", threads=1)(photo).mask)

    def test_a_file_without_a_card_is_refused(self, exported: Path, tmp_path: Path):
        shutil.copy(exported / "model.onnx", tmp_path)
        done = script("infer_onnx", "--onnx_file", tmp_path / "model.onnx", "--img_path", PHOTO)
        assert done.returncode == 2 and "holds no inference.yml" in done.stderr and "Traceback" not in done.stderr
        flags = ["--config", exported, "--save_dir", tmp_path / "out"]
        done = script("infer_onnx", "--onnx_file", tmp_path / "model.onnx", "--img_path", PHOTO, *flags)
        assert done.returncode == 0, done.stderr

    def test_tensorrt_that_is_not_there_ends_with_2(self, exported: Path):
        flags = ["--onnx_model_path", exported / "model.onnx", "--image_path", PHOTO, "--repeats", "2", "--warmup", "0"]
        done = script("infer_onnx_trt", *flags, "--trt_version", "7")
        assert done.returncode == 2 and "install onnxruntime-gpu" in done.stderr
        assert "--trt_version changes nothing here" in done.stderr
        done = script("infer_onnx_trt", *flags, "--providers", "CPU")
        assert done.returncode == 0 and "difference 0.0" in done.stdout, done.stderr


class TestBench:
    def test_times_and_a_mask(self, exported: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
        flags = ["--config", str(exported), "--image_path", str(ROOT / PHOTO), "--runtime", "onnx"]
        more = ["--repeats", "3", "--warmup", "1", "--save_dir", str(tmp_path), "--json", "--cpu_threads", "1"]
        assert main(["bench", "exported", *flags, *more, "--resize_width", "320", "--resize_height", "240"]) == 0
        said = json.loads(capsys.readouterr().out)
        assert said["runtime"] == "onnx" and said["runs"] == 3 and 0 < said["best_ms"] <= said["p50_ms"]
        assert said["size"] == [224, 288]  # as the steps make of 240 x 320
        assert len(list(tmp_path.glob("*.png"))) == 1
        assert main(["bench", "exported", *flags, "--resize_width", "320"]) == 2
        assert "give both, or leave both out" in capsys.readouterr().err

    def test_a_photo_is_not_written_over(self, exported: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
        photo = tmp_path / "a.png"
        Image.open(ROOT / PHOTO).save(photo)
        before = photo.read_bytes()
        flags = ["--config", str(exported), "--image_path", str(photo), "--runtime", "onnx", "--repeats", "1"]
        assert main(["bench", "exported", *flags, "--warmup", "0", "--save_dir", str(tmp_path)]) == 2
        assert "a.png" in capsys.readouterr().err and photo.read_bytes() == before


class TestDataset:
    FLAGS = ("--dataset_type", "MiniPortrait", "--runtime", "onnx", "--cpu_threads", "1")

    def test_it_gives_the_figures_of_val(self, exported: Path, mini: Path, capsys: pytest.CaptureFixture[str]):
        flags = ["--config", str(exported), "--dataset_path", str(mini), *self.FLAGS]
        assert main(["infer_dataset", *flags]) == 0
        said = capsys.readouterr().out
        config = str(ROOT / "configs/pp_humanseg/portrait_fine_tune_mini.yml")
        assert main(["val", "--config", config, "--model_path", "zoo://portrait", "--device", "cpu"]) == 0
        wanted = [line for line in capsys.readouterr().out.splitlines() if line.startswith("[EVAL]")]
        assert [line for line in said.splitlines() if line in wanted] == wanted
        assert re.search(r"\[EVAL\] Average time: \d+\.\d{3} ms/img", said)

    def test_an_unknown_data_set_is_named(self, exported: Path, mini: Path, capsys: pytest.CaptureFixture[str]):
        flags = ["--config", str(exported), "--dataset_path", str(mini), "--dataset_type", "Citiscapes"]
        assert main(["infer_dataset", *flags]) == 2
        assert "did you mean 'Cityscapes'?" in capsys.readouterr().err

    def test_a_folder_without_it_is_named(self, exported: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
        assert main(["infer_dataset", "--config", str(exported), "--dataset_path", str(tmp_path), *self.FLAGS]) == 2
        assert str(tmp_path) in capsys.readouterr().err
