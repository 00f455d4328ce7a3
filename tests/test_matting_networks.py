"""Networks for mattes: PaddleSeg's weights give PaddleSeg's mattes and losses, and what holds for all of them.

The reference files hold what PaddleSeg's Matting computes with weights made by rule; make_matting.py wrote them.
"""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import paddle
import pytest
from paddle.static import InputSpec
from paddleseg_reference import fill, matting_inputs

from paddleseg.card import Output
from paddleseg.config import load_config
from paddleseg.config.build import Builder
from paddleseg.config.components import parameters_of
from paddleseg.engine.terms import LossPlan
from paddleseg.errors import ConfigError
from paddleseg.export.targets.onnx import OPSET
from paddleseg.inference.graph import InferenceGraph
from paddleseg.inference.runtimes.paddle import PaddleInference
from paddleseg.models.backbones.resnet_vd import ResNet18_vd
from paddleseg.models.build import build_network
from paddleseg.models.contract import Head
from paddleseg.models.layers.basic import ConvBNReLU
from paddleseg.models.layers.reparam import folded
from paddleseg.models.weights import load_weights
from paddleseg.registry import BACKBONES, LOSSES, MODELS, TRANSFORMS

REFERENCES = Path(__file__).parent / "paddleseg_reference" / "matting"
SLOW = {
    "dim_vgg16",
    "gca",
    "gca_baseline",
    "human_matting_resnet34_vd",
    "modnet_hrnet_w18",
    "modnet_resnet50_vd",
    "ppmatting_hrnet_w18",
    "ppmatting_hrnet_w48",
}
NAMES = sorted(path.name.removesuffix(".json.gz") for path in REFERENCES.glob("*.json.gz"))

# PaddleSeg's output in training for each of ours that is one map, and its name for the loss of each.
OUTPUTS = {
    "MODNet": ("matte", "semantic", "detail"),
    "PPMatting": ("fusion", "semantic", "detail"),
    "PPMattingV2": ("alpha", "alpha_8x"),
    "HumanMatting": ("refine", "glance", "focus", "fusion"),
    "DIM": ("alpha_pred", "alpha_raw"),
    "GCABaseline": ("alpha_pred",),
    "GCA": ("alpha_pred",),
}
# Of our losses in the order of the outputs, PaddleSeg's sum that each stands for, as their names with factors.
TERMS = {
    "MODNet": ({"fusion_l1": 1, "fusion_comp": 1}, {"semantic": 1}, {"detail": 1}, {"fusion_con_sem": 1}),
    # Of colours from -1 to 1 as those of the samples, which PaddleSeg's normalising makes of 0 to 1, ours weigh twice.
    "PPMatting": (
        {"fusion_alpha": 0.25, "fusion_composition": 0.5, "fusion_gradient": 0.25},
        {"semantic": 0.25},
        {"detail": 0.25},
    ),
    "PPMattingV2": ({"alpha": 1}, {"alpha_8x": 1}),
    "HumanMatting": ({"refine": 1}, {"glance": 0.25}, {"focus": 0.25}, {"cm": 0.25}, {"err": 1}),
    "DIM": ({"alpha_pred": 1}, {"alpha_raw": 1, "comp": 2}),
    "GCABaseline": ({"alpha": 1},),
    "GCA": ({"alpha": 1},),
}


def read(name: str) -> dict[str, Any]:
    return json.loads(gzip.decompress((REFERENCES / f"{name}.json.gz").read_bytes()))


def inputs_and_targets(network: str) -> tuple[dict[str, paddle.Tensor], dict[str, paddle.Tensor]]:
    """What a network may take, and the fields of a batch, of the two samples."""
    sample = {name: paddle.to_tensor(value) for name, value in matting_inputs.sample(network).items()}
    inputs = {"image": sample["img"], "trimap": sample["trimap"] / 255}
    flat = {"alpha": sample["alpha"][:, 0], "trimap": inputs["trimap"][:, 0], "image": sample["img"]}
    return inputs, flat | {"foreground": sample["fg"], "background": sample["bg"]}


def model_of(reference: dict[str, Any], folder: Path) -> Any:
    """The network of a reference with the weights that PaddleSeg's had."""
    state, gain = reference["state"], reference["gain"]
    weights = {name: paddle.to_tensor(value) for name, value in fill.values(state, gain).items()}
    paddle.save(weights, str(folder / "paddleseg.pdparams"))
    model = build_network(reference["model"])
    load_weights(model, folder / "paddleseg.pdparams")
    return model


def assert_near(found: paddle.Tensor, numbers: list[float]) -> None:
    np.testing.assert_allclose(fill.sampled(found.numpy()), np.array(numbers), rtol=0, atol=1e-4)


def losses_of(model: Any, spec: dict[str, Any], outputs: list[Any], fields: dict[str, paddle.Tensor]) -> list[float]:
    """The value of each term that the network learns by, its weight applied."""
    arguments = {key: value for key, value in spec.items() if key not in ("type", "backbone")}
    plan = type(model).losses_for(arguments)
    found = []
    for part, output, coef in zip(plan["types"], outputs, plan["coef"], strict=True):
        loss = built(part)
        wanted = loss.label_key
        target = fields[wanted] if isinstance(wanted, str) else {key: fields[key] for key in wanted}
        found.append(coef * float(loss(output, target)))
    return found


def built(part: dict[str, Any]) -> Any:
    arguments = {key: value for key, value in part.items() if key != "type"}
    if "losses" in arguments:
        arguments["losses"] = [built(inner) for inner in arguments["losses"]]
    return LOSSES.get(part["type"])(**arguments)


def cases(*, recurrent: bool) -> list[Any]:
    names = [name for name in NAMES if name.startswith("rvm") is recurrent]
    return [pytest.param(name, marks=[pytest.mark.slow] if name in SLOW else []) for name in names]


@pytest.mark.parametrize("name", cases(recurrent=False))
def test_paddlesegs_weights_give_paddlesegs_mattes_and_losses(name: str, tmp_path: Path):
    reference = read(name)
    kind = reference["model"]["type"]
    model = model_of(reference, tmp_path)
    inputs, fields = inputs_and_targets(kind)
    given = [inputs[key] for key in model.inputs]
    model.eval()
    with paddle.no_grad():
        (alpha,) = model(*(each[:1] for each in given))
        assert alpha.shape == reference["evaluation"]["alpha"]["shape"]
        assert_near(alpha, reference["evaluation"]["alpha"]["values"])
        model.train()
        outputs = model(*given)
    assert len(outputs) == len(model.heads)
    maps = [output for output in outputs if not isinstance(output, tuple)]
    for output, theirs in zip(maps, OUTPUTS[kind], strict=True):
        assert_near(output, reference["training"][theirs])
    losses = losses_of(model, reference["model"], outputs, fields)
    for found, terms in zip(losses, TERMS[kind], strict=True):
        expected = sum(factor * reference["losses"][term] for term, factor in terms.items())
        assert found == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("name", cases(recurrent=True))
def test_paddlesegs_weights_give_paddlesegs_frames_and_memory(name: str, tmp_path: Path):
    reference = read(name)
    model = model_of(reference, tmp_path)
    model.eval()
    frames = paddle.to_tensor(matting_inputs.sample("RVM")["img"])
    with paddle.no_grad():
        (still,) = model(frames[:1])
        first, _, *memory = model(frames[:1], *model.first_memory(frames[:1]))
        second = model(frames[1:], *memory)
    assert np.array_equal(still.numpy(), first.numpy())
    assert_near(first, reference["evaluation"]["alpha_of_first"]["values"])
    for name, found in zip(("alpha", "foreground", "r1", "r2", "r3", "r4"), second, strict=True):
        assert found.shape == reference["evaluation"][name]["shape"]
        assert_near(found, reference["evaluation"][name]["values"])


class Maps(paddle.nn.Layer):
    """A backbone with one convolution for each map: what is tested is what comes after it."""

    def __init__(self, strides: Sequence[int], in_channels: int = 3):
        super().__init__()
        self.strides, self.out_channels = list(strides), [8 * min(index + 1, 5) for index in range(len(strides))]
        steps = [after // before for before, after in zip([1, *strides], strides, strict=False)]
        widths = [in_channels, *self.out_channels]
        plan = zip(widths, self.out_channels, steps, strict=False)
        self.convs = paddle.nn.LayerList([ConvBNReLU(before, after, 3, step) for before, after, step in plan])

    def forward(self, x: paddle.Tensor) -> list[paddle.Tensor]:
        maps: list[paddle.Tensor] = []
        for conv in self.convs:
            maps.append(conv(maps[-1] if maps else x))
        return maps


SMALL: dict[str, dict[str, Any]] = {
    "MODNet": {"hr_channels": 8},
    "PPMatting": {},
    "PPMattingV2": {
        "dpp_mid_channel": 16,
        "dpp_output_channel": 16,
        "dpp_bin_sizes": [1, 2, 3],
        "dpp_len_trans": [1, 1, 2],
        "dpp_merge_type": "add",
        "decoder_channels": [16, 12, 8, 8, 8],
        "head_channel": 8,
    },
    "HumanMatting": {"backbone_scale": 0.5},
    "DIM": {"decoder_input_channels": 40},
    "GCABaseline": {},
    "GCA": {},
    "RVM": {
        "lraspp_in_channels": 32,
        "lraspp_out_channels": 16,
        "decoder_channels": [16, 8, 8, 8],
        "downsample_ratio": 0.5,
    },
}
OTHERS = {
    "PPMattingV2": {"dpp_merge_type": "concat", "dpp_bin_sizes": [2, 3], "dpp_len_trans": 1, "mlff_merge_type": "add"},
    "HumanMatting": {"if_refine": False},
    "DIM": {"stage": 1},
    "RVM": {"refiner": "fast_guided_filter"},
}
# A matte jumps where two of the trimap's three probabilities are alike, which rounding decides in untrained networks.
JUMPS = {"PPMatting", "HumanMatting"}
# What gives more than maps.
ENCODERS = {"GCABaseline": "ResShortCut_D", "GCA": "ResGuidedCxtAtten"}


def small(name: str, **others: Any) -> Any:
    cls = MODELS.get(name)
    if name in ENCODERS:
        return cls(backbone=BACKBONES.get(ENCODERS[name])(layers=[1, 1, 1, 1]))
    return cls(backbone=Maps(cls.strides, cls.backbone_defaults.get("in_channels", 3)), **SMALL[name] | others)


def given(model: Any, batch: int, h: int, w: int) -> list[paddle.Tensor]:
    """A picture in [0, 1], and a trimap where the network takes one."""
    rng = np.random.default_rng(0)
    maps = {"image": rng.uniform(0, 1, (batch, 3, h, w)), "trimap": rng.choice([0, 128, 255], (batch, 1, h, w)) / 255}
    return [paddle.to_tensor(maps[name].astype("float32")) for name in model.inputs]


def assert_same(name: str, found: np.ndarray, expected: np.ndarray) -> None:
    off = np.abs(found - expected) > 1e-4
    assert found.shape == expected.shape and off.mean() <= (0.02 if name in JUMPS else 0)


# HumanMatting's trimap decoder, which takes the time, is PPMatting's; GCA's encoders have one width.
LARGE = {"HumanMatting", *ENCODERS}
EACH = [pytest.param(name, marks=[pytest.mark.slow] if name in LARGE else []) for name in SMALL]


class TestEveryNetwork:
    @pytest.mark.parametrize("name", SMALL)
    def test_any_size_and_batch(self, name: str):
        model = small(name)
        model.eval()
        with paddle.no_grad():
            for batch, h, w in ((1, 64, 64), (2, 67, 91)):
                (alpha,) = model(*given(model, batch, h, w))
                assert alpha.shape == [batch, 1, h, w]
                assert 0 <= float(alpha.min()) <= float(alpha.max()) <= 1

    @pytest.mark.parametrize("name", EACH)
    def test_its_own_losses_teach_every_parameter(self, name: str):
        for others in ({}, OTHERS.get(name)) if name in OTHERS else ({},):
            model = small(name, **others)
            told = SMALL[name] | others
            assert model.heads == MODELS.get(name).heads_for(told) and model.heads[0] == Head("main", "alpha", 1)
            for key, value in model.named_parameters():
                if key.endswith(
                    ("project.bn.weight", "second.bn.weight")
                ):  # which begin at 0, so that what they scale gets none
                    value.set_value(paddle.ones_like(value))
            # Of fewer than two cells there is no attention.
            _, fields = inputs_and_targets("HumanMatting" if name == "PPMattingV2" else "")
            inputs = [fields["image"], fields["trimap"].unsqueeze(1)][: len(model.inputs)]
            model.train()
            outputs = model(*inputs)
            said = MODELS.get(name).losses_for(told)
            plan = LossPlan([built(part) for part in said["types"]], said["coef"])
            plan.resolve(model.heads, fields)
            sum(plan(outputs, fields)).backward()
            learning = {key: value for key, value in model.named_parameters() if not value.stop_gradient}
            still = [key for key, value in learning.items() if value.grad is None or not value.grad.abs().max() > 0]
            # A norm takes away what is added before it.
            before_norms = [
                key for key in still if key.endswith("conv.bias") or "weigh.bias" in key or "mix.bias" in key
            ]
            assert [key for key in still if key not in before_norms and not key.startswith("segment.")] == []

    @pytest.mark.parametrize("name", EACH)
    def test_the_exported_graph_gives_the_same_matte(self, name: str, tmp_path: Path):
        model = small(name)
        model.eval()
        exported = PaddleInference(*saved(InferenceGraph(folded(model), Output(kind="alpha")), model, tmp_path))
        for h, w in ((64, 96), (67, 91)):
            inputs = given(model, 1, h, w)
            with paddle.no_grad():
                expected = model(*inputs)[0].numpy()
            assert_same(name, exported(*(each.numpy() for each in inputs)), expected)

    @pytest.mark.slow
    @pytest.mark.parametrize("name", SMALL)
    def test_onnx_gives_the_same_matte(self, name: str, tmp_path: Path):
        model = small(name)
        model.eval()
        session = as_onnx(*saved(InferenceGraph(folded(model), Output(kind="alpha")), model, tmp_path))
        for h, w in ((64, 96), (67, 91)):
            inputs = given(model, 1, h, w)
            with paddle.no_grad():
                expected = model(*inputs)[0].numpy()
            feeds = {put.name: each.numpy() for put, each in zip(session.get_inputs(), inputs, strict=True)}
            assert_same(name, session.run(None, feeds)[0], expected)


def saved(graph: Any, model: Any, folder: Path, *memory: InputSpec) -> tuple[Path, Path]:
    """The files of a network's graph with an open size."""
    channels = {"image": 3, "trimap": 1}
    specs = [InputSpec([None, channels[key], None, None], "float32", name=key) for key in model.inputs]
    graph.eval()
    paddle.jit.save(paddle.jit.to_static(graph, input_spec=[*specs, *memory], full_graph=True), str(folder / "model"))
    return folder / "model.json", folder / "model.pdiparams"


def as_onnx(graph: Path, params: Path) -> onnxruntime.InferenceSession:
    made = graph.with_suffix(".onnx")
    command = [Path(sys.executable).parent / "paddle2onnx", "--model_dir", graph.parent, "--model_filename", graph.name]
    command += ["--params_filename", params.name, "--save_file", made, "--opset_version", OPSET]
    words = [*map(str, command), "--optimize_tool", "None"]
    done = subprocess.run(words, check=False, capture_output=True, text=True)
    assert done.returncode == 0, (done.stdout + done.stderr)[-2000:]
    return onnxruntime.InferenceSession(str(made), providers=["CPUExecutionProvider"])


class Frame(paddle.nn.Layer):
    """RVM with its memory as inputs and outputs of a graph."""

    def __init__(self, model: Any):
        super().__init__()
        self.model = model

    def forward(self, x: Any, r1: Any, r2: Any, r3: Any, r4: Any) -> list[paddle.Tensor]:
        return traced(self.model, x, r1, r2, r3, r4)


@paddle.jit.not_to_static
def traced(model: Any, *inputs: paddle.Tensor) -> list[paddle.Tensor]:
    """As `InferenceGraph` has it: Paddle's rewriting of Python source does not work with an open size."""
    return model(*inputs)


class TestRecurrent:
    """RVM remembers, in exported graphs too."""

    @pytest.fixture
    def model(self) -> Any:
        model = small("RVM")
        model.eval()
        return model

    def frames(self, model: Any, h: int = 64, w: int = 96) -> list[paddle.Tensor]:
        (both,) = given(model, 2, h, w)
        return [both[:1], both[1:]]

    def test_what_came_before_changes_a_matte_and_a_still_has_nothing_before(self, model: Any):
        first, second = self.frames(model)
        with paddle.no_grad():
            _, _, *memory = model(first, *model.first_memory(first))
            after, fresh = model(second, *memory)[0], model(second, *model.first_memory(second))[0]
            (still,) = model(second)
        assert np.array_equal(still.numpy(), fresh.numpy())
        assert np.abs(after.numpy() - fresh.numpy()).max() > 1e-4

    @pytest.mark.parametrize("onnx", [False, pytest.param(True, marks=pytest.mark.slow)])
    def test_the_exported_graph_takes_and_gives_its_memory(self, model: Any, onnx: bool, tmp_path: Path):
        names = [f"r{index}" for index in (1, 2, 3, 4)]
        widths = zip(names, model.memory_channels, strict=True)
        specs = [InputSpec([None, width, None, None], "float32", name=name) for name, width in widths]
        files = saved(Frame(model), model, tmp_path, *specs)
        session, runtime = (as_onnx(*files), None) if onnx else (None, PaddleInference(*files))
        frames = self.frames(model)
        memory = model.first_memory(frames[0])
        kept = [each.numpy() for each in memory]
        for frame in frames:
            with paddle.no_grad():
                expected = [each.numpy() for each in model(frame, *memory)]
            feeds = dict(zip(["image", *names], [frame.numpy(), *kept], strict=True))
            found = session.run(None, feeds) if session else list(runtime.run(feeds).values())
            for one, other in zip(found, expected, strict=True):
                np.testing.assert_allclose(one, other, atol=1e-4)
            memory, kept = [paddle.to_tensor(each) for each in expected[2:]], found[2:]


def test_a_backbone_with_other_maps_is_told_what_to_give():
    with pytest.raises(ValueError, match=r"ResNet18_vd gives maps at 1/4, 1/8, 1/8, 1/8; .*output_stride=32"):
        MODELS.get("MODNet")(ResNet18_vd())
    backbone = ResNet18_vd(pyramid=True, output_stride=32)
    assert MODELS.get("MODNet")(backbone).backbone_channels == [64, 64, 128, 256, 512]
    built_by_name = build_network({"type": "MODNet", "backbone": {"type": "ResNet18_vd"}})
    assert built_by_name.backbone.strides == [2, 4, 8, 16, 32]


@pytest.mark.parametrize(
    ("name", "others", "message"),
    [
        ("HumanMatting", {"backbone_scale": 0.75}, "backbone_scale is 0.75"),
        ("HumanMatting", {"refine_kernel_size": 5}, "refine_kernel_size is 5"),
        ("DIM", {"stage": 4}, "stage is 4"),
        ("DIM", {"decoder_input_channels": 512}, "last map has 40 channels"),
        ("RVM", {"refiner": "none"}, "no refiner is called 'none'"),
        ("RVM", {"lraspp_in_channels": 960}, "last map has 32 channels"),
        ("PPMattingV2", {"dpp_len_trans": [1]}, "has 1 numbers for 3"),
    ],
)
def test_arguments_that_do_not_fit_are_refused(name: str, others: dict[str, Any], message: str):
    with pytest.raises(ValueError, match=message):
        small(name, **others)


def test_small_pictures_are_refused_where_context_would_be_empty():
    model = small("PPMattingV2")
    with pytest.raises(ConfigError, match="64x64 or more, not 48x96"):
        model(paddle.zeros([1, 3, 48, 96]))


RECIPES = Path(__file__).parents[1] / "configs" / "matting"


@pytest.mark.parametrize("path", sorted(RECIPES.glob("*-*.yml")), ids=lambda path: path.stem)
def test_recipes_give_their_backbones_what_the_network_needs(path: Path):
    cfg = load_config(path)
    build = Builder(cfg)
    given = build.facts.given(BACKBONES, ("model", "backbone"))
    network = MODELS.get(cfg.model.type)
    taken = parameters_of(BACKBONES.get(cfg.model.args["backbone"]["type"])).names
    assert cfg.task == "matting"
    assert {key: given[key] for key in network.backbone_defaults if key in taken} == {
        key: value for key, value in network.backbone_defaults.items() if key in taken
    }
    losses, coefs = build.losses()
    LossPlan(losses, coefs).resolve(network.heads_for(cfg.model.args), inputs_and_targets("")[1])


def test_a_file_of_paddlesegs_names_no_task_and_no_losses(tmp_path: Path):
    text = (
        "iters: 1\nmodel:\n  type: RVM\n  backbone:\n    type: MobileNetV3_large_x1_0_os16\n    out_index: [0, 2, 5]\n"
    )
    (tmp_path / "rvm.yml").write_text(text + "    return_last_conv: True\n  refiner: deep_guided_filter\n")
    cfg = load_config(tmp_path / "rvm.yml")
    assert cfg.task == "matting"
    assert Builder(cfg).model().memory_channels == [16, 20, 40, 64]


def test_padding_in_a_file_of_paddlesegs_lets_larger_pictures_pass(tmp_path: Path):
    text = (
        "iters: 1\ntrain_dataset:\n  type: MattingDataset\n  dataset_root: .\n  train_path: train.txt\n"
        "  transforms:\n    - type: Padding\n      target_size: [64, 64]\n"
        "model:\n  type: DIM\n  backbone:\n    type: VGG16\n"
    )
    for said, keeps in (("", True), ("task: matting\n", False)):
        (tmp_path / "dim.yml").write_text(said + text)
        cfg = load_config(tmp_path / "dim.yml")
        (padding,) = cfg.train_dataset.args["transforms"]
        assert padding.get("keep_larger", False) is keeps
    padding = TRANSFORMS.get("Padding")([64, 64], keep_larger=True)
    (move,) = padding.plan((48, 90), np.random.default_rng(0))
    assert move.step.after((48, 90)) == (64, 90)
