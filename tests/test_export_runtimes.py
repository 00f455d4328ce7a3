"""Runtimes of phones and GPUs: what runs gives the model's numbers, and what cannot run says why."""

from __future__ import annotations

import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import paddle
import pytest
from paddle import nn

from paddleseg import zoo
from paddleseg.card import Card, Files, Input, load_card, read_card, save_card
from paddleseg.errors import ConfigError, DeviceError, ExportError
from paddleseg.export.export import export_model
from paddleseg.export.targets import target_class
from paddleseg.export.targets.flatten import reshaped, write_as_reshape
from paddleseg.export.targets.paddle import save_graph
from paddleseg.images.io import read_image
from paddleseg.inference.environments import command_for, interpreter, program
from paddleseg.inference.predictor import Predictor
from paddleseg.inference.runtimes import runtime_class
from paddleseg.inference.runtimes.base import RuntimeOptions
from paddleseg.inference.runtimes.lite import check_processor
from paddleseg.inference.runtimes.paddle import PaddleInference
from paddleseg.models.layers.basic import ConvBNReLU, channel_shuffle
from tests.deploy_lite_parts import portrait_of_one_shape

ARM = b"\x02\x00v2.13-rc feed/def/1/1/1 conv2d/def/4/1/1"
X86 = b"\x02\x00v2.13-rc feed/def/1/1/1 conv2d/def/2/1/1"


@pytest.fixture(scope="module")
def photos(val_files: list[tuple[Path, Path]]) -> list[Path]:
    return [photo for photo, _ in val_files[:2]]


def absent(name: str) -> str:
    return target_class(name).missing() or runtime_class(name).missing()


class TestPhones:
    def exported(
        self, name: str, photos: list[Path], folder: Path, network: tuple[str, int] = ("portrait", 256)
    ) -> Card:
        """A portrait network, proven on photos for one target."""
        if why := absent(name):
            pytest.skip(why)
        model, card = portrait_of_one_shape(*network)
        return export_model(model, card, folder, photos=photos, to=[name]).card

    @pytest.mark.slow
    def test_lite_gives_the_masks_and_refuses_the_other_processors_file(self, photos: list[Path], tmp_path: Path):
        card = self.exported("lite", photos, tmp_path / "new")
        row = next(row for row in card.measured.verified_exports if row.target == "lite")
        assert row.largest_difference < 1e-4 and row.mask_difference == 0
        assert (tmp_path / "new" / str(card.files.lite_arm)).is_file()
        wrong = card.model_copy(update={"files": card.files.model_copy(update={"lite": card.files.lite_arm})})
        save_card(wrong, tmp_path / "new" / "inference.yml")
        with pytest.raises(ExportError, match=r"model.arm.nb: is for arm processors, and this one is x86"):
            Predictor.from_export(tmp_path / "new", "lite")

    @pytest.mark.slow
    def test_lite_ends_and_says_so_where_its_file_is_cut(self, photos: list[Path], tmp_path: Path):
        card = self.exported("lite", photos, tmp_path / "new")
        graph = tmp_path / "new" / str(card.files.lite)
        graph.write_bytes(graph.read_bytes()[: graph.stat().st_size // 2])
        with pytest.raises(ExportError, match=r"model.x86.nb"):
            Predictor.from_export(tmp_path / "new", "lite")(read_image(photos[0]))

    # onnx2tf leaves the second one's output in NHWC, and gives it no signature.
    @pytest.mark.slow
    @pytest.mark.timeout(1800)
    @pytest.mark.parametrize("network", [("portrait", 256), ("connectnet", 128)])
    def test_tflite_gives_the_masks(self, network: tuple[str, int], photos: list[Path], tmp_path: Path):
        card = self.exported("tflite", photos, tmp_path / "new", network)
        row = next(row for row in card.measured.verified_exports if row.target == "tflite")
        assert row.largest_difference < 1e-4 and row.mask_difference == 0

    def test_tflite_wants_one_shape(self, tmp_path: Path):
        if why := absent("tflite"):
            pytest.skip(why)
        model = Predictor.from_zoo("portrait", "dygraph").runtime.graph.model  # type: ignore[attr-defined]
        with pytest.raises(ConfigError, match=r"tflite: needs an input of one shape\n  hint: add --input_shape"):
            export_model(model, read_card(zoo.card_path("portrait")), tmp_path / "new", to=["tflite"])
        assert not list(tmp_path.iterdir())

    def test_a_file_for_other_processors_is_refused(self, tmp_path: Path):
        for name, content in (("arm.nb", ARM), ("x86.nb", X86), ("text.nb", b"not a model")):
            (tmp_path / name).write_bytes(content)
        check_processor(tmp_path / "x86.nb")
        with pytest.raises(ExportError, match=r"arm.nb: is for arm processors, and this one is x86"):
            check_processor(tmp_path / "arm.nb")
        with pytest.raises(ExportError, match=r"text.nb: is no model of Paddle Lite"):
            check_processor(tmp_path / "text.nb")


class TestAbsent:
    @pytest.fixture
    def bare(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A machine without the environments of other programs, and without a GPU."""
        monkeypatch.setenv("PADDLESEG_HOME", str(tmp_path / "home"))
        monkeypatch.setenv("PATH", str(tmp_path))

    @pytest.mark.parametrize(
        ("name", "said"),
        [
            ("lite", r"Paddle Lite is not installed\n  hint: python3.10 -m venv .*paddlelite==2.13rc0"),
            ("tensorrt", r"there is no NVIDIA GPU\n  hint: on a machine with an NVIDIA GPU: pip install tensorrt"),
        ],
    )
    def test_a_runtime_says_what_brings_it(self, bare: None, name: str, said: str, tmp_path: Path):
        (tmp_path / "model").write_bytes(X86)
        card = Card(files=Files(**{name: "model"}))
        save_card(card, tmp_path / "inference.yml")
        with pytest.raises(DeviceError, match=rf"runtime {name}: {said}"):
            Predictor.from_export(tmp_path, name)

    @pytest.mark.skipif(find_spec("ai_edge_litert") is not None, reason="LiteRT is installed")
    def test_litert_says_what_brings_it(self, tmp_path: Path):
        (tmp_path / "model").write_bytes(b"")
        save_card(Card(files=Files(tflite="model")), tmp_path / "inference.yml")
        with pytest.raises(DeviceError, match=r"LiteRT is not installed\n  hint: pip install"):
            Predictor.from_export(tmp_path, "tflite")

    @pytest.mark.parametrize("name", ["lite", "tflite", "tensorrt"])
    def test_targets_say_so_before_anything_is_written(self, bare: None, name: str, tmp_path: Path):
        model = Predictor.from_zoo("portrait", "dygraph").runtime.graph.model  # type: ignore[attr-defined]
        with pytest.raises(ExportError, match=rf"target {name}: .*\n  hint: "):
            export_model(model, read_card(zoo.card_path("portrait")), tmp_path / "new", to=[name])
        assert not (tmp_path / "new").exists()

    def test_programs_are_looked_for_in_their_own_environment(self, bare: None, tmp_path: Path):
        place = tmp_path / "home" / "environments" / "other" / "bin"
        place.mkdir(parents=True)
        assert program("abacus", "other") is None and interpreter("abacus", "other") is None
        (place / "abacus").write_text("")
        (place / "python").symlink_to(sys.executable)
        assert program("abacus", "other") == place / "abacus"
        assert interpreter("numpy", "other") is not None
        assert str(place.parent) in command_for("other", "python3.10", "abacus")


class TestBrokenGraphs:
    """Files that are no graphs, or not those of the card: named, in every runtime that is here."""

    @pytest.mark.parametrize(
        ("key", "runtime", "name"),
        [
            ("onnx", "onnx", "model.onnx"),
            ("openvino", "openvino", "model.xml"),
            ("lite", "lite", "model.nb"),
            ("tflite", "tflite", "model.tflite"),
        ],
    )
    @pytest.mark.parametrize("content", [b"", b"not a graph", b"\x00" * 4096])
    def test_they_are_named(self, key: str, runtime: str, name: str, content: bytes, tmp_path: Path):
        if why := runtime_class(runtime).missing():
            pytest.skip(why)
        for file in (name, "model.bin"):
            (tmp_path / file).write_bytes(content)
        save_card(Card(files=Files(**{key: name})), tmp_path / "inference.yml")
        with pytest.raises(ExportError, match=name):
            Predictor.from_export(tmp_path, runtime)
        (tmp_path / name).unlink()
        with pytest.raises(ExportError, match=rf"{name}: is named by the card but is not there"):
            Predictor.from_export(tmp_path, runtime)

    def test_an_opset_that_the_runtime_does_not_know_is_named(self, tmp_path: Path):
        onnx = pytest.importorskip("onnx")
        graph = onnx.load(zoo.onnx_path("portrait"))
        graph.opset_import[0].version = 99
        onnx.save(graph, tmp_path / "model.onnx")
        save_card(Card(files=Files(onnx="model.onnx")), tmp_path / "inference.yml")
        with pytest.raises(ExportError, match=r"(?s)model.onnx: cannot be loaded: .*opset"):
            Predictor.from_export(tmp_path, "onnx")


class TestOptions:
    def test_a_precision_that_cannot_be_honoured_says_what_to_do(self):
        with pytest.raises(DeviceError, match=r"fp16: the runtime onnx computes in the graph's own.*\n  hint: export"):
            Predictor.from_zoo("portrait", "onnx", options=RuntimeOptions(precision="fp16"))
        if not runtime_class("openvino").missing():
            with pytest.raises(DeviceError, match=r"int8: is that of the graph\n  hint: export with"):
                Predictor.from_zoo("portrait", "openvino", options=RuntimeOptions(precision="int8"))
        with pytest.raises(ConfigError, match="warm_up: should lie between 0 and 1000"):
            RuntimeOptions(warm_up=-1)

    def test_the_fastest_that_is_installed_is_taken_and_named(self, photos: list[Path]):
        predictor = Predictor.from_zoo("portrait", options=RuntimeOptions(threads=1, warm_up=1))
        assert predictor.runtime.name == "onnx" and repr(predictor) == "Predictor(portrait on onnx)"
        assert np.any(predictor(read_image(photos[0])).mask)


@pytest.mark.gpu
class TestTensorRt:
    @pytest.mark.parametrize("precision", ["fp32", "fp16"])
    def test_the_engine_gives_the_masks(self, precision: str, photos: list[Path], tmp_path: Path):
        if why := absent("tensorrt"):
            pytest.skip(why)
        card = read_card(zoo.card_path("portrait"))
        model = Predictor.from_zoo("portrait", "dygraph").runtime.graph.model  # type: ignore[attr-defined]
        done = export_model(model, card, tmp_path / "new", photos=photos, to=["tensorrt"], precision=precision)  # type: ignore[arg-type]
        row = next(row for row in load_card(done.folder)[0].measured.verified_exports if row.target == "tensorrt")
        print(f"TensorRT {precision}: {row.largest_difference:.1e}, p50 {row.p50_ms} ms")
        assert row.mask_difference is not None and row.mask_difference < 1e-3
        shutil.rmtree(done.folder)


class Shuffled(nn.Layer):
    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        return channel_shuffle(x, 2)


class TestPaddleLitesGraph:
    """Its converter crashes on operations that Paddle itself runs."""

    @pytest.mark.parametrize(
        ("shape", "axes", "wanted"),
        [
            ((-1, 2, 8, 6, 5), (1, 2), [0, 16, 6, 5]),
            ((1, 16, 6, 5), (2, -1), [0, 0, 30]),
            ((-1, 16, 6, 5), (0, 1), [-1, 6, 5]),
            ((-1, 2, 8, -1, -1), (1, 2), [0, 16, -1, -1]),  # nothing says which is which
        ],
    )
    def test_flattening_is_reshaping(self, shape: tuple[int, ...], axes: tuple[int, int], wanted: list[int]):
        assert reshaped(shape, *axes) == wanted

    def test_it_gives_the_same_numbers_without_flattening(self, tmp_path: Path):
        model = nn.Sequential(ConvBNReLU(3, 8, 3), Shuffled(), nn.Conv2D(8, 2, 1))
        model.eval()
        card = Card(inputs=[Input(shape=[None, 3, 24, 32])])
        save_graph(model, card, "legacy", tmp_path / "model")
        graph = tmp_path / "model.pdmodel"
        x = paddle.rand([2, 3, 24, 32]).numpy()
        before = ran(graph, x)
        assert b"flatten_contiguous_range" in graph.read_bytes()
        write_as_reshape(graph)
        assert b"flatten_contiguous_range" not in graph.read_bytes()
        np.testing.assert_array_equal(ran(graph, x), before)


def ran(graph: Path, x: np.ndarray) -> np.ndarray:
    (output,) = PaddleInference(graph, graph.with_suffix(".pdiparams")).run({"x": x}).values()
    return output
