"""The published PP-HumanSeg networks: official weights give official numbers and can be trained on."""

from __future__ import annotations

import gzip
import json
import runpy
from pathlib import Path

import cv2
import numpy as np
import paddle
import pytest
from model_cases import build
from paddleseg_reference import fill

from paddleseg.analysis.macs import count
from paddleseg.images.io import read_image
from paddleseg.models.weights import load_weights

ROOT = Path(__file__).resolve().parents[1]
MOBILE = {"type": "FCN", "num_classes": 2, "backbone": {"type": "HRNet_W18_Small_V1"}}
OPENCV_ZOO = "peers/pphumanseg_opencv_zoo/human_segmentation_pphumanseg_2023mar_from_int8bq_fp32.onnx"


def network_input(path: Path) -> np.ndarray:
    photo = cv2.resize(read_image(path), (192, 192))
    return (photo / 127.5 - 1).transpose(2, 0, 1).astype("float32")


@pytest.fixture(scope="module")
def mobile() -> paddle.nn.Layer:
    return build(MOBILE, pretrained="zoo://pp_humanseg_v1_mobile")


def test_v1_mobile_gives_the_published_networks_probabilities(mobile: paddle.nn.Layer, shared: Path):
    ort = pytest.importorskip("onnxruntime")
    session = ort.InferenceSession(str(shared / OPENCV_ZOO))
    mobile.eval()
    for line in (shared / "data/val.txt").read_text().splitlines()[::12][:20]:
        x = network_input(shared / "data" / line.split()[0])[None]
        with paddle.no_grad():
            ours = paddle.nn.functional.softmax(mobile(paddle.to_tensor(x))[0], axis=1).numpy()
        np.testing.assert_allclose(ours, session.run(None, {"x": x})[0], atol=1e-4)


@pytest.mark.parametrize("training", [False, True], ids=["evaluation", "training"])
def test_v1_mobile_finds_people_with_its_own_and_with_a_batchs_statistics(
    mobile: paddle.nn.Layer, training: bool, mini: Path
):
    """Statistics that do not belong to the weights would go unseen until somebody trains on."""
    rows = [line.split() for line in (mini / "val.txt").read_text().splitlines()[:16]]
    load_weights(mobile, "zoo://pp_humanseg_v1_mobile")
    mobile.train() if training else mobile.eval()
    with paddle.no_grad():
        found = mobile(paddle.to_tensor(np.stack([network_input(mini / row[0]) for row in rows])))[0].argmax(axis=1)
    inter = union = 0
    for row, person in zip(rows, found.numpy() == 1, strict=True):
        label = cv2.resize(read_image(mini / row[1], channels=1)[..., 0], (192, 192), interpolation=cv2.INTER_NEAREST)
        inter, union = inter + (person & (label == 1)).sum(), union + (person | (label == 1)).sum()
    assert inter / union > 0.83


@pytest.mark.parametrize(
    ("name", "size", "gmac", "millions"),
    [
        ("PortraitSwift", (144, 256), 0.06, 0.25),
        ("MediaPipeSelfie", (256, 256), 0.06, 0.25),
        ("PortraitHRNet", (208, 208), 0.6, 1.6),
    ],
)
def test_portrait_networks_cost_no_more_than_they_may(name: str, size: tuple[int, int], gmac: float, millions: float):
    cost = count(build({"type": name}), (1, 3, *size))
    assert cost.macs <= gmac * 1e9
    assert cost.parameters <= millions * 1e6


def test_a_head_on_separate_branches_gives_v1_mobiles_numbers(mobile: paddle.nn.Layer, mini: Path):
    split = build({"type": "PortraitHRNet"})
    left = load_weights(split, "zoo://pp_humanseg_v1_mobile", allow_partial=True)
    assert all(name.startswith("refine.") for name in left)
    load_weights(mobile, "zoo://pp_humanseg_v1_mobile")  # training has changed its statistics
    x = paddle.to_tensor(network_input(next((mini / "images").iterdir()))[None])
    mobile.eval()
    split.eval()
    with paddle.no_grad():
        (joined,) = mobile.backbone(x)
        features = split.head.features(split.backbone.branches(split.backbone.stem(x)), split.align_corners)
        np.testing.assert_allclose(features.numpy(), mobile.head.conv(joined).numpy(), atol=1e-4)


def test_mediapipes_weights_give_mediapipes_probabilities(shared: Path):
    pytest.importorskip("ai_edge_litert", reason="ai-edge-litert is not installed")
    from ai_edge_litert.interpreter import Interpreter

    file = str(shared / "peers/mediapipe_selfie/selfie_segmentation.tflite")
    tool, model = runpy.run_path(str(ROOT / "tools/convert_weights.py")), build({"type": "MediaPipeSelfie"})
    found = tool["convert"](model, file, tool["tflite_layers"])
    model.set_state_dict({name: paddle.to_tensor(value) for name, value in found.items()})
    model.eval()
    published = Interpreter(file)
    published.allocate_tensors()
    for line in (shared / "data/val.txt").read_text().splitlines()[::12][:20]:
        photo = cv2.resize(read_image(shared / "data" / line.split()[0]), (256, 256)).astype("float32") / 255
        published.set_tensor(published.get_input_details()[0]["index"], photo[None])
        published.invoke()
        theirs = published.get_tensor(published.get_output_details()[0]["index"])[0, :, :, 0]
        with paddle.no_grad():
            ours = paddle.nn.functional.softmax(model(paddle.to_tensor(photo.transpose(2, 0, 1)[None]))[0], axis=1)
        # Its logits reach 800, of which float32 keeps six digits.
        np.testing.assert_allclose(ours[0, 1].numpy(), theirs, atol=5e-3)


def test_filters_are_scaled_to_one_length_without_a_change_of_the_output(mini: Path):
    tool, model = runpy.run_path(str(ROOT / "tools/convert_weights.py")), build({"type": "PPHumanSegLite"})
    load_weights(model, "zoo://pp_humanseg_v1_lite")
    x = paddle.to_tensor(network_input(next((mini / "images").iterdir()))[None])
    model.eval()
    with paddle.no_grad():
        before = model(x)[0].numpy()
        tool["balance"](model)
        np.testing.assert_allclose(model(x)[0].numpy(), before, atol=1e-3)
    filters = model.stem.conv.weight.numpy()
    np.testing.assert_allclose((filters**2).sum(axis=(1, 2, 3)), 1, atol=1e-5)


def test_a_file_with_folded_batch_norm_is_converted_with_and_without_statistics(shared: Path, mini: Path):
    tool = runpy.run_path(str(ROOT / "tools/convert_weights.py"))
    model = build(MOBILE)
    model.set_state_dict(
        {name: paddle.to_tensor(value) for name, value in tool["convert"](model, str(shared / OPENCV_ZOO)).items()}
    )
    x = paddle.to_tensor(network_input(next((mini / "images").iterdir()))[None])
    model.eval()
    with paddle.no_grad():
        plain = model(x)[0].numpy()
        tool["measure_statistics"](model, iter([x]))
        np.testing.assert_allclose(model(x)[0].numpy(), plain, atol=1e-3)
        model.train()  # of the same picture, the batch's statistics are the measured ones
        np.testing.assert_allclose(model(x)[0].numpy(), plain, atol=0.05)


def test_paddlesegs_weights_are_converted_by_name_and_halved(root: Path, tmp_path: Path, monkeypatch):
    """The official file by PaddleSeg's names, as the reference files hold them."""
    reference = json.loads(gzip.decompress((root / "tests/paddleseg_reference/pp_humanseg_lite.json.gz").read_bytes()))
    theirs = {name: paddle.to_tensor(fill.value(name, shape, 1.0)) for name, shape in reference["state"].items()}
    paddle.save(theirs, str(tmp_path / "paddleseg.pdparams"))
    target = tmp_path / "ours.pdparams"
    given = ["--pdparams", tmp_path / "paddleseg.pdparams", "--model", "PPHumanSegLite", "--half", "--output", target]
    monkeypatch.setattr("sys.argv", ["convert_weights.py", *map(str, given)])
    assert runpy.run_path(str(ROOT / "tools/convert_weights.py"))["main"]() == 0
    assert target.stat().st_size < 0.6 * (tmp_path / "paddleseg.pdparams").stat().st_size
    exact, halved = build({"type": "PPHumanSegLite"}), build({"type": "PPHumanSegLite"})
    load_weights(exact, tmp_path / "paddleseg.pdparams")
    runpy.run_path(str(ROOT / "tools/convert_weights.py"))["balance"](exact)
    load_weights(halved, target)
    for name, value in exact.state_dict().items():
        np.testing.assert_allclose(halved.state_dict()[name].numpy(), value.numpy(), rtol=1e-3, atol=1e-6)
