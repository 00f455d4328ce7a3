"""`deploy/python`: every script of PaddleSeg's under its name and with its flags."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from PIL import Image
from test_cli import PHOTO, ROOT

from paddleseg import zoo
from paddleseg.card import save_card
from paddleseg.card.schema import Files
from paddleseg.cli.main import main
from paddleseg.images.io import read_image
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


# The commands that they are; the last but one gives what it does not know to `infer`.
COMMANDS = {
    "infer": ["infer"],
    "infer_dataset": ["infer_dataset"],
    "infer_benchmark": ["bench", "exported"],
    "collect_dynamic_shape": ["collect_shapes"],
    "infer_onnx": ["infer"],
    "infer_onnx_trt": [],
}


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `export --to onnx` of the packed weights writes, as far as ONNX Runtime needs it."""
    folder = tmp_path_factory.mktemp("export")
    shutil.copy(zoo.onnx_path("portrait"), folder / "model.onnx")
    card = zoo.card("portrait").model_copy(update={"files": Files(onnx="model.onnx"), "sha256": ""})
    save_card(card, folder / "inference.yml")
    return folder


def script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"deploy_{name}", ROOT / f"deploy/python/{name}.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def infer_onnx(*arguments: str | Path) -> int:
    return main(script("infer_onnx").translated([str(argument) for argument in arguments]))


def infer_onnx_trt(*arguments: str | Path) -> int:
    module = script("infer_onnx_trt")
    commands = module.commands(module.parsed([str(argument) for argument in arguments]))
    return next((code for code in map(main, commands) if code), 0)


@pytest.mark.parametrize(("name", "command"), COMMANDS.items())
def test_every_flag_of_paddleseg_is_there(name: str, command: list[str], capsys: pytest.CaptureFixture[str]):
    module = script(name)
    for own in ("translated", "parsed"):
        if hasattr(module, own):
            with pytest.raises(SystemExit):
                getattr(module, own)(["--help"])
    if command:
        with pytest.raises(SystemExit):
            main([*command, "--help"])
    has = set(re.findall(r"--(\w+)", capsys.readouterr().out))
    assert not set(PADDLESEG_FLAGS[name].split()) - has


@pytest.mark.slow
@pytest.mark.parametrize("name", COMMANDS)
def test_each_is_a_program(name: str):
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, f"deploy/python/{name}.py", "--help"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode == 0 and "--config" in done.stdout) or "--onnx_file" in done.stdout, done.stderr


class TestOnnx:
    def test_an_onnx_file_gives_the_masks_of_the_zoo(self, exported: Path, tmp_path: Path):
        graph, photo = exported / "model.onnx", ROOT / PHOTO
        assert infer_onnx("--onnx_file", graph, "--img_path", photo, "--save_dir", tmp_path) == 0
        found = np.array(Image.open(next(tmp_path.glob("*.png"))))
        wanted = Predictor.from_zoo("portrait", "onnx", threads=1)(read_image(photo)).mask
        np.testing.assert_array_equal(found, wanted)

    def test_a_file_without_a_card_is_refused(self, exported: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
        shutil.copy(exported / "model.onnx", tmp_path)
        flags = ["--onnx_file", tmp_path / "model.onnx", "--img_path", ROOT / PHOTO, "--save_dir", tmp_path / "out"]
        assert infer_onnx(*flags) == 2
        assert "holds no inference.yml" in capsys.readouterr().err
        assert infer_onnx(*flags, "--config", exported) == 0

    def test_tensorrt_that_is_not_there_ends_with_2(self, exported: Path, capsys: pytest.CaptureFixture[str]):
        flags = ["--onnx_model_path", exported / "model.onnx", "--image_path", ROOT / PHOTO, "--repeats", "2"]
        assert infer_onnx_trt(*flags, "--warmup", "0", "--trt_version", "7") == 2
        assert "install onnxruntime-gpu" in capsys.readouterr().err
        assert infer_onnx_trt(*flags, "--warmup", "0", "--providers", "CPU") == 0
        assert "difference 0.0" in capsys.readouterr().out

    def test_a_configuration_is_exported_first(self):
        module = script("infer_onnx_trt")
        flags = ["--config", "a.yml", "--model_path", "w", "--width", "64", "--height", "32", "--image_path", "b.jpg"]
        export, run = module.commands(module.parsed(flags))
        assert export[:5] == ["export", "--config", "a.yml", "--model_path", "w"]
        assert export[5:10] == ["--input_shape", "1", "3", "32", "64"]
        assert run[-2:] == ["--config", "./output/tmp"] and "--compare" in run


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


def figures(said: str) -> list[str]:
    """The lines of an evaluation, without their times."""
    return [line[line.index("[EVAL]") :] for line in said.splitlines() if "[EVAL]" in line]


class TestDataset:
    FLAGS = ("--dataset_type", "MiniPortrait", "--runtime", "onnx", "--cpu_threads", "1")

    def test_it_gives_the_figures_of_val(
        self, exported: Path, mini: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ):
        for folder in ("images", "masks"):
            (tmp_path / folder).symlink_to(mini / folder)
        (tmp_path / "val.txt").write_text("\n".join((mini / "val.txt").read_text().splitlines()[:3]))
        assert main(["infer_dataset", "--config", str(exported), "--dataset_path", str(tmp_path), *self.FLAGS]) == 0
        said = capsys.readouterr().out
        config = str(ROOT / "configs/pp_humanseg/portrait_fine_tune_mini.yml")
        flags = ["--model_path", "zoo://portrait", "--device", "cpu"]
        small = ["--opts", f"val_dataset={{type: MiniPortrait, dataset_root: {tmp_path}, mode: val}}"]
        assert main(["val", "--config", config, *flags, *small]) == 0
        wanted = figures(capsys.readouterr().out)
        assert "#Images: 3 " in wanted[0] and [line for line in figures(said) if line in wanted] == wanted
        assert re.search(r"\[EVAL\] Average time: \d+\.\d{3} ms/img", said)

    def test_an_unknown_data_set_is_named(self, exported: Path, mini: Path, capsys: pytest.CaptureFixture[str]):
        flags = ["--config", str(exported), "--dataset_path", str(mini), "--dataset_type", "Citiscapes"]
        assert main(["infer_dataset", *flags]) == 2
        assert "did you mean 'Cityscapes'?" in capsys.readouterr().err

    def test_a_folder_without_it_is_named(self, exported: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
        assert main(["infer_dataset", "--config", str(exported), "--dataset_path", str(tmp_path), *self.FLAGS]) == 2
        assert str(tmp_path) in capsys.readouterr().err
