"""The published PP-HumanSeg networks: official weights give official numbers and can be trained on."""

from __future__ import annotations

import runpy
from pathlib import Path

import cv2
import numpy as np
import paddle
import pytest

from paddleseg.models.weights import load_weights
from paddleseg.transforms.image_io import read_image
from tests.model_cases import build

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
