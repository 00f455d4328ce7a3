"""What holds for every model and every backbone in the registry."""

from __future__ import annotations

import contextlib
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import paddle
import pytest
from model_cases import CASES, NETWORKS, build

from paddleseg.card import Output
from paddleseg.export.targets.onnx import OPSET
from paddleseg.inference.graph import InferenceGraph
from paddleseg.inference.runtimes.paddle import PaddleInference
from paddleseg.models.contract import Head, heads_of, inputs_of
from paddleseg.registry import BACKBONES, MODELS

CLASSES = 5


# How far rounding may take logits, as a share of the largest, where that is more than 1e-4. Untrained, OCRNet's
# attention is a softmax of numbers in the thousands, which float32 has to 0.001 only: dygraph is 3e-4 from float64.
ROUNDING = {"OCRNet": 1e-3}


def given(model: paddle.nn.Layer, *shape: int) -> list[paddle.Tensor]:
    """A tensor for each input that the model names; those made here take the picture alone."""
    assert inputs_of(model) == ("image",)
    return [picture(*shape)]


def picture(*shape: int) -> paddle.Tensor:
    return paddle.to_tensor(np.random.default_rng(0).standard_normal(shape).astype("float32"))


@pytest.mark.parametrize("name", NETWORKS)
def test_any_size_and_batch(name: str):
    model = build(CASES[name], num_classes=CLASSES)
    model.eval()
    with paddle.no_grad():
        for batch, size in ((1, (64, 64)), (2, (67, 91))):
            (logits, *_) = model(picture(batch, 3, *size))
            assert logits.shape == [batch, CLASSES, *size]
            assert np.isfinite(logits.numpy()).all()


def shapes_of(head: Head, batch: int, size: tuple[int, int], output: Any) -> Any:
    """The shapes that outputs of this head should have."""
    if head.kind == "queries":  # as many as it likes, at a size of its own
        return [[[batch, masks.shape[1], head.channels + 1], [batch, *masks.shape[1:]]] for _, masks in output]
    if head.kind == "pair":  # at a size of their own
        small = output[0].shape[2:]
        return [[batch, head.channels, *small], [batch, output[1].shape[1], *small]]
    if head.kind == "points":  # as many as it likes
        return [[batch, head.channels, output[1].shape[1]], [batch, output[1].shape[1], 2]]
    return [batch, head.channels, *([] if head.kind == "presence" else size)]


def shape_of(output: Any) -> Any:
    return [shape_of(each) for each in output] if isinstance(output, (list, tuple)) else output.shape


def loss_of(output: Any, labels: np.ndarray) -> paddle.Tensor:
    """Cross entropy, of one channel the binary one; of what is no map something that has a slope."""
    if isinstance(output, (list, tuple)):
        return sum(loss_of(each, labels) for each in output)
    if output.ndim < 4 or output.shape[2:] != list(labels.shape[1:]):
        return (output * output * output).mean()  # of vectors of length 1 a square would have no slope
    if output.shape[1] > 1:
        return paddle.nn.functional.cross_entropy(output, paddle.to_tensor(labels), axis=1)
    return paddle.nn.functional.binary_cross_entropy_with_logits(
        output[:, 0], paddle.to_tensor(labels).astype("float32")
    )


# What begins without effect, as in the papers: attention among queries that are all alike, and the queries of attention
# that at first looks in fixed directions.
IDLE = {"MaskFormer": r"^decoder\.layers\.0\.(among\.|norm1\.weight)", "UPerNetViTAdapter": r"\.query_norm\."}
# Of a smaller picture its attention sees one place, whose share is 1 whatever the weights are.
WIDER = {"TopFormer": (131, 187)}


@pytest.mark.parametrize("name", NETWORKS)
def test_every_parameter_gets_gradient_from_the_heads_that_the_model_names(name: str):
    paddle.seed(0)
    h, w = WIDER.get(name, (67, 91))
    model = build(CASES[name], num_classes=CLASSES, in_channels=4)
    for key, value in model.named_parameters():
        if key.endswith("gamma"):  # which begin at 0, so that what they scale gets none
            value.set_value(paddle.ones_like(value))
    model.train()
    outputs = model(*given(model, 2, 4, h, w))
    heads = heads_of(model)
    assert heads is not None and isinstance(outputs, list)
    for output, head in zip(outputs, heads, strict=True):
        assert shape_of(output) == shapes_of(head, 2, (h, w), output)
    labels = np.random.default_rng(1)
    sum(
        loss_of(output, labels.integers(0, max(2, head.channels), (2, h, w)))
        for output, head in zip(outputs, heads, strict=True)
    ).backward()
    parameters = {key: value for key, value in model.named_parameters() if not value.stop_gradient}
    without = [key for key, value in parameters.items() if value.grad is None or not value.grad.abs().max() > 0]
    assert not [key for key in without if name not in IDLE or not re.search(IDLE[name], key)]


# Arguments that change what a model gives, beside those of its case.
OTHER_HEADS = {
    "FastSCNN": {"enable_auxiliary_loss": False},
    "PortraitNet": {"add_edge": False},
    "MobileSeg": {"backbone_indices": [2, 3], "arm_out_chs": [32], "seg_head_inter_chs": [32]},
}


@pytest.mark.parametrize("name", NETWORKS)
def test_a_model_says_what_it_gives_before_it_is_built(name: str):
    """Main first, names that differ, one map in evaluation, and the same from the arguments alone."""
    for arguments in ({}, OTHER_HEADS[name]) if name in OTHER_HEADS else ({},):
        spec = CASES[name] | {"num_classes": CLASSES} | arguments
        model = build(spec)
        heads = heads_of(model)
        assert heads is not None
        assert heads[0] == Head("main", "queries" if name == "MaskFormer" else "logits", CLASSES)
        assert len({head.name for head in heads}) == len(heads)
        told = {key: value for key, value in spec.items() if key not in ("type", "backbone")}
        assert MODELS.get(name).heads_for(told) == heads
        assert MODELS.get(name).heads_for({**told, "no_such_argument": 1}) is None
        x = given(model, 2, 3, 64, 64)
        with paddle.no_grad():
            model.train()
            assert len(model(*x)) == len(heads)
            model.eval()
            assert [output.shape[1] for output in model(*x)] == [heads[0].channels]


def test_the_page_of_networks_names_their_heads(root: Path):
    """Those with several heads by default have a row in docs/reference/networks.md, and no others."""
    page = (root / "docs/reference/networks.md").read_text(encoding="utf-8")
    rows = page.partition("<!-- heads -->\n")[2].partition("<!-- end of heads -->")[0].splitlines()[2:]
    written = {name: heads.split(", ") for name, heads in (row.strip("| ").split(" | ") for row in rows)}
    found = {name: [head.name for head in MODELS.get(name).heads_for({"num_classes": 2})] for name in NETWORKS}
    assert written == {name: heads for name, heads in found.items() if len(heads) > 1}


def test_the_network_of_the_documentation_works_and_one_may_derive_from_it(root: Path):
    page = (root / "docs/howto/adding_a_component.md").read_text(encoding="utf-8")
    code = page.partition("# paddleseg/models/two_looks.py\n")[2].partition("```")[0]
    names: dict[str, Any] = {}
    exec(code.replace("@MODELS.register\n", ""), names)  # the registry is the other tests' too

    class OneLook(names["TwoLooks"]):
        """With a constructor of its own, whose arguments do not tell the heads."""

        def __init__(self, backbone: paddle.nn.Layer, **others: Any):
            super().__init__(2, backbone, **others)

    assert names["TwoLooks"].heads_for({"num_classes": 3}) == names["TwoLooks"](3, BACKBONES.get("STDC1")()).heads
    assert OneLook.heads_for({}) is None
    model = OneLook(BACKBONES.get("STDC1")())
    assert [y.shape for y in model(picture(2, 3, 64, 48))] == [[2, head.channels, 64, 48] for head in model.heads]
    model.eval()
    assert len(model(picture(2, 3, 64, 48))) == 1


def test_models_from_elsewhere_need_not_say_anything():
    layer = paddle.nn.Conv2D(3, 2, 1)
    assert heads_of(layer) is None and inputs_of(layer) == ("image",)
    layer.heads, layer.inputs = paddle.nn.LayerList([paddle.nn.Identity()]), [3, 64, 64]
    assert heads_of(layer) is None and inputs_of(layer) == ("image",)


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("name", NETWORKS)
def test_pictures_of_other_channels(name: str, channels: int):
    model = build(CASES[name], num_classes=2, in_channels=channels)
    model.eval()
    with paddle.no_grad():
        assert model(picture(1, channels, 64, 64))[0].shape == [1, 2, 64, 64]


# Their graphs have thousands of nodes: many seconds each.
LONG = {"UPerNetViTAdapter"}


@pytest.mark.parametrize("form", ["pir", "legacy"])
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.slow) if name in LONG else name for name in NETWORKS]
)
def test_the_exported_graph_gives_the_same_numbers(name: str, form: str, tmp_path: Path):
    paddle.seed(0)
    model = build(CASES[name], num_classes=CLASSES)
    model.eval()
    open_size = paddle.static.InputSpec([None, 3, None, None], "float32", name="x")
    graph = InferenceGraph(model, Output(kind="logits"))
    graph.eval()
    with paddle.pir_utils.OldIrGuard() if form == "legacy" else contextlib.nullcontext():
        paddle.jit.save(paddle.jit.to_static(graph, input_spec=[open_size], full_graph=True), str(tmp_path / "model"))
    ending = "pdmodel" if form == "legacy" else "json"
    exported = PaddleInference(tmp_path / f"model.{ending}", tmp_path / "model.pdiparams")
    for size in ((64, 96), (67, 91)):
        x = picture(1, 3, *size)
        with paddle.no_grad():
            expected = model(x)[0].numpy()
        found = exported(x.numpy())
        tolerance = ROUNDING.get(name, 1e-4)
        np.testing.assert_allclose(found, expected, atol=tolerance * max(1, np.abs(expected).max()), rtol=0)


# More of the same: their code is that of the smaller ones, and they take seconds each.
LARGE = {
    *(f"HRNet_W{width}" for width in (32, 40, 44, 48, 60, 64)),
    *(f"MixVisionTransformer_B{size}" for size in (3, 4, 5)),
    *("MSCAN_T", "MSCAN_B", "MSCAN_L"),
    *(name for name in BACKBONES.names() if name.startswith(("SwinTransformer_", "CAE_"))),
    *("UHRNet_W18", "UHRNet_W48", "Lite_HRNet_30", "Lite_HRNet_wider_naive"),
    *("PIDNet_Medium", "PIDNet_Large", "SeaFormer_small", "SeaFormer_base", "SeaFormer_large"),
    *(f"EfficientFormerv2_{size}" for size in ("s0", "s1", "s2", "l")),  # of s0 PaddleSeg's spelling is built
    *("HRFormer_base", "HRFormer_base_win_13", "HRFormer_base_win_15", "Xception65_deeplab", "Xception71_deeplab"),
    *(name for name in BACKBONES.names() if name.startswith("ViT_")),
}


# Those of mattes take a trimap too (test_matting_networks.py); this one has no depth of its own.
NOT_ALONE = {"ResGuidedCxtAtten", "ResShortCut_D", "ViTAdapter"}


@pytest.mark.parametrize("name", sorted(set(BACKBONES.names()) - LARGE - NOT_ALONE))
def test_backbones_say_what_they_give(name: str):
    backbone = BACKBONES.get(name)(in_channels=2)
    backbone.eval()
    with paddle.no_grad():
        features = backbone(picture(1, 2, 64, 128))
    assert len(features) == len(backbone.out_channels) == len(backbone.strides)
    for feature, channels, stride in zip(features, backbone.out_channels, backbone.strides, strict=True):
        assert feature.shape == [1, channels, 64 // stride, 128 // stride]


# Which place of a cell is the largest may change with rounding, and with it what is put there: a few logits differ.
FEW_DIFFER = {"ENet"}
# Of an open size ONNX Runtime does not load their graphs: it takes the maps that are made of tokens for something else.
OF_ONE_SIZE = {"UPerNetCAE", "UPerNetViTAdapter"}


# paddle2onnx ends in a segmentation fault on the loop that joins Canny's edges.
NOT_IN_ONNX = {"GSCNN"}
# Backbones that no case above has, behind an FCN.
BACKBONES_ALONE = ["Efficientformerv2_s0", "HRFormer_small", "SeaFormer_tiny", "Xception41_deeplab"]


@pytest.mark.slow
@pytest.mark.parametrize("name", [*sorted(set(NETWORKS) - NOT_IN_ONNX), *BACKBONES_ALONE])
def test_onnx_gives_the_same_numbers(name: str, tmp_path: Path):
    """Height and width are open where they can be, as in an export without an input size."""
    paddle.seed(0)
    model = build(CASES.get(name, {"type": "FCN", "backbone": {"type": name}}), num_classes=CLASSES)
    model.eval()
    fixed = name in OF_ONE_SIZE
    size = (64, 96) if fixed else (None, None)
    open_size = paddle.static.InputSpec([None, 3, *size], "float32", name="x")
    graph = InferenceGraph(model, Output(kind="logits"))
    graph.eval()
    paddle.jit.save(paddle.jit.to_static(graph, input_spec=[open_size], full_graph=True), str(tmp_path / "model"))
    program = Path(sys.executable).parent / "paddle2onnx"
    command = [program, "--model_dir", tmp_path, "--model_filename", "model.json", "--params_filename"]
    command += ["model.pdiparams", "--save_file", tmp_path / "model.onnx", "--opset_version", str(OPSET)]
    done = subprocess.run([*map(str, command), "--optimize_tool", "None"], check=False, capture_output=True, text=True)
    assert done.returncode == 0, (done.stdout + done.stderr)[-2000:]
    session = onnxruntime.InferenceSession(str(tmp_path / "model.onnx"), providers=["CPUExecutionProvider"])
    for size in ((64, 96),) if fixed else ((64, 96), (67, 91)):
        x = picture(1, 3, *size)
        with paddle.no_grad():
            expected = model(x)[0].numpy()
        (found,) = session.run(None, {session.get_inputs()[0].name: x.numpy()})
        tolerance = ROUNDING.get(name, 1e-4)
        if name in FEW_DIFFER:
            assert (np.abs(found - expected) > tolerance * np.abs(expected).max()).mean() < 0.15
            continue
        np.testing.assert_allclose(found, expected, atol=tolerance * max(1, np.abs(expected).max()), rtol=0)
