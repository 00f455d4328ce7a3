"""The card that export writes is what the configuration says, or the line that cannot be is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from paddleseg.assemble import card_from_config
from paddleseg.cli.main import main
from paddleseg.config import load_config
from paddleseg.errors import ConfigError


@pytest.fixture
def config(root: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(root)  # the shipped configurations name their data relative to the repository
    return "configs/pp_humanseg/pp_humanseg_lite_mini_portrait.yml"


def test_a_shape_that_the_transforms_contradict_is_refused(config: str):
    with pytest.raises(ConfigError, match=r"says 224x398 \(h x w\), but the transforms give 192x192"):
        card_from_config(load_config(config), shape=[1, 3, 224, 398])


def test_other_channels_than_the_pictures_are_refused(config: str):
    with pytest.raises(ConfigError, match="has 1 channels, but the pictures have 3"):
        card_from_config(load_config(config), shape=[1, 1, 192, 192])


def test_a_fixed_shape_brings_the_resize_that_the_transforms_lack(config: str):
    bare = ["export.transforms=[{type: Normalize}]"]
    card = card_from_config(load_config(config, bare), shape=[1, 3, 96, 160])
    assert [step.type for step in card.preprocess] == ["Resize", "Normalize"]
    assert card.preprocess[0].args["target_size"] == [160, 96]
    assert card.input.size == (96, 160)
    assert card_from_config(load_config(config, bare)).input.size is None


@pytest.mark.parametrize("name", ["smallest_part", "edge_radius"])
def test_finishing_two_classes_is_the_cards_business(config: str, name: str):
    opts = [f"export.{name}=0.1"]
    assert getattr(card_from_config(load_config(config, opts)).finish, name) == 0.1
    assert getattr(card_from_config(load_config(config, opts), kind="argmax").finish, name) == 0
    with pytest.raises(ConfigError, match=f"{name}: is for two classes"):
        card_from_config(load_config(config, [*opts, "test_config.use_multilabel=True"]))


def test_the_threshold_is_the_cards_where_there_is_one(config: str):
    opts = ["export.threshold=0.45"]
    assert card_from_config(load_config(config, opts)).finish.threshold == 0.45
    assert card_from_config(load_config(config, opts), kind="argmax").finish.threshold == 0.5
    assert card_from_config(load_config(config, [*opts, "test_config.use_multilabel=True"])).finish.threshold == 0.45
    three = [f"{mode}_dataset.num_classes=3" for mode in ("train", "val")]
    with pytest.raises(ConfigError, match="threshold: is for two classes, or independent ones"):
        card_from_config(load_config(config, [*opts, *three]))


def test_without_export_transforms_those_of_evaluation_count(config: str):
    opts = ["export.transforms=[]", "val_dataset.transforms=[{type: ResizeByLong, long_size: 64}]"]
    assert [step.type for step in card_from_config(load_config(config, opts)).preprocess] == ["ResizeByLong"]


def test_random_transforms_are_refused_with_their_line(config: str):
    opts = ["export.transforms=[{type: RandomBlur}]"]
    with pytest.raises(ConfigError, match=r"export.transforms.0: RandomBlur is random"):
        card_from_config(load_config(config, opts))


def test_weights_have_to_come_from_somewhere(config: str, capsys: pytest.CaptureFixture[str], tmp_path: Path):
    opts = ["--opts", "model.pretrained=null"]
    assert main(["export", "--config", config, "--save_dir", str(tmp_path / "new"), *opts]) == 2
    assert "there are no trained weights\n  hint: give --model_path" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
