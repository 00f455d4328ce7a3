"""One answer: every way to a mask of the zoo's weights gives the same pixels."""

from __future__ import annotations

import importlib.util
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from paddleseg import zoo
from paddleseg.assemble import card_from_config
from paddleseg.cli.main import main
from paddleseg.config.load import load_config
from paddleseg.images.io import read_image
from paddleseg.inference.predictor import Predictor


@pytest.fixture(scope="module")
def doors(root: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("doors", root / "benchmarks" / "doors.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# Their networks are those of others, with other weights.
ALIKE = ("zoo://portrait_robust", "zoo://connectnet")
# Graphs in 8 bits have no weights, by which most doors go.
CARDS = [
    pytest.param(uri, marks=[pytest.mark.slow] if uri in ALIKE else [])
    for uri in zoo.names()
    if zoo.card(uri).files.weights and zoo.card(uri).task == "semantic"
]


@pytest.mark.parametrize("uri", CARDS)
def test_all_doors_give_one_mask(uri: str, doors: ModuleType, mini: Path):
    lines = (mini / "val.txt").read_text().splitlines()[3:6]
    pairs = [tuple(mini / name for name in line.split()) for line in lines]
    found = doors.differing(uri, pairs)
    tried = {door: pixels for door, pixels in found.items() if pixels != "paddle2onnx is not installed"}
    if not zoo.card(uri).files.onnx:
        assert "no ONNX graph" in str(tried.pop("from_zoo onnx"))
    assert len(tried) >= 6 and set(tried.values()) == {0}


class TestWhatTheConfigurationSays:
    CONFIG = "configs/pp_humanseg/portrait_fine_tune_mini.yml"

    def test_the_card_stands_in_for_what_is_not_written(self, root: Path):
        """The file writes smallest_part and edge_radius, and no threshold."""
        cfg = load_config(root / self.CONFIG, ["export.edge_radius=2"])
        card = card_from_config(cfg, weights="zoo://portrait")
        assert (card.finish.threshold, card.finish.smallest_part, card.finish.edge_radius) == (0.45, 0.02, 2)
        assert card.licence == "Apache-2.0" and card.classes == ["background", "person"]

    def test_weights_trained_under_it_get_its_own_settings_only(self, root: Path):
        assert card_from_config(load_config(root / self.CONFIG)).finish.threshold == 0.5

    def test_steps_may_be_written_out(self, root: Path):
        steps = ["export.postprocess=[{type: to_picture}, {type: to_mask, threshold: 0.7}]"]
        card = card_from_config(load_config(root / self.CONFIG, steps), weights="zoo://portrait")
        assert [step.type for step in card.postprocess] == ["to_picture", "to_mask"]
        assert card.finish.threshold == 0.7

    def test_raw_is_the_network_alone(self, root: Path):
        card = card_from_config(load_config(root / self.CONFIG), weights="zoo://portrait", raw=True)
        assert card.postprocess == []

    def test_names_and_colours_may_be_its_own(self, root: Path):
        said = ["export.class_names=[room, somebody]", "export.colors=[[0, 0, 0], [1, 2, 3]]"]
        card = card_from_config(load_config(root / self.CONFIG, said), weights="zoo://portrait")
        assert (card.classes, card.colors) == (["room", "somebody"], [[0, 0, 0], [1, 2, 3]])


@pytest.mark.parametrize("runtime", ["dygraph", "onnx", "paddle"])
def test_threads_get_the_masks_of_one(runtime: str, mini: Path, tmp_path_factory: pytest.TempPathFactory, root: Path):
    if runtime == "paddle":
        folder = tmp_path_factory.mktemp("threads") / "export"
        config = ["--config", str(root / "configs/pp_humanseg/pp_humanseg_lite_mini_portrait.yml")]
        assert main(["export", *config, "--model_path", "zoo://pp_humanseg_v1_lite", "--save_dir", str(folder)]) == 0
        predictor = Predictor.from_export(folder, "paddle", threads=1)
    else:
        predictor = Predictor.from_zoo("pp_humanseg_v1_lite", runtime, threads=1)
    photos = [read_image(mini / line.split()[0]) for line in (mini / "val.txt").read_text().splitlines()[:5]]
    wanted = [predictor(photo).mask for photo in photos]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda photo: predictor(photo).mask, photos * 4))
    for number, mask in enumerate(found):
        np.testing.assert_array_equal(mask, wanted[number % len(photos)])
