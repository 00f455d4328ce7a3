"""Graphs with the card's steps inside: a picture in, the mask of the predictor out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from paddleseg import zoo
from paddleseg.card import Card, Finish, Input, Output, Step, read_card
from paddleseg.errors import ExportError
from paddleseg.export.embed.steps import require, split
from paddleseg.images.io import read_image
from paddleseg.inference.predictor import Predictor
from paddleseg.inference.runtimes.onnx import OnnxRuntime

onnx = pytest.importorskip("onnx")

from paddleseg.export.embed.write import write_embedded  # noqa: E402


@pytest.fixture(scope="module")
def photo(val_files: list[tuple[Path, Path]]) -> np.ndarray:
    return read_image(val_files[0][0])


def zoo_card(name: str, **changes: Any) -> Card:
    return read_card(zoo.card_path(name)).model_copy(update=changes)


def small_graph(path: Path, classes: int, opset: int = 13) -> None:
    """Probabilities of a few classes from the picture's colours, as a network gives them."""
    helper, rng = onnx.helper, np.random.default_rng(3)
    weight = rng.normal(0, 4, (classes, 3, 1, 1)).astype(np.float32)
    nodes = [helper.make_node("Conv", ["x", "w"], ["logits"]), helper.make_node("Softmax", ["logits"], ["y"], axis=1)]
    tensors = [
        helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, ["n", channels, "h", "w"])
        for name, channels in (("x", 3), ("y", classes))
    ]
    graph = helper.make_graph(nodes, "small", tensors[:1], tensors[1:], [onnx.numpy_helper.from_array(weight, "w")])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=7), path)


def compare(network: Path, card: Card, photo: np.ndarray, made: Path) -> tuple[float, float]:
    """The largest difference of a probability, and the share of pixels of another class."""
    kept = card.model_copy(update={"postprocess": split(card)[0]})
    wanted = Predictor(kept, OnnxRuntime(network, threads=1))(photo)
    assert wanted.values is not None
    found = {}
    for ending in ("prob", "mask"):
        write_embedded(network, card, made, ending)  # type: ignore[arg-type]
        found[ending] = OnnxRuntime(made, threads=1)(photo)
    assert found["mask"].dtype == np.uint8 and found["mask"].shape == wanted.mask.shape
    prob = found["prob"].reshape(-1, *photo.shape[:2])
    difference = np.abs(prob - wanted.values[-len(prob) :]).max()
    return float(difference), float(np.mean(found["mask"] != wanted.mask))


@pytest.mark.parametrize(
    ("name", "size"), [("portrait", (480, 640)), ("portrait", (541, 959)), ("pp_humanseg_v1_lite", (61, 40))]
)
def test_masks_are_those_of_the_predictor(name: str, size: tuple[int, int], photo: np.ndarray, tmp_path: Path):
    picture = cv2.resize(photo, size[::-1], interpolation=cv2.INTER_AREA)
    difference, moved = compare(zoo.onnx_path(name), zoo_card(name), picture, tmp_path / "made.onnx")
    assert difference < 0.1 and moved < 1e-3


@pytest.mark.parametrize("name", ["portrait", "pp_humanseg_v1_lite"])
def test_without_the_edge_filter_numbers_are_the_same(name: str, photo: np.ndarray, tmp_path: Path):
    card = zoo_card(name, postprocess=Finish(threshold=0.4).steps())
    difference, moved = compare(zoo.onnx_path(name), card, photo, tmp_path / "made.onnx")
    assert difference < 1e-4 and moved == 0


@pytest.mark.parametrize("opset", [11, 17, 18, 21])
@pytest.mark.parametrize("classes", [2, 5])
def test_every_opset_and_more_classes(opset: int, classes: int, photo: np.ndarray, tmp_path: Path):
    small_graph(tmp_path / "small.onnx", classes, opset)
    steps = [Step.of("Resize", target_size=[96, 64]), Step.of("Normalize", mean=[0.4, 0.5, 0.6], std=[0.2, 0.3, 0.4])]
    edges = Finish(edge_radius=3).steps() if classes == 2 else []
    card = Card(preprocess=steps, postprocess=edges, classes=[str(index) for index in range(classes)])
    difference, moved = compare(tmp_path / "small.onnx", card, photo, tmp_path / "made.onnx")
    assert difference < (0.1 if edges else 1e-4) and moved < 1e-3


@pytest.mark.parametrize(
    ("resize", "allowed"),
    [
        ({"target_size": [96, 64], "keep_ratio": True}, 1e-4),
        ({"target_size": [97, 65], "keep_ratio": True, "size_divisor": 16}, 1e-4),
        ({"target_size": [400, 900]}, 2e-2),  # OpenCV rounds the last pixels of enlarged rows otherwise
    ],
)
def test_sizes_are_those_of_the_transform(resize: dict[str, Any], allowed: float, photo: np.ndarray, tmp_path: Path):
    small_graph(tmp_path / "small.onnx", 2)
    card = Card(preprocess=[Step.of("Resize", **resize), Step.of("Normalize")])
    difference, moved = compare(tmp_path / "small.onnx", card, photo, tmp_path / "made.onnx")
    assert difference < allowed and moved < 1e-3


def test_a_picture_that_is_not_resized(photo: np.ndarray, tmp_path: Path):
    small_graph(tmp_path / "small.onnx", 2)
    difference, moved = compare(tmp_path / "small.onnx", Card(), photo, tmp_path / "made.onnx")
    assert difference < 1e-4 and moved == 0


def test_the_file_says_what_it_lacks(tmp_path: Path):
    write_embedded(zoo.onnx_path("portrait"), zoo_card("portrait"), tmp_path / "made.onnx", "mask")
    told = {item.key: item.value for item in onnx.load(tmp_path / "made.onnx").metadata_props}
    assert told == {"classes": "background, person", "left_out": "drop_faint, drop_specks"}


def test_all_that_cannot_be_part_of_a_graph_is_named():
    steps = [Step.of("Padding", target_size=[9, 9]), Step.of("Resize", target_size=[9, 9], interp="AREA")]
    card = Card(
        preprocess=steps,
        postprocess=[Step.of("sharpen")],
        outputs=[Output(kind="logits")],
        inputs=[Input(shape=[2, 3, 9, 9])],
    )
    with pytest.raises(ExportError) as caught:
        require(card)
    said = [str(problem) for problem in caught.value.problems]
    assert [line.partition(":")[0] for line in said] == [
        "preprocess.0",
        "preprocess.1",
        "postprocess.0",
        "--embed",
        "--embed",
    ]
    assert "Padding cannot be part of a graph" in said[0] and "interp: AREA" in said[1] and "batch is 2" in said[4]
