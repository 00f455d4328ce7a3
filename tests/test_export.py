"""Exported folders: they give the model's numbers in every runtime, say so, and appear whole or not at all."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import paddle
import pytest
import yaml
from paddle import nn
from PIL import Image

from paddleseg import zoo
from paddleseg.assemble import card_from_config
from paddleseg.card import Card, Output, Step, load_card, read_card
from paddleseg.cli.main import main
from paddleseg.config import load_config
from paddleseg.errors import DeviceError, ExportError, OutputError
from paddleseg.export.export import export_model
from paddleseg.export.targets.onnx import Onnx
from paddleseg.export.verify import verify
from paddleseg.images.io import list_images, read_image
from paddleseg.inference.predictor import Predictor
from paddleseg.inference.runtimes.paddle import PaddleOptions

LITE = "zoo://pp_humanseg_v1_lite"
NAMES = ["deploy.yaml", "inference.yml", "model.json", "model.pdiparams"]


@pytest.fixture(scope="module")
def config(root: Path) -> str:
    return str(root / "configs" / "pp_humanseg" / "pp_humanseg_lite_mini_portrait.yml")


@pytest.fixture(scope="module", autouse=True)
def in_the_repository(root: Path) -> Iterator[None]:
    """The shipped configurations name their data relative to the repository."""
    before = Path.cwd()
    os.chdir(root)
    yield
    os.chdir(before)


@pytest.fixture(scope="module")
def model() -> nn.Layer:
    """The packed weights, frozen as they are."""
    return Predictor.from_zoo("pp_humanseg_v1_lite", "dygraph").runtime.graph.model  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def card() -> Card:
    return read_card(zoo.card_path("pp_humanseg_v1_lite"))


@pytest.fixture(scope="module")
def photos(mini: Path) -> list[np.ndarray]:
    """A few, of several shapes; all of them go through whole commands."""
    return [read_image(path) for path, _ in list_images(mini / "val.txt")[:9]]


@pytest.fixture
def photo(mini: Path) -> Path:
    return min((mini / "images").iterdir())


@pytest.fixture(scope="module")
def exported(config: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("export") / "lite"
    assert main(["export", "--config", config, "--model_path", LITE, "--save_dir", str(folder)]) == 0
    return folder


def masks(folder: Path) -> dict[str, np.ndarray]:
    return {path.name: np.asarray(Image.open(path)) for path in folder.rglob("*.png")}


class Toy(nn.Layer):
    """A network of two numbers, for what does not depend on the network."""

    def __init__(self, classes: int = 2):
        super().__init__()
        self.conv = nn.Conv2D(3, classes, 1)

    def forward(self, x):
        return [self.conv(x)]


class Forgetful(Toy):
    """Another answer at every call, so that no file can agree with it."""

    def forward(self, x):
        self.calls = getattr(self, "calls", 0) + 1
        return [self.conv(x) * self.calls]


class TestFolder:
    def test_it_holds_what_the_card_names_and_nothing_else(self, exported: Path):
        assert sorted(path.name for path in exported.iterdir()) == NAMES
        card, _ = load_card(exported)
        assert card.input.shape == [None, 3, None, None]
        assert card.input.size == (192, 192)
        assert card.output.kind == "prob"
        assert card.licence == "Apache-2.0"
        assert card.measured.parameters == 131766
        assert card.versions["paddle"] == paddle.__version__

    def test_deploy_yaml_names_the_files_that_are_there(self, exported: Path):
        deploy = yaml.safe_load((exported / "deploy.yaml").read_text())["Deploy"]
        assert (exported / deploy["model"]).is_file()
        assert (exported / deploy["params"]).is_file()
        assert deploy["input_shape"] == [-1, 3, -1, -1]
        assert (deploy["output_op"], deploy["output_dtype"]) == ("softmax", "float32")
        assert [step["type"] for step in deploy["transforms"]] == ["Resize", "Normalize"]

    def test_an_earlier_export_is_replaced_and_other_files_stay(self, tmp_path: Path, card: Card):
        (tmp_path / "model.pdparams").write_text("a checkpoint")
        export_model(Toy(), card, tmp_path, format="legacy")
        assert (tmp_path / "model.pdmodel").is_file()
        export_model(Toy(), card, tmp_path)
        assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*NAMES, "model.pdparams"])
        assert (tmp_path / "model.pdparams").read_text() == "a checkpoint"

    def test_what_cannot_be_proven_is_not_written(self, tmp_path: Path, card: Card):
        with pytest.raises(ExportError, match=r"Paddle Inference: differs by .* where 0.0001 is allowed"):
            export_model(Forgetful(), card, tmp_path / "new")
        assert not list(tmp_path.iterdir())

    def test_large_logits_are_judged_by_masks_and_by_their_own_rounding(self, tmp_path: Path, card: Card):
        """As of a network that is barely trained; the constant stands for what rounding does to it."""
        paddle.seed(0)  # how much is allowed depends on the weights
        model = Toy()
        model.conv.weight.set_value(model.conv.weight * 1e4)
        export_model(model, card, tmp_path)
        model.conv.bias.set_value(model.conv.bias + paddle.to_tensor([0.02, 0.0]))
        assert verify(tmp_path, model)["paddle"] > 1e-3
        model.conv.bias.set_value(model.conv.bias + paddle.to_tensor([1.0, 0.0]))
        with pytest.raises(ExportError, match=r"differs by 0.2\d from the model, where 0.\d+ is allowed"):
            verify(tmp_path, model)

    def test_a_failed_export_leaves_the_earlier_one(self, tmp_path: Path, card: Card):
        export_model(Toy(), card, tmp_path / "old")
        before = {path.name: path.read_bytes() for path in (tmp_path / "old").iterdir()}
        with pytest.raises(ExportError):
            export_model(Forgetful(), card, tmp_path / "old")
        assert {path.name: path.read_bytes() for path in (tmp_path / "old").iterdir()} == before

    def test_a_folder_that_cannot_be_made_is_named(self, tmp_path: Path, card: Card):
        (tmp_path / "file").write_text("")
        with pytest.raises(OutputError, match="file"):
            export_model(Toy(), card, tmp_path / "file" / "export")

    def test_a_model_that_cannot_be_traced_is_named(self, tmp_path: Path, card: Card):
        class Broken(Toy):
            def forward(self, x):
                raise RuntimeError("needs a Tuesday")

        with pytest.raises(ExportError, match=r"Broken: cannot be written as a graph: .*Tuesday"):
            export_model(Broken(), card, tmp_path / "new")
        assert not list(tmp_path.iterdir())

    def test_the_models_training_mode_is_as_it_was(self, tmp_path: Path, card: Card):
        toy = Toy()
        toy.train()
        export_model(toy, card, tmp_path / "new")
        assert toy.training


class TestNumbers:
    """Files against the model in memory, on real photos."""

    def difference(self, folder: Path, model: nn.Layer, photos: list[np.ndarray], runtime: str = "paddle") -> float:
        exported = Predictor.from_export(folder, runtime)  # type: ignore[arg-type]
        reference = Predictor.from_model(model, exported.card)
        found = 0.0
        for photo in photos:
            have, want = exported(photo), reference(photo)
            assert have.prob is not None and want.prob is not None
            found = max(found, float(np.abs(have.prob - want.prob).max()))
            np.testing.assert_array_equal(have.mask, want.mask)
        return found

    def test_any_size(self, exported: Path, model: nn.Layer, photos: list[np.ndarray]):
        assert self.difference(exported, model, photos) < 1e-4

    def test_without_onednn(self, exported: Path, model: nn.Layer, photos: list[np.ndarray]):
        plain = Predictor.from_export(exported, options=PaddleOptions(threads=1, onednn=False))
        reference = Predictor.from_model(model, plain.card)
        for photo in photos[:4]:
            np.testing.assert_array_equal(plain(photo).mask, reference(photo).mask)

    @pytest.mark.parametrize("form", ["pir", "legacy"])
    def test_a_fixed_shape(self, form: str, config: str, model: nn.Layer, photos: list[np.ndarray], tmp_path: Path):
        card = card_from_config(load_config(config), shape=[1, 3, 192, 192])
        export_model(model, card, tmp_path / "fixed", format=form)  # type: ignore[arg-type]
        assert (tmp_path / "fixed" / ("model.json" if form == "pir" else "model.pdmodel")).is_file()
        assert self.difference(tmp_path / "fixed", model, photos[:3]) < 1e-4

    def test_the_older_form_at_any_size(self, card: Card, model: nn.Layer, photos: list[np.ndarray], tmp_path: Path):
        export_model(model, card, tmp_path / "legacy", format="legacy")
        assert self.difference(tmp_path / "legacy", model, photos[:3]) < 1e-4

    def test_a_fixed_batch_takes_any_number_of_photos(self, card: Card, photos: list[np.ndarray], tmp_path: Path):
        toy = Toy()
        fixed = card.model_copy(update={"inputs": [card.input.model_copy(update={"shape": [2, 3, 192, 192]})]})
        export_model(toy, fixed, tmp_path / "two")
        exported = Predictor.from_export(tmp_path / "two")
        reference = Predictor.from_model(toy, card)
        for photo, result in zip(photos[:3], exported.batch(photos[:3]), strict=True):
            np.testing.assert_array_equal(result.mask, reference(photo).mask)

    def test_logits_give_the_same_mask_and_classes_nearly(
        self, config: str, model: nn.Layer, photos: list[np.ndarray], tmp_path: Path
    ):
        for op in ("none", "argmax"):
            folder = str(tmp_path / op)
            flags = ["--config", config, "--model_path", LITE, "--save_dir", folder, "--output_op", op, "--for_fd"]
            assert main(["export", *flags]) == 0
        logits, classes = (Predictor.from_export(tmp_path / op) for op in ("none", "argmax"))
        assert (tmp_path / "none" / "inference.json").is_file()
        assert yaml.safe_load((tmp_path / "none" / "inference.yml").read_text())["Deploy"]["output_op"] == "none"
        want = Predictor.from_model(model, read_card(zoo.card_path("pp_humanseg_v1_lite")))(photos[0]).mask
        np.testing.assert_array_equal(logits(photos[0]).mask, want)
        result = classes(photos[0])
        assert result.prob is None
        assert 0.95 < (result.mask == want).mean() < 1

    @pytest.mark.parametrize(("classes", "multilabel"), [(1, False), (3, True), (5, False)])
    def test_one_independent_and_many_classes(
        self, classes: int, multilabel: bool, photos: list[np.ndarray], tmp_path: Path
    ):
        activation = "softmax" if classes == 5 else "sigmoid"
        output = Output(activation=activation, multilabel=multilabel)  # type: ignore[arg-type]
        card = Card(preprocess=[Step(type="Normalize")], output=output)
        toy = Toy(classes)
        toy.conv.weight.set_value(toy.conv.weight * 8)
        export_model(toy, card, tmp_path / "toy")
        have, want = Predictor.from_export(tmp_path / "toy")(photos[0]), Predictor.from_model(toy, card)(photos[0])
        assert have.mask.shape == ((3, *photos[0].shape[:2]) if multilabel else photos[0].shape[:2])
        assert (have.mask == want.mask).mean() > 0.9999
        assert len(np.unique(want.mask)) > 1

    def test_other_weights_are_noticed(self, exported: Path):
        from paddleseg.models.humanseg.lite import PPHumanSegLite

        with pytest.raises(ExportError, match="differs by"):
            verify(exported, PPHumanSegLite())


class TestBrokenFolders:
    @pytest.fixture
    def copy(self, exported: Path, tmp_path: Path) -> Path:
        return Path(shutil.copytree(exported, tmp_path / "copy"))

    @pytest.mark.parametrize("name", ["model.json", "model.pdiparams"])
    def test_a_missing_file_is_named(self, copy: Path, name: str):
        (copy / name).unlink()
        with pytest.raises(ExportError, match=rf"{name}: is named by the card but is not there"):
            Predictor.from_export(copy)

    def test_a_damaged_graph_is_named(self, copy: Path):
        (copy / "model.json").write_text('{"base_code": ')
        with pytest.raises(ExportError, match=r"model.json: cannot be loaded"):
            Predictor.from_export(copy)

    def test_steps_that_do_not_fit_a_fixed_graph_are_named(self, tmp_path: Path, card: Card, photos: list[np.ndarray]):
        fixed = card.model_copy(update={"inputs": [card.input.model_copy(update={"shape": [1, 3, 192, 192]})]})
        export_model(Toy(), fixed, tmp_path / "fixed")
        text = (tmp_path / "fixed" / "inference.yml").read_text()
        (tmp_path / "fixed" / "inference.yml").write_text(
            text.replace("target_size: [192, 192]", "target_size: [96, 96]")
        )
        with pytest.raises(ExportError, match=r"takes inputs of shape \[1, 3, 192, 192\], .* gave \[1, 3, 96, 96\]"):
            Predictor.from_export(tmp_path / "fixed")(photos[0])

    def test_tensorrt_without_a_gpu_build_says_so(self, exported: Path):
        if paddle.is_compiled_with_cuda():
            pytest.skip("this Paddle has a GPU build")
        with pytest.raises(DeviceError, match=r"TensorRT: the installed Paddle .* was built without it"):
            Predictor.from_export(exported, options=PaddleOptions(trt=True))


class TestInferScript:
    @pytest.fixture
    def infer(self) -> Callable[..., int]:
        """`paddleseg infer`, in this process."""
        return lambda *flags: main(["infer", *map(str, flags)])

    def test_it_gives_the_pixels_of_predict_on_every_photo(
        self, exported: Path, config: str, mini: Path, tmp_path: Path, infer: Callable[..., int]
    ):
        predict = ["--config", config, "--model_path", LITE, "--device", "cpu", "--outputs", "mask"]
        assert main(["predict", *predict, "--image_path", str(mini / "val.txt"), "--save_dir", str(tmp_path)]) == 0
        want = masks(tmp_path / "mask")
        flags = ["--config", str(exported), "--image_path", str(mini / "val.txt"), "--save_dir"]
        command = [sys.executable, "deploy/python/infer.py", *flags, str(tmp_path / "one")]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert infer(*flags, tmp_path / "five", "--batch_size", 5, "--cpu_threads", 1) == 0
        for have in (masks(tmp_path / "one"), masks(tmp_path / "five")):
            assert have.keys() == want.keys()
            assert len(have) == 27
            for key, mask in have.items():
                np.testing.assert_array_equal(mask, want[key], err_msg=key)

    def test_flags_without_effect_are_named(
        self, exported: Path, photo: Path, tmp_path: Path, infer: Callable, capsys: pytest.CaptureFixture[str]
    ):
        flags = [
            "--with_argmax",
            "--model_name",
            "lite",
            "--precision",
            "fp16",
            "--benchmark",
            "True",
            "--enable_mkldnn",
            "False",
        ]
        assert infer("--config", exported / "deploy.yaml", "--image_path", photo, "--save_dir", tmp_path, *flags) == 0
        said = capsys.readouterr()
        assert "--with_argmax changes nothing" in said.err and "--model_name lite changes nothing" in said.err
        assert "--precision fp16 is an option of TensorRT" in said.err
        assert "Running on the CPU" in said.err
        assert "p95" in said.out

    def test_shapes_for_tensorrt_are_collected(
        self, exported: Path, photo: Path, tmp_path: Path, infer: Callable, capsys: pytest.CaptureFixture[str]
    ):
        photos, shapes = tmp_path / "photos", tmp_path / "shapes.pbtxt"
        photos.mkdir()
        (photos / "a.jpg").write_text("not a photo")
        shutil.copy(photo, photos / "b.jpg")
        flags = ["--enable_auto_tune", "True", "--auto_tuned_shape_file", shapes, "--device", "cpu"]
        assert infer("--config", exported, "--image_path", photos, "--save_dir", tmp_path / "out", *flags) == 2
        assert "min_shape: 192" in shapes.read_text() and (tmp_path / "out/b.png").is_file()
        said = capsys.readouterr().err
        assert "which only --use_trt reads" in said and said.count("a.jpg: is text, not an image") == 1

    def test_bad_input_ends_with_2_after_the_rest_is_done(
        self, exported: Path, photo: Path, tmp_path: Path, infer: Callable, capsys: pytest.CaptureFixture[str]
    ):
        (tmp_path / "photos").mkdir()
        (tmp_path / "photos" / "notes.jpg").write_text("not a photo")
        shutil.copy(photo, tmp_path / "photos" / "good.jpg")
        out = ["--image_path", tmp_path / "photos", "--save_dir", tmp_path / "out", "--device", "cpu"]
        assert infer("--config", exported, *out, "--batch_size", 2) == 2
        said = capsys.readouterr().err
        assert "notes.jpg: is text, not an image" in said
        assert "1 of 2 pictures could not be done" in said
        assert masks(tmp_path / "out").keys() == {"good.png"}
        assert infer("--config", tmp_path / "nowhere", *out) == 2
        assert "nowhere: does not exist" in capsys.readouterr().err


class TestOnnx:
    def test_the_graph_gives_the_models_mask(
        self, card: Card, model: nn.Layer, photos: list[np.ndarray], tmp_path: Path
    ):
        if why := Onnx.missing():
            pytest.skip(why)
        done = export_model(model, card, tmp_path / "onnx", onnx=True)
        assert set(done.differences) == {"paddle", "onnx"}
        assert TestNumbers().difference(tmp_path / "onnx", model, photos[:6], "onnx") < 1e-4

    def test_a_missing_converter_is_named_and_leaves_nothing(
        self, card: Card, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setenv("PATH", str(tmp_path))
        monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
        with pytest.raises(ExportError, match="paddle2onnx is not installed"):
            export_model(Toy(), card, tmp_path / "new", onnx=True)
        assert not list(tmp_path.iterdir())
