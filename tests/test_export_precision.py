"""Smaller numbers and other opsets: proven, or refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from paddle import nn

from paddleseg import zoo
from paddleseg.card import Card, Step, load_card, read_card
from paddleseg.cli.main import main
from paddleseg.errors import ConfigError, ExportError
from paddleseg.export.export import export_model
from paddleseg.export.targets.onnx import Onnx
from paddleseg.inference.predictor import Predictor

onnx = pytest.importorskip("onnx")
pytestmark = pytest.mark.skipif(bool(Onnx.missing()), reason="paddle2onnx is not installed")


@pytest.fixture(scope="module")
def photos(val_files: list[tuple[Path, Path]]) -> list[Path]:
    return [photo for photo, _ in val_files[:2]]


@pytest.fixture
def card() -> Card:
    return Card(
        preprocess=[Step.of("Resize", target_size=[64, 64]), Step.of("Normalize")], classes=["background", "person"]
    )


class Chain(nn.Layer):
    """Foreground is what is bright: four blurs, as smooth as photos are."""

    def __init__(self, offset: float = 0.0):
        """All but the ends work at brightness `offset`, so that few of the 256 steps are the picture's."""
        super().__init__()
        self.layers = nn.LayerList()
        for before, after in ((3, 8), (8, 8), (8, 8), (8, 2)):
            conv = nn.Conv2D(before, after, 3, padding=1)
            weight = np.full(conv.weight.shape, 1 / (9 * before), np.float32)
            if after == 2:
                weight[0] *= -1
            conv.weight.set_value(weight)
            if before == 3 or after == 2:
                conv.bias.set_value(np.float32([offset] * after if before == 3 else [offset, -offset]))
            self.layers.append(conv)

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return [4 * x]


def test_fp16_halves_the_weights_and_gives_the_masks(card: Card, photos: list[Path], tmp_path: Path):
    done = export_model(Chain(), card, tmp_path / "new", photos=photos, onnx=True, precision="fp16", embed="prob")
    rows = {row.target: row for row in load_card(done.folder)[0].measured.verified_exports}
    assert [rows[name].precision for name in ("paddle", "onnx", "embedded")] == ["fp32", "fp16", "fp16"]
    assert 1e-6 < rows["onnx"].largest_difference < 5e-3
    types = [
        node.attribute[0].t.data_type
        for node in onnx.load(done.folder / "model.onnx").graph.node
        if node.op_type == "Constant"
    ]
    assert onnx.TensorProto.FLOAT16 in types
    assert sorted(path.name for path in done.folder.iterdir()) == [
        *("deploy.yaml", "inference.yml", "model.embedded.onnx", "model.json", "model.onnx", "model.pdiparams")
    ]


@pytest.mark.slow
def test_int8_is_held_to_the_masks(photos: list[Path], tmp_path: Path):
    card = read_card(zoo.card_path("portrait_accurate"))
    model = Predictor.from_zoo("portrait_accurate", "dygraph").runtime.graph.model  # type: ignore[attr-defined]
    done = export_model(model, card, tmp_path / "new", photos=photos, onnx=True, precision="int8")
    (row,) = [row for row in done.card.measured.verified_exports if row.target == "onnx"]
    assert row.precision == "int8" and row.mIoU_difference is not None and 0 < row.mIoU_difference <= 5e-3
    graph = onnx.load(done.folder / "model.onnx").graph
    assert "QuantizeLinear" in {node.op_type for node in graph.node}


def test_masks_that_int8_ruins_are_refused(card: Card, photos: list[Path], tmp_path: Path):
    said = r"mIoU less than the model's, where 0.5 is allowed\n  hint: .*nothing has been"
    with pytest.raises(ExportError, match=said):
        export_model(Chain(offset=50), card, tmp_path / "new", photos=photos, onnx=True, precision="int8")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("opset", [pytest.param(11, marks=pytest.mark.slow), 21])
def test_the_opset_is_the_one_asked_for(opset: int, card: Card, tmp_path: Path):
    export_model(Chain(), card, tmp_path / "new", onnx=True, opset=opset)
    assert onnx.load(tmp_path / "new" / "model.onnx").opset_import[0].version == opset


def test_what_cannot_be_had_is_refused_before_anything_is_written(
    card: Card, photos: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    with pytest.raises(ConfigError, match="--opset: should lie between 11 and 21, not 22"):
        export_model(Chain(), card, tmp_path / "new", onnx=True, opset=22)
    with pytest.raises(ConfigError, match=r"fp16: is not what paddle can be written in\n  hint: add --to onnx"):
        export_model(Chain(), card, tmp_path / "new", precision="fp16")
    with pytest.raises(ConfigError, match=r"int8: has to be proven on photos.*\n  hint: add --verify PHOTOS --calib"):
        export_model(Chain(), card, tmp_path / "new", onnx=True, precision="int8")
    flags = ["--config", "portrait_fast_finish", "--model_path", "zoo://portrait", "--save_dir", str(tmp_path / "new")]
    assert main(["export", *flags, "--embed", "--output_op", "argmax"]) == 2
    assert "--embed: needs probabilities, not argmax" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_an_opset_that_the_network_does_not_fit_in_names_the_one_that_does(card: Card, tmp_path: Path):
    class Sampled(nn.Layer):
        """`grid_sample` came with opset 16."""

        def forward(self, x):
            grid = x.transpose([0, 2, 3, 1])[..., :2]
            return [nn.functional.grid_sample(x, grid)[:, :2]]

    with pytest.raises(ExportError, match=r"--opset 13: is too low for this network, which needs 16\n  hint: use"):
        export_model(Sampled(), card, tmp_path / "new", onnx=True, compare=False)
    assert not list(tmp_path.iterdir())
