"""Cards, written and read, and the preprocessing steps that they name."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import yaml

from paddleseg import zoo
from paddleseg.card import Card, Files, Input, Step, load_card, read_card, save_card
from paddleseg.errors import ConfigError, ExportError
from paddleseg.images.io import read_image
from paddleseg.inference.preprocess import Preprocessor, explicit_steps
from paddleseg.registry import TRANSFORMS

LITE = "pp_humanseg_v1_lite"


class TestCard:
    def test_what_is_written_is_read(self, tmp_path: Path):
        card = Card(
            name="net",
            model=Step(type="PPHumanSegLite", num_classes=2),
            files=Files(graph="model.json", params="model.pdiparams"),
            input=Input(shape=[1, 3, 144, 256], size=(144, 256)),
            preprocess=[Step(type="Resize", target_size=[256, 144]), Step(type="Normalize", mean=[0.5], std=[0.25])],
            classes=["background", "person"],
            colors=[[0, 0, 0], [0, 177, 64]],
            threshold=0.4,
            licence="Apache-2.0",
        )
        save_card(card, tmp_path / "inference.yml")
        assert read_card(tmp_path / "inference.yml") == card

    def test_other_languages_find_every_default_written_out(self, tmp_path: Path):
        card = Card(preprocess=explicit_steps([{"type": "Resize", "target_size": [8, 8]}]))
        save_card(card, tmp_path / "inference.yml")
        content = yaml.safe_load((tmp_path / "inference.yml").read_text())
        plain = {"name": "main", "kind": "prob", "activation": "softmax", "multilabel": False}
        assert content["outputs"] == [plain]
        assert content["preprocess"][0] | {"interp": "LINEAR", "keep_ratio": False} == content["preprocess"][0]

    def test_every_fault_is_listed_with_its_key(self, tmp_path: Path):
        path = tmp_path / "inference.yml"
        path.write_text("card: 1\ninput: {shape: [1]}\noutput: {kind: classes}\nclasess: [a]\n")
        with pytest.raises(ConfigError) as caught:
            read_card(path)
        named = [problem.where.removeprefix(f"{path}: ") for problem in caught.value.problems]
        assert sorted(named) == ["clasess", "inputs.0.shape", "outputs.0.kind"]

    @pytest.mark.parametrize(
        ("text", "says"),
        [
            ("a: [1", "is not YAML"),
            ("- 1", "holds no mapping"),
            ("model: {type: PPHumanSegLite}\niters: 3", "is no model's card"),
            ("card: 1\nclasses: [a, b]\ncolors: [[0, 0, 0]]", "2 classes but only 1 colors"),
            ("card: 1\noutput: {multilabel: true}", "needs activation: sigmoid"),
            ("card: 1\nthreshold: 2", "threshold should lie between 0 and 1"),
            ("card: 2\npostprocess: [{type: drop_specks, smallest: -1}]", "smallest_part should be 0 or more"),
            ("card: 2\npostprocess: [{type: drop_faint, peak: 1}]", "faintest_part should be 0 or more"),
            ("card: 2\nfiles: {graph: ../../etc/passwd}", "leads out of the card's folder"),
        ],
    )
    def test_what_is_no_card_is_refused(self, tmp_path: Path, text: str, says: str):
        (tmp_path / "inference.yml").write_text(text)
        with pytest.raises(ConfigError, match=says):
            load_card(tmp_path)

    def test_a_folder_without_a_card_is_named(self, tmp_path: Path):
        with pytest.raises(ExportError, match=r"holds no inference.yml and no deploy.yaml"):
            load_card(tmp_path)
        with pytest.raises(ExportError, match="does not exist"):
            load_card(tmp_path / "nowhere")

    def test_paddlesegs_deploy_yaml_is_a_card(self, tmp_path: Path):
        deploy = {
            "model": "model.pdmodel",
            "params": "model.pdiparams",
            "input_shape": [-1, 3, -1, -1],
            "output_dtype": "int32",
            "output_op": "argmax",
            "transforms": [{"type": "Resize", "target_size": [398, 224]}, {"type": "Normalize"}],
        }
        (tmp_path / "deploy.yaml").write_text(yaml.safe_dump({"Deploy": deploy}))
        card, folder = load_card(tmp_path / "deploy.yaml")
        assert folder == tmp_path
        assert (card.files.graph, card.output.kind) == ("model.pdmodel", "argmax")
        assert card.input.shape == [None, 3, None, None]
        assert Preprocessor(card.preprocess).fixed_size() == (224, 398)

    def test_packed_weights_name_origin_licence_and_a_card_that_runs(self):
        card = read_card(zoo.card_path(LITE))
        assert card.licence == "Apache-2.0"
        assert "Baidu" in card.origin
        assert Preprocessor(card.preprocess).fixed_size() == card.input.size == (192, 192)


class TestPreprocess:
    def test_what_only_labels_need_is_left_out_and_defaults_are_written(self):
        steps = explicit_steps([{"type": "AddEdgeLabel"}, {"type": "Padding", "target_size": [9, 9]}])
        assert [step.type for step in steps] == ["Padding"]
        assert steps[0].args == {"target_size": [9, 9], "im_padding_value": 127.5, "keep_larger": False}

    @pytest.mark.parametrize(
        ("name", "arguments"),
        [
            ("RandomHorizontalFlip", {"prob": 0}),
            ("ResizeStepScaling", {}),
            ("ResizeRangeScaling", {}),
            ("ComposePortrait", {"backgrounds": "data/portrait_mini/images"}),
            ("Resize", {"target_size": [64, 64], "interp": "RANDOM"}),
            ("ResizeByShort", {"short_size": [8, 16]}),
        ],
    )
    def test_random_steps_are_refused_with_their_place(self, name: str, arguments: dict, root: Path, monkeypatch):
        monkeypatch.chdir(root)
        with pytest.raises(ConfigError, match=rf"val.transforms.1: {name} is random"):
            explicit_steps([{"type": "Normalize"}, {"type": name, **arguments}], "val.transforms")

    def test_what_does_not_say_whether_it_is_random_is_taken_by_its_name(self, monkeypatch):
        class RandomTint:
            def __call__(self, data):
                return data

        class Tint(RandomTint):
            def __init__(self, strength=2):
                self.strength = strength

        class Maybe(RandomTint):
            draws = True

        for plugin in (RandomTint, Tint, Maybe):
            monkeypatch.setitem(TRANSFORMS._objects, plugin.__name__, plugin)
        assert [step.args for step in explicit_steps([{"type": "Tint"}])] == [{"strength": 2}]
        for name in ("RandomTint", "Maybe"):
            with pytest.raises(ConfigError, match=f"transforms.0: {name} is random"):
                explicit_steps([{"type": name}])
        with pytest.raises(ConfigError, match=r"transforms.0: ResizeByShort: short_size should be"):
            explicit_steps([{"type": "ResizeByShort", "short_size": 0}])

    def test_a_misspelt_argument_of_a_step_is_named(self):
        with pytest.raises(ConfigError, match=r"preprocess.0: Resize: .*'target'"):
            Preprocessor([Step(type="Resize", target=[2, 2])])

    def test_the_network_sees_what_evaluation_sees(self, val_files: list[tuple[Path, Path]], mini: Path):
        from paddleseg.datasets.base import Dataset
        from paddleseg.transforms.colour import Normalize
        from paddleseg.transforms.resize import Resize

        dataset = Dataset(
            transforms=[Resize([192, 192]), Normalize()],
            dataset_root=str(mini),
            num_classes=2,
            mode="val",
            val_path=str(mini / "val.txt"),
        )
        prepare = Preprocessor(read_card(zoo.card_path(LITE)).preprocess)
        for index in (0, 5):
            tensor, geometry = prepare(read_image(val_files[index][0]))
            sample = dataset.sample(index, np.random.default_rng(0))
            np.testing.assert_array_equal(tensor, sample.image.transpose(2, 0, 1))
            assert geometry.original == sample.geometry.original

    def test_a_size_that_follows_the_picture_is_not_fixed(self):
        assert Preprocessor([]).fixed_size() is None
        assert Preprocessor([Step(type="ResizeByLong", long_size=64)]).fixed_size() is None
        assert Preprocessor([Step(type="Padding", target_size=[32, 32])]).fixed_size() is None
        letterbox = [Step(type="ResizeByLong", long_size=64), Step(type="Padding", target_size=[64, 64])]
        assert Preprocessor(letterbox).fixed_size() == (64, 64)
