"""Targets: one command for several, each proven on photos, with the same bytes every time."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import paddle
import pytest
from paddle import nn

from paddleseg import zoo
from paddleseg.card import Card, Output, Step, load_card, read_card
from paddleseg.cli.main import main
from paddleseg.errors import ConfigError, DataError, ExportError, OutputError
from paddleseg.export.compare import compare
from paddleseg.export.export import export_model
from paddleseg.export.targets import in_order, target_class
from paddleseg.export.targets.base import convert
from paddleseg.export.targets.onnx import Onnx
from paddleseg.inference.predictor import Predictor

converted = pytest.mark.skipif(bool(Onnx.missing()), reason="paddle2onnx is not installed")


@pytest.fixture(scope="module")
def photos(val_files: list[tuple[Path, Path]]) -> list[Path]:
    return [photo for photo, _ in val_files[:3]]


@pytest.fixture
def card() -> Card:
    return read_card(zoo.card_path("portrait"))


@pytest.fixture
def steep() -> Card:
    """Of a network of few numbers, whose masks change where these do."""
    return Card(preprocess=[Step.of("Resize", target_size=[64, 64]), Step.of("Normalize")])


class Toy(nn.Layer):
    def __init__(self, classes: int = 2):
        super().__init__()
        self.conv = nn.Conv2D(3, classes, 1)

    def forward(self, x):
        return [self.conv(x)]


class Small(Toy):
    """Several layers with parameters, buffers and a size that follows the input."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2D(3, 3, 3, padding=1), nn.BatchNorm2D(3), nn.Conv2D(3, 3, 1))

    def forward(self, x):
        half = nn.functional.avg_pool2d(self.stem(x), 2)
        return [self.conv(nn.functional.interpolate(half, size=paddle.shape(x)[2:], mode="bilinear"))]


def portrait() -> nn.Layer:
    """The packed weights."""
    return Predictor.from_zoo("portrait", "dygraph").runtime.graph.model  # type: ignore[attr-defined]


class TestTargets:
    def test_what_a_target_is_made_of_comes_before_it(self):
        assert [target.name for target in in_order(["openvino", "onnx"])] == ["paddle", "onnx", "openvino"]
        assert [target.name for target in in_order(["paddle"])] == ["paddle"]

    def test_an_unknown_one_is_named(self):
        with pytest.raises(ConfigError, match=r"--to: no target is called 'onx'\n  hint: did you mean 'onnx'"):
            target_class("onx")

    def test_all_that_are_missing_are_named_and_nothing_is_written(
        self, steep: Card, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setenv("PATH", str(tmp_path))
        monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
        with pytest.raises(ExportError) as caught:
            export_model(Toy(), steep, tmp_path / "new", to=["openvino"])
        said = str(caught.value)
        assert "target onnx: paddle2onnx is not installed\n  hint: pip install" in said
        assert ("target openvino: OpenVINO is not installed" in said) == (find_spec("openvino") is None)
        assert not list(tmp_path.iterdir())

    def test_a_converter_that_dies_is_an_error_in_its_words(self, tmp_path: Path):
        code = "import os, sys; print('[ERROR] no such operator: abacus', file=sys.stderr, flush=True); os.abort()"
        with pytest.raises(
            ExportError, match=r"target onnx: the converter ended with code -6: .*abacus\n  hint: other"
        ):
            convert(Onnx, [sys.executable, "-c", code], tmp_path / "model.onnx", "other")
        with pytest.raises(ExportError, match="ended with code 0: without a word"):
            convert(Onnx, [sys.executable, "-c", ""], tmp_path / "model.onnx", "other")


class TestBytes:
    @pytest.mark.parametrize("format", ["pir", "legacy"])
    def test_the_same_model_is_the_same_files(self, format: str, steep: Card, tmp_path: Path):
        weights = Small().state_dict()
        to = ["onnx"] if not Onnx.missing() else []
        to += ["openvino"] if to and find_spec("openvino") else []
        found = []
        for number in ("one", "two"):
            again = Small()  # whose parameters Paddle numbers further on
            again.set_state_dict(weights)
            done = export_model(again, steep, tmp_path / number, format=format, to=to)  # type: ignore[arg-type]
            found.append({path.name: path.read_bytes() for path in done.folder.iterdir()})
        assert found[0].keys() == found[1].keys()
        assert not [name for name, content in found[0].items() if found[1][name] != content]

    def test_parameters_have_their_names_again(self, steep: Card, tmp_path: Path):
        toy = Toy()
        before = [parameter.name for parameter in toy.parameters()]
        export_model(toy, steep, tmp_path / "new")
        assert [parameter.name for parameter in toy.parameters()] == before


class TestPhotos:
    def test_a_card_says_what_was_measured(self, card: Card, photos: list[Path], tmp_path: Path):
        export_model(portrait(), card, tmp_path / "new", photos=photos, command="by hand")
        (row,) = load_card(tmp_path / "new")[0].measured.verified_exports
        assert (row.target, row.photos, row.threads, row.command) == ("paddle", 3, 1, "by hand")
        assert row.largest_difference < 1e-4 and row.mask_difference is not None and row.mask_difference < 1e-3
        assert row.mIoU_difference is not None and row.mIoU_difference < 1e-3
        assert row.p50_ms is not None and row.p95_ms is not None and 0 < row.p50_ms <= row.p95_ms

    def test_other_masks_are_an_error_that_names_both_measures(self, steep: Card, photos: list[Path], tmp_path: Path):
        toy = Toy()
        export_model(toy, steep, tmp_path / "new")
        toy.conv.weight.set_value(-toy.conv.weight)
        with pytest.raises(ExportError) as caught:
            compare(tmp_path / "new", toy, photos)
        first, second = caught.value.problems
        assert "Paddle Inference" in first.where and "where 0.0001 is allowed" in first.what
        assert "of a photo's mask are of another class" in second.what and "where 0.1% are allowed" in second.what

    def test_a_graph_that_is_wrong_on_photos_only_leaves_nothing(self, steep: Card, photos: list[Path], tmp_path: Path):
        class Late(Toy):
            """Agrees with its file on the made-up inputs, which come in twos, and not on a photo."""

            def forward(self, x):
                return [self.conv(x) * (1 if x.shape[0] == 2 or x.shape[0] < 0 else 9)]

        with pytest.raises(ExportError, match=r"differs by .* on a photo"):
            export_model(Late(), steep, tmp_path / "new", photos=photos)
        assert not list(tmp_path.iterdir())

    def test_photos_that_cannot_be_read_are_all_named(self, steep: Card, photos: list[Path], tmp_path: Path):
        bad = [tmp_path / name for name in ("a.jpg", "b.jpg")]
        for path in bad:
            path.write_text("no photo")
        with pytest.raises(DataError, match=r"(?s)a\.jpg.*b\.jpg"):
            export_model(Toy(), steep, tmp_path / "new", photos=[bad[0], photos[0], bad[1]])
        assert not (tmp_path / "new").exists()

    @pytest.mark.parametrize("kind", ["argmax", "logits", "values"])
    def test_graphs_of_other_ends(self, kind: str, steep: Card, photos: list[Path], tmp_path: Path):
        card = steep.model_copy(update={"outputs": [Output(kind=kind)]})  # type: ignore[arg-type]
        if kind == "values":
            card = card.model_copy(update={"task": "depth", "postprocess": [Step.of("to_picture")]})
        done = export_model(Toy(1 if kind == "values" else 2), card, tmp_path / "new", photos=photos[:1])
        (row,) = done.card.measured.verified_exports
        assert (row.mask_difference is None) == (kind == "values")


@converted
@pytest.mark.skipif(find_spec("openvino") is None, reason="OpenVINO is not installed")
def test_files_of_that_name_that_are_no_exports_stay(steep: Card, tmp_path: Path):
    (tmp_path / "model.bin").write_text("mine")
    with pytest.raises(OutputError, match=r"model\.bin: is there already, and of no earlier export"):
        export_model(Toy(), steep, tmp_path, to=["openvino"])
    assert [path.name for path in tmp_path.iterdir()] == ["model.bin"]
    assert (tmp_path / "model.bin").read_text() == "mine"
    (tmp_path / "model.bin").unlink()
    for _ in range(2):
        export_model(Toy(), steep, tmp_path, to=["openvino"])
    export_model(Toy(), steep, tmp_path)
    assert not list(tmp_path.glob("*.bin")) and not list(tmp_path.glob("*.xml"))


@converted
def test_the_command_prints_the_table_and_the_folder_runs(
    root: Path, photos: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    to = ["paddle,onnx", "openvino"] if find_spec("openvino") else ["paddle,onnx"]
    model = ["--config", "portrait_fast_finish", "--model_path", "zoo://portrait", "--save_dir", str(tmp_path / "new")]
    assert main(["export", *model, "--verify", str(photos[0]), "--to", *to]) == 0
    said = capsys.readouterr().out.splitlines()
    rows = said[next(number for number, line in enumerate(said) if line.startswith("target ")) + 1 :]
    names = [name for part in to for name in part.split(",")]
    assert [row.split()[0] for row in rows] == names
    card, folder = load_card(tmp_path / "new")
    assert [row.target for row in card.measured.verified_exports] == names
    assert card.measured.verified_exports[0].command.startswith("paddleseg export --config portrait_fast_finish ")
    assert {card.files.graph, card.files.params, card.files.onnx} <= {path.name for path in folder.iterdir()}
    photo = np.zeros((90, 120, 3), np.uint8)
    masks = [Predictor.from_export(folder, name)(photo).mask for name in names]
    assert all((mask == masks[0]).all() for mask in masks)
    assert main(["export", *model]) == 0  # nothing of the other targets stays beside a card that does not name it
    assert sorted(path.name for path in folder.iterdir()) == [
        "deploy.yaml",
        "inference.yml",
        "model.json",
        "model.pdiparams",
    ]
