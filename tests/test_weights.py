"""Strict loading, name maps, and the official weights that ship with the package."""

from __future__ import annotations

import importlib
import pickle
import pkgutil
import runpy
from pathlib import Path

import numpy as np
import paddle
import pytest
from paddle import nn

from paddleseg import compat
from paddleseg.errors import WeightsError
from paddleseg.images.io import read_image
from paddleseg.models import published
from paddleseg.models.arrays import assign
from paddleseg.models.humanseg.lite import PPHumanSegLite
from paddleseg.models.layers.basic import ConvBN
from paddleseg.models.weights import NameMap, load_weights, partial_weights, read_state, resolve
from paddleseg.registry import BACKBONES, MODELS

ROOT = Path(__file__).resolve().parent.parent
OFFICIAL = "zoo://pp_humanseg_v1_lite"


def test_parameter_count_is_the_papers():
    model = PPHumanSegLite(num_classes=2)
    assert sum(parameter.size for parameter in model.parameters() if not parameter.stop_gradient) == 131_766


def test_official_weights_find_the_person(mini: Path):
    """Without any training: most of the pixels of real photos are right, which random weights never reach."""
    model = PPHumanSegLite(pretrained=OFFICIAL)
    model.eval()
    inter = union = 0
    for line in (mini / "val.txt").read_text().splitlines():
        photo, mask = (read_image(mini / line.split()[0]), read_image(mini / line.split()[1], channels=1)[..., 0])
        x = paddle.to_tensor((photo / 127.5 - 1).transpose(2, 0, 1)[None].astype("float32"))
        with paddle.no_grad():
            found = model(x)[0].argmax(axis=1)[0].numpy()
        inter, union = inter + ((found == 1) & (mask == 1)).sum(), union + ((found == 1) | (mask == 1)).sum()
    assert inter / union > 0.7


def test_official_weights_give_the_published_networks_probabilities(shared: Path):
    ort = pytest.importorskip("onnxruntime")
    session = ort.InferenceSession(str(shared / "peers/ppseg_v1_lite/ppseg_onnx_humanseg_cpp.onnx"))
    model = PPHumanSegLite(pretrained=OFFICIAL)
    model.eval()
    for line in (shared / "data/val.txt").read_text().splitlines()[::12][:20]:
        photo = read_image(shared / "data" / line.split()[0])
        x = (photo / 127.5 - 1).transpose(2, 0, 1)[None].astype("float32")
        with paddle.no_grad():
            ours = paddle.nn.functional.softmax(model(paddle.to_tensor(x))[0], axis=1).numpy()
        np.testing.assert_allclose(ours, session.run(None, {"x": x})[0], atol=1e-4)


def test_paddleseg_names_load_and_the_unused_branches_are_dropped(tmp_path: Path):
    model = PPHumanSegLite(pretrained=OFFICIAL)
    back = {
        "stem.": "conv_bn0.",
        "skip.": "conv_bn1.",
        "stage1.": "block1.",
        "stage2.": "block2.",
        "bottleneck.": "depthwise_separable0.",
        "fuse.": "depthwise_separable1.",
        "classifier.": "depthwise_separable2.",
        ".left.": "._depthwise_separable_0.",
        ".expand.": "._conv.",
        ".right.": "._depthwise_separable_1.",
        ".depthwise.": ".depthwise_conv.",
        ".pointwise.": ".piontwise_conv.",
        ".bn.": "._batch_norm.",
    }
    official = {}
    for name, value in model.state_dict().items():
        name = name.replace(".conv.", "._conv.")
        for ours, theirs in back.items():
            name = name.replace(ours, theirs, 1)
        official[name] = value
    official["block1.1._depthwise_separable_0.depthwise_conv._conv.weight"] = paddle.zeros([36, 1, 3, 3])
    paddle.save(official, str(tmp_path / "official.pdparams"))

    fresh = PPHumanSegLite()
    load_weights(fresh, tmp_path / "official.pdparams")
    for name, value in fresh.state_dict().items():
        np.testing.assert_array_equal(value.numpy(), model.state_dict()[name].numpy(), err_msg=name)


class _Backbone(nn.Layer):
    official_names = NameMap(rename=((r"^conv1\.", "stem."),), unused=(r"^fc\.",))

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2D(3, 4, 1)


class _Model(nn.Layer):
    official_names = NameMap(rename=((r"^head\.conv1\.", "head.classify."),))

    def __init__(self):
        super().__init__()
        self.backbone = _Backbone()
        self.head = nn.LayerDict({"classify": nn.Conv2D(4, 2, 1)})


def test_the_backbones_name_map_counts_below_backbone(tmp_path: Path):
    model, fresh = _Model(), _Model()
    official = {
        name.replace("backbone.stem", "backbone.conv1").replace("head.classify", "head.conv1"): value
        for name, value in model.state_dict().items()
    }
    paddle.save(official | {"backbone.fc.weight": paddle.zeros([1])}, str(tmp_path / "official.pdparams"))
    load_weights(fresh, tmp_path / "official.pdparams")
    for name, value in model.state_dict().items():
        np.testing.assert_array_equal(fresh.state_dict()[name].numpy(), value.numpy(), err_msg=name)


def test_every_name_map_is_of_a_network_that_exists_and_none_is_there_twice():
    classes = {
        cls.__name__ for family in (MODELS, BACKBONES) for name in family.names() for cls in family.get(name).__mro__
    }
    files = [
        importlib.import_module(f"{published.__name__}.{file.name}")
        for file in pkgutil.iter_modules(published.__path__)
    ]
    names = [name for file in files for name in getattr(file, "NAMES", {})]
    assert len(names) == len(set(names)) > 20
    assert set(names) <= classes


def test_a_network_that_derives_from_ours_keeps_its_name_map_and_one_that_is_only_called_so_has_none():
    class Mine(PPHumanSegLite):
        pass

    called_so = type("PPHumanSegLite", (nn.Layer,), {})
    assert published.name_map_of(Mine()) is published.name_map_of(PPHumanSegLite()) is not None
    assert published.name_map_of(called_so()) is None


def test_a_bias_in_front_of_batch_norm_goes_into_its_mean(tmp_path: Path):
    ours = ConvBN(3, 4, 1)
    theirs = nn.Sequential(("conv", nn.Conv2D(3, 4, 1)), ("bn", nn.BatchNorm2D(4)))
    theirs["conv"].bias.set_value(paddle.to_tensor([0.5, -1.0, 2.0, 0.0]))
    paddle.save(theirs.state_dict(), str(tmp_path / "theirs.pdparams"))
    load_weights(ours, tmp_path / "theirs.pdparams")
    x = paddle.to_tensor(np.random.default_rng(0).standard_normal((2, 3, 5, 5)).astype("float32"))
    for layer in (ours, theirs):
        layer.eval()
    np.testing.assert_allclose(ours(x).numpy(), theirs(x).numpy(), atol=1e-5)


def test_weights_of_another_model_are_refused_with_names(tmp_path: Path):
    paddle.save(
        {"stem.conv.weight": paddle.zeros([1, 2, 3, 4]), "head.weight": paddle.zeros([1])}, str(tmp_path / "w.pdparams")
    )
    with pytest.raises(WeightsError) as caught:
        PPHumanSegLite(pretrained=str(tmp_path / "w.pdparams"))
    text = str(caught.value)
    assert "missing" in text and "head.weight" in text and "[1, 2, 3, 4] instead of [36, 3, 3, 3]" in text


def test_allow_partial_says_what_it_left(tmp_path: Path):
    three = PPHumanSegLite(num_classes=3)
    left = load_weights(three, OFFICIAL, allow_partial=True)
    assert left and all(name.startswith("classifier.pointwise.") for name in left)


def test_pretrained_may_fit_in_part_where_a_run_allows_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    with pytest.raises(WeightsError, match="--allow_partial"):
        PPHumanSegLite(in_channels=1, pretrained=OFFICIAL)
    with partial_weights(True):
        PPHumanSegLite(in_channels=1, pretrained=OFFICIAL)
    assert "1 of 240 start anew: stem.conv.weight" in capsys.readouterr().out
    monkeypatch.setenv(compat.VARIABLE, "2.8")  # which passes over what does not fit
    PPHumanSegLite(in_channels=1, pretrained=OFFICIAL)
    assert "1 of 240 start anew" in capsys.readouterr().out


def test_pretrained_may_know_another_number_of_classes(capsys: pytest.CaptureFixture[str]):
    fresh = PPHumanSegLite(num_classes=3, pretrained=OFFICIAL)
    assert "5 of 240 start anew: classifier.pointwise." in capsys.readouterr().out
    taken = PPHumanSegLite(pretrained=OFFICIAL)
    assert (fresh.stem.conv.weight == taken.stem.conv.weight).all()
    with pytest.raises(WeightsError, match="instead of"):  # a checkpoint is not a start
        load_weights(fresh, OFFICIAL)


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("zoo://pp_humanseg_v1_lit", "did you mean 'zoo://pp_humanseg_v1_lite'?"),
        ("no/such/file.pdparams", "no such weights file"),
        ("https://example.org/w.onnx", "is not the address of weights"),
        ("w" * 300 + ".pdparams", "cannot be looked for"),
        ("a\0b.pdparams", "no such weights file"),
    ],
)
def test_sources_that_do_not_exist(source: str, text: str):
    with pytest.raises(WeightsError, match=text.replace("?", r"\?")):
        resolve(source)


def test_a_text_file_is_not_weights(tmp_path: Path):
    (tmp_path / "w.pdparams").write_text("hello")
    with pytest.raises(WeightsError, match="not a Paddle weights file"):
        load_weights(PPHumanSegLite(), tmp_path / "w.pdparams")


class _Call:
    """What a hostile file holds: something that is called while it is read."""

    def __init__(self, path: Path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


def test_reading_weights_runs_no_code_of_the_file(tmp_path: Path):
    (tmp_path / "w.pdparams").write_bytes(pickle.dumps({"stem.conv.weight": _Call(tmp_path / "ran")}))
    with pytest.raises(WeightsError, match="wants to run"):
        load_weights(PPHumanSegLite(), tmp_path / "w.pdparams")
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("protocol", [2, 4])
def test_all_that_paddle_writes_is_read(tmp_path: Path, protocol: int):
    layer = nn.Linear(3, 2)
    layer.register_buffer("count", paddle.to_tensor([7]))
    state = layer.state_dict()
    paddle.save(state, str(tmp_path / "state.pdparams"), protocol=protocol)
    paddle.save({"nested": [1], **state}, str(tmp_path / "mixed.pdparams"), protocol=protocol)
    paddle.save(
        {name: value.numpy() for name, value in state.items()}, str(tmp_path / "arrays.pdparams"), protocol=protocol
    )
    for name in ("state", "mixed", "arrays"):
        found = read_state(tmp_path / f"{name}.pdparams")
        assert set(found) == set(state)
        for key, value in state.items():
            np.testing.assert_array_equal(found[key], value.numpy())


class TestFilesOfOtherTools:
    """What is in them is loaded with the right numbers, or one sentence says why not."""

    @pytest.fixture
    def layer(self) -> nn.Layer:
        return nn.Sequential(nn.Linear(3, 2), nn.PReLU())

    def state(self, seed: int = 0) -> dict[str, np.ndarray]:
        draw = np.random.default_rng(seed).standard_normal
        return {
            "0.weight": draw((3, 2)).astype("float32"),
            "0.bias": draw(2).astype("float32"),
            "1._weight": draw(1).astype("float32"),
        }

    def load(self, layer: nn.Layer, content: object, folder: Path) -> dict[str, np.ndarray]:
        (folder / "w.pdparams").write_bytes(pickle.dumps(content))
        load_weights(layer, folder / "w.pdparams")
        return {name: value.numpy() for name, value in layer.state_dict().items()}

    @pytest.mark.parametrize("dtype", ["float64", ">f4", ">f8", "longdouble"])
    def test_other_precisions_become_the_parameters_own(self, layer: nn.Layer, dtype: str, tmp_path: Path):
        found = self.load(layer, {name: value.astype(dtype) for name, value in self.state().items()}, tmp_path)
        for name, value in self.state().items():
            assert found[name].dtype == "float32"
            np.testing.assert_array_equal(found[name], value)

    @pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
    def test_16_bit_weights_as_paddle_writes_them(self, layer: nn.Layer, dtype: str, tmp_path: Path):
        short = {name: paddle.to_tensor(value).astype(dtype) for name, value in self.state().items()}
        paddle.save(short, str(tmp_path / "w.pdparams"))
        load_weights(layer, tmp_path / "w.pdparams")
        for name, value in short.items():
            np.testing.assert_array_equal(layer.state_dict()[name].numpy(), value.astype("float32").numpy())

    @pytest.mark.parametrize("dtype", ["bfloat16", "float16", "float64"])
    def test_a_parameter_keeps_its_own_precision(self, dtype: str):
        parameter, value = paddle.zeros([3, 2], dtype), self.state()["0.weight"]
        assign(value, parameter)
        assert parameter.dtype == getattr(paddle, dtype)
        np.testing.assert_allclose(parameter.astype("float32").numpy(), value, rtol=0.01)

    def test_one_number_may_have_no_axis(self, layer: nn.Layer, tmp_path: Path):
        state = self.state()
        found = self.load(layer, state | {"1._weight": state["1._weight"].reshape(())}, tmp_path)
        np.testing.assert_array_equal(found["1._weight"], state["1._weight"])

    @pytest.mark.parametrize("beside", [{}, {"epoch": 3, "step": np.array(7)}, {"optimizer": {"moment": np.ones(2)}}])
    def test_a_dictionary_inside_is_found(self, layer: nn.Layer, beside: dict, tmp_path: Path):
        found = self.load(layer, {"state_dict": self.state(), **beside}, tmp_path)
        np.testing.assert_array_equal(found["0.weight"], self.state()["0.weight"])

    def test_any_name_does_where_there_is_one_dictionary_only(self, layer: nn.Layer, tmp_path: Path):
        found = self.load(layer, {"net": self.state()}, tmp_path)
        np.testing.assert_array_equal(found["0.weight"], self.state()["0.weight"])

    @pytest.mark.parametrize(
        ("change", "text"),
        [
            ({"0.bias": np.ones(2, "int64")}, "1 of another shape or type (0.bias: int64 instead of float32)"),
            ({"0.bias": np.ones(2, "bool")}, "0.bias: bool instead of float32"),
            ({"0.bias": np.array([1e300, 0])}, "0.bias: numbers beyond float32"),
            ({"0.bias": np.array(1.0, "float32")}, "0.bias: [] instead of [2]"),
            ({"0.bias": np.ones(2, "complex64")}, "holds complex64 in '0.bias', not plain numbers"),
            ({"0.bias": np.array(["a", "b"])}, "holds <U1 in '0.bias', not plain numbers"),
            ({7: np.ones(2, "float32")}, "names an array 7, where text should be"),
            ({b"0.bias": np.ones(2, "float32")}, "names an array b'0.bias', where text should be"),
            ({"0.bias": [1.0, 2.0]}, "1 missing (0.bias)"),
        ],
    )
    def test_what_does_not_fit_is_named(self, layer: nn.Layer, change: dict, text: str, tmp_path: Path):
        with pytest.raises(WeightsError) as caught:
            self.load(layer, {**self.state(), **change}, tmp_path)
        assert text in str(caught.value)

    @pytest.mark.parametrize(
        ("content", "text"),
        [
            ({}, "holds no arrays"),
            ({"epoch": 3, "names": {"a": "b"}}, "holds no arrays"),
            ([np.ones(2)], "holds a list, not arrays by name"),
            (np.ones(2), "holds a ndarray, not arrays by name"),
            ({"a": {"w": np.ones(2)}, "b": {"w": np.ones(2)}}, "holds arrays in several dictionaries (a, b)"),
        ],
    )
    def test_files_without_weights_say_so(self, layer: nn.Layer, content: object, text: str, tmp_path: Path):
        with pytest.raises(WeightsError) as caught:
            self.load(layer, content, tmp_path)
        assert text in str(caught.value)

    @pytest.mark.parametrize("bias", [np.ones(3, "float32"), np.ones(4, "bool"), np.array(1.0)])
    def test_a_bias_that_no_batch_norm_can_take_is_named(self, bias: np.ndarray, tmp_path: Path):
        ours = ConvBN(3, 4, 1)
        state = {name: value.numpy() for name, value in ours.state_dict().items()}
        with pytest.raises(WeightsError, match=r"1 not in this model \(conv.bias\)"):
            self.load(ours, {**state, "conv.bias": bias}, tmp_path)

    def test_partial_loading_leaves_what_is_of_another_type(self, layer: nn.Layer, tmp_path: Path):
        (tmp_path / "w.pdparams").write_bytes(pickle.dumps({**self.state(), "0.bias": np.ones(2, "int64")}))
        before = layer[0].bias.numpy()
        assert load_weights(layer, tmp_path / "w.pdparams", allow_partial=True) == ["0.bias"]
        np.testing.assert_array_equal(layer[0].bias.numpy(), before)
        np.testing.assert_array_equal(layer[0].weight.numpy(), self.state()["0.weight"])


def test_weights_that_are_no_numbers_are_named(tmp_path: Path):
    layer = nn.Linear(3, 2)
    state = {name: value.numpy() for name, value in layer.state_dict().items()}
    state["weight"][0, 1], state["bias"][0] = np.nan, np.inf
    paddle.save(state, str(tmp_path / "w.pdparams"))
    with pytest.raises(WeightsError, match=r"in 2 \(weight: 1 of 6 numbers, bias: 1 of 2 numbers\), of 2 arrays"):
        load_weights(layer, tmp_path / "w.pdparams")


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (pickle.dumps({1: np.ones(2)}), "names an array 1, where text should be"),
        (pickle.dumps([np.ones(2)]), "a list"),
        (pickle.dumps({"w": np.array([{}])}), "an array of object"),
        (pickle.dumps({"w": np.ones(2)})[:-9], "not a Paddle weights file"),
        (b"\x80\x02}r\xff\xff\xff\x7f.", "numbered wrongly"),  # would ask for 34 GB
    ],
)
def test_what_is_no_file_of_weights_is_said(tmp_path: Path, content: bytes, text: str):
    (tmp_path / "w.pdparams").write_bytes(content)
    with pytest.raises(WeightsError, match=text):
        read_state(tmp_path / "w.pdparams")


class TestAverage:
    def run(self, monkeypatch: pytest.MonkeyPatch, *given: object) -> int:
        monkeypatch.setattr("sys.argv", ["average_weights.py", *map(str, given)])
        return int(runpy.run_path(str(ROOT / "tools/average_weights.py"))["main"]())

    def test_the_mean_lies_in_the_middle(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
        official, ours = (read_state(resolve(f"zoo://{name}")) for name in ("pp_humanseg_v1_lite", "connectnet"))
        output = tmp_path / "mean.pdparams"
        assert self.run(monkeypatch, "zoo://pp_humanseg_v1_lite", "zoo://connectnet", "--output", output) == 0
        mean = read_state(output)
        assert mean.keys() == ours.keys()
        for name, value in mean.items():
            np.testing.assert_allclose(value, (official[name] + ours[name]) / 2, rtol=1e-6, atol=1e-6)

    def test_weights_of_two_networks_have_none(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ):
        output = tmp_path / "mean.pdparams"
        assert self.run(monkeypatch, "zoo://connectnet", "zoo://portrait", "--output", output) == 2
        assert "zoo://portrait: is of another network than zoo://connectnet" in capsys.readouterr().err
        assert not output.exists()
