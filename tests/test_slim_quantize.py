"""Convolutions in 8 bits: ranges, sensitive layers, proof or refusal, and training that meets the rounding."""

from __future__ import annotations

import csv
import importlib.util
import io
from pathlib import Path

import numpy as np
import paddle
import pytest
from paddle import nn
from rich.console import Console

from paddleseg.card import Card, Output, Step, load_card
from paddleseg.datasets.base import Dataset
from paddleseg.errors import ConfigError, ExportError
from paddleseg.export.export import export_model
from paddleseg.export.quantize.observe import Histogram, histograms, of_all_shapes
from paddleseg.export.targets.onnx import Onnx
from paddleseg.images.io import image_size
from paddleseg.inference.predictor import Predictor
from paddleseg.models.layers.basic import ConvBNReLU
from paddleseg.slim.fake import fake_quantise
from paddleseg.slim.proof import Margin, Proof
from paddleseg.slim.quantize import Quantize, quantize
from paddleseg.slim.settings import read_settings
from paddleseg.tasks.semantic import Semantic

onnx = pytest.importorskip("onnx")
needs_paddle2onnx = pytest.mark.skipif(bool(Onnx.missing()), reason="paddle2onnx is not installed")


class Bright(nn.Layer):
    """Foreground is what is bright. In float the `offset` that the middle layer works at makes no difference."""

    def __init__(self, offset: float = 0.0):
        super().__init__()
        self.first = ConvBNReLU(3, 8, 3)
        self.middle = nn.Conv2D(8, 8, 1)
        self.last = nn.Conv2D(8, 2, 1)
        for conv in (self.first.conv, self.middle, self.last):
            conv.weight.set_value(np.full(conv.weight.shape, 1 / np.prod(conv.weight.shape[1:]), np.float32))
        weight = self.last.weight.numpy()
        weight[0] *= -1
        self.last.weight.set_value(weight)
        self.middle.bias.set_value(np.full(8, offset, np.float32))
        self.last.bias.set_value(np.float32([offset + 0.5, -offset - 0.5]))

    def forward(self, x):
        return [8 * self.last(self.middle(self.first(x + 1)))]


@pytest.fixture
def card() -> Card:
    steps = [Step.of("Resize", target_size=[64, 64]), Step.of("Normalize")]
    return Card(preprocess=steps, classes=["background", "person"])


@pytest.fixture(scope="module")
def few(mini: Path, tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    lines = (mini / "val.txt").read_text().splitlines()[:6]
    file = tmp_path_factory.mktemp("few") / "val.txt"
    file.write_text("\n".join(lines))
    return Dataset("val", str(mini), [], 2, val_path=str(file))


@pytest.fixture(scope="module")
def others(mini: Path) -> list[Path]:
    return [mini / line.split()[0] for line in (mini / "train.txt").read_text().splitlines()[:8]]


def run(model: nn.Layer, card: Card, folder: Path, few: Dataset, photos: list[Path], *slim: str):
    proof = Proof(Predictor.from_model(model, card), few, Semantic())
    said = Console(file=io.StringIO(), width=200)
    done = quantize(model, card, folder, proof, photos, read_settings(Quantize, None, slim), console=said)
    return done, said.file.getvalue()  # type: ignore[attr-defined]


class TestRanges:
    @pytest.fixture
    def tailed(self) -> Histogram:
        """A bell around zero, and one value in 10,000,000 at 20."""
        centres = np.linspace(-1, 20, 2049)[:-1]
        counts = (1e6 * np.exp(-5 * centres**2)).astype(np.int64)
        counts[-1] = 2
        return Histogram(-1.0, 20.0, counts)

    @pytest.mark.parametrize("observer", ["percentile", "mse", "kl"])
    def test_what_is_rare_is_clipped(self, observer: str, tailed: Histogram):
        assert tailed.range("minmax") == (-1, 20)
        low, high = tailed.range(observer)  # type: ignore[arg-type]
        assert low <= 0 <= high < 15

    def test_values_that_are_spread_evenly_are_not(self):
        even = Histogram(0.0, 4.0, np.full(2048, 100))
        assert even.range("mse")[1] > 3.9

    def test_photos_of_all_shapes_are_taken(self, mini: Path):
        photos = [mini / line.split()[0] for line in (mini / "train.txt").read_text().splitlines()]
        chosen = of_all_shapes(photos, 12)
        ratios = [h / w for h, w in map(image_size, chosen)]
        assert len(set(chosen)) == 12 and min(ratios) < 0.7 and max(ratios) > 1.4


@needs_paddle2onnx
class TestQuantize:
    def test_a_graph_in_8_bits_comes_with_its_proof(self, card: Card, few: Dataset, others: list[Path], tmp_path: Path):
        model = Bright()
        done, said = run(model, card, tmp_path / "int8", few, others, "margin.mIoU=2", "margin.boundary_IoU=5")
        graph = onnx.load(tmp_path / "int8" / "model.onnx").graph
        kinds = [node.op_type for node in graph.node]
        assert kinds.count("QuantizeLinear") > 1 and "BatchNormalization" not in kinds
        assert "6 photos" in said and "onnx" in said
        rows = {row.target: row for row in load_card(tmp_path / "int8")[0].measured.verified_exports}
        assert rows["onnx"].precision == "int8" and rows["paddle"].precision == "fp32"
        table = list(csv.DictReader((tmp_path / "int8" / "sensitivity.csv").open()))
        assert {row["layer"] for row in table} == {"model.first.conv", "model.middle", "model.last"}
        assert (tmp_path / "int8" / "sensitivity.png").stat().st_size > 5000
        assert [row.layer for row in done.rows][: len(done.kept)] == done.kept

    def test_what_loses_too_much_is_refused_with_the_layers_to_keep(
        self, card: Card, few: Dataset, others: list[Path], tmp_path: Path
    ):
        with pytest.raises(ExportError, match=r"in onnx: loses .* mIoU on 6 photos, where 0.3 is allowed") as caught:
            run(Bright(offset=60), card, tmp_path / "int8", few, others, "keep=[]", "observers=[minmax]")
        hint = caught.value.problems[0].hint
        assert "--slim 'keep=[" in hint and "model.last" in hint and "nothing has been written" in hint
        assert not list(tmp_path.iterdir())

    def test_auto_keeps_the_layers_that_do_not_bear_it(
        self, card: Card, few: Dataset, others: list[Path], tmp_path: Path
    ):
        model = Bright(offset=60)
        done, _ = run(model, card, tmp_path / "int8", few, others, "most_kept=0.9", "observers=[minmax]")
        kept = {layer.name for layer in done.kept}
        assert "model.last" in kept and len(kept) < 3

    def test_what_cannot_be_meant_is_refused(self, card: Card, few: Dataset, others: list[Path], tmp_path: Path):
        judged = [entry[0] for entry in few.entries]
        with pytest.raises(ConfigError, match=r"has 2 of the photos that the result is judged on"):
            run(Bright(), card, tmp_path / "int8", few, [*others, *judged[:2]])
        with pytest.raises(ConfigError, match=r"no layer is called 'stem\.\*'\n  hint: the layers are model\.first"):
            run(Bright(), card, tmp_path / "int8", few, others, "keep=[stem.*]", "observers=[minmax]")
        with pytest.raises(ConfigError) as caught:
            read_settings(Quantize, None, ["observer=mse", "margin.mIoU=-1", "weight_bits=6"])
        assert len(caught.value.problems) == 3 and "did you mean 'observers'" in str(caught.value)
        assert not list(tmp_path.iterdir())


class TestTraining:
    @needs_paddle2onnx
    def test_the_network_rounds_as_the_graph_does(self, card: Card, tmp_path: Path):
        """The weights of the graph are those that training sees, also where a batch norm is folded."""
        import onnxruntime

        from paddleseg.export.quantize.graph import folded, layers_of
        from paddleseg.export.quantize.recipe import tensors_of
        from paddleseg.export.quantize.write import in_8_bits

        model = Bright()
        for conv in (model.middle, model.last):
            conv.weight.set_value(paddle.randn(conv.weight.shape) / 4)
        model.first.bn.weight.set_value(np.linspace(-1, 2, 8, dtype=np.float32))
        model.eval()
        card = card.model_copy(update={"outputs": [Output(kind="logits")]})
        plain = export_model(model, card, tmp_path / "float", onnx=True, compare=False)
        graph = folded(plain.folder / "model.onnx")
        layers = layers_of(graph)
        tensors = [np.random.default_rng(0).uniform(-1, 1, (1, 3, 64, 64)).astype(np.float32)]
        found = histograms(graph, tensors_of(layers), tensors)
        ranges = {name: histogram.range("minmax") for name, histogram in found.items()}
        before = Predictor.from_model(model, card).runtime.run({"x": tensors[0]})
        missing = fake_quantise(model, {layer.name: ranges[layer.input] for layer in layers}, 7)
        after = Predictor.from_model(model, card).runtime.run({"x": tensors[0]})
        session = onnxruntime.InferenceSession(in_8_bits(graph, layers, ranges).SerializeToString())
        (exported,) = session.run(None, {"x": tensors[0]})
        (float_logits,), (rounded,) = before.values(), after.values()
        change = np.abs(rounded - float_logits).mean()
        assert missing == [] and change > 1e-4
        # The graph also rounds what comes out of convolutions, most of which goes into the next one.
        assert np.abs(exported - rounded).mean() < np.abs(exported - float_logits).mean()
        # No sum is clipped: compiled for this processor, the graph gives what its rounding in float gives.
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        plainly = onnxruntime.InferenceSession(in_8_bits(graph, layers, ranges).SerializeToString(), options)
        np.testing.assert_allclose(plainly.run(None, {"x": tensors[0]})[0], exported, atol=0.1)

    def test_training_changes_the_float_weights_under_their_names(self):
        model = Bright()
        names = list(model.state_dict())
        missing = fake_quantise(model, {"model.middle": (0.0, 3.0), "model.gone": (0.0, 1.0)}, 7)
        assert missing == ["model.gone"] and list(model.state_dict()) == names
        optimizer = paddle.optimizer.SGD(0.1, model.parameters())
        before = model.middle.weight.numpy().copy()
        x = paddle.rand([2, 3, 8, 8])
        model(x)[0][:, 1].mean().backward()
        optimizer.step()
        assert isinstance(model.middle.weight, paddle.base.framework.EagerParamBase)
        assert np.abs(model.middle.weight.numpy() - before).max() > 0

    def test_weights_take_few_values(self):
        conv = nn.Conv2D(4, 2, 3)
        seen = []
        model = nn.Sequential(conv)
        fake_quantise(model, {"model.0": (-1.0, 1.0)}, 7)
        conv.register_forward_pre_hook(lambda layer, inputs: seen.append(layer.weight.numpy()))
        model(paddle.rand([1, 4, 8, 8]))
        for rounded, own in zip(seen[0], conv.weight.numpy(), strict=True):
            steps = rounded / (np.abs(own).max() / 64)
            np.testing.assert_allclose(steps, np.round(steps), atol=1e-4)


def script(root: Path, name: str):
    spec = importlib.util.spec_from_file_location(Path(name).stem, root / "deploy" / "slim" / name)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_paddleseg_scripts_take_their_flags(root: Path):
    ptq, train, act = (script(root, name) for name in ("quant/ptq.py", "quant/qat_train.py", "act/run_seg.py"))
    given = ["--config", "c.yml", "--model_path", "w", "--batch_nums", "4", "--batch_size", "2", "--slim", "keep=[]"]
    assert ptq.translated(given)[-3:] == ["--slim", "photos=16", "keep=[]"]
    assert train.translated(["--config", "c.yml", "--do_eval"]) == ["slim", "qat", "--config", "c.yml"]
    assert act.translated(["--config_path", "c.yml", "--save_dir", "out", "--devices", "cpu"]) == [
        *("slim", "qat", "--config", "c.yml", "--device", "cpu", "--save_dir", "out")
    ]
    assert ptq.run(["--config", "c.yml", "--model_dir", "output/export"]) == 2


@pytest.mark.parametrize("name", ["quant/ptq.yml", "act/qat.yml"])
def test_the_files_hold_the_defaults(root: Path, name: str):
    from paddleseg.slim.qat import Qat

    schema = Quantize if "ptq" in name else Qat
    assert read_settings(schema, root / "deploy" / "slim" / name) == schema()
    assert schema().margin == Margin(mIoU=0.3, boundary_IoU=0.5)
