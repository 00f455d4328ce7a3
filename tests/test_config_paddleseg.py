"""PaddleSeg's files and spellings, and its `Config` and `SegBuilder`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from config_parts import RUN, faults, write

from paddleseg.config import load_config
from paddleseg.cvlibs import Config, SegBuilder

PADDLESEG = Path(__file__).parent / "configs_paddleseg"


class TestPaddleSegFiles:
    """Files in the shapes of PaddleSeg's own; `merged_by_paddleseg_2.8.json` is what PaddleSeg 2.8.0 made of them."""

    merged = json.loads((PADDLESEG / "merged_by_paddleseg_2.8.json").read_text())

    @pytest.mark.parametrize("case", merged)
    def test_the_merged_dictionary_is_paddlesegs(self, case):
        name, *words = case.split()
        flags = dict(word.split("=") for word in words) if words and words[0].startswith("learning_rate") else {}
        flags = {key: yaml.safe_load(value) for key, value in flags.items()}
        ours = Config(PADDLESEG / name, **flags, opts=[] if flags else words).dic
        theirs = json.loads(json.dumps(self.merged[case]))
        # PaddleSeg writes into the dictionary what we hand to constructors instead.
        for loss in theirs["loss"]["types"]:
            for inner in (loss, *loss.get("losses", ())):
                inner.pop("ignore_index", None)
        for part in (theirs["model"], theirs["model"].get("backbone", {})):
            part.pop("in_channels", None)
        assert ours == theirs

    @pytest.mark.parametrize("path", sorted(PADDLESEG.glob("*.yml")), ids=lambda path: path.stem)
    def test_loading_asks_for_no_component_but_building_does(self, path):
        config = Config(path)
        assert config.batch_size > 0
        assert config.iters > 0
        config.dic["model"] = {"type": "NoSuchNet"}
        message = faults(lambda: SegBuilder(config).model)[0]
        assert "model.type: no model is called 'NoSuchNet'" in message

    def test_the_old_learning_rate_becomes_a_schedule_with_its_lines(self):
        config = Config(PADDLESEG / "old_learning_rate.yml")
        assert config.lr_scheduler_cfg == {"type": "PolynomialDecay", "learning_rate": 0.01, "power": 0.9, "end_lr": 0}
        assert config.typed().where("lr_scheduler", "power").endswith("old_learning_rate.yml:23: lr_scheduler.power")
        assert "lr_scheduler" not in config.dic
        rate = SegBuilder(config).lr_scheduler
        assert (rate(0), rate(10000)) == (0.01, 0)

    def test_command_line_rates_reach_old_files(self):
        config = Config(PADDLESEG / "old_learning_rate.yml", learning_rate=0.5, batch_size=2, iters=10)
        assert SegBuilder(config).lr_scheduler(0) == 0.5
        assert (config.batch_size, config.iters) == (2, 10)

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("learning_rate: 0.1", {"type": "ConstantLR", "learning_rate": 0.1}),
            (
                "optimizer: {type: sgd, learning_rate: 0.1, decay: {type: poly, power: 2}}",
                {"type": "PolynomialDecay", "learning_rate": 0.1, "power": 2},
            ),
            (
                "learning_rate: {decay: {type: piecewise, boundaries: [1], values: [1, 2]}}",
                {"type": "PiecewiseDecay", "boundaries": [1], "values": [1, 2]},
            ),
        ],
    )
    def test_other_old_spellings_of_the_rate(self, parts_folder, text, expected):
        cfg = load_config(write("a.yml", text), check=False)
        assert cfg.lr_scheduler and cfg.lr_scheduler.model_dump() == expected

    def test_an_old_schedule_beside_todays_is_not_used_and_said(self, parts_folder, capsys):
        write("a.yml", "lr_scheduler: {type: StepDecay}\nlearning_rate: {value: 0.1}\n")
        cfg = load_config("a.yml", check=False)
        assert cfg.lr_scheduler and cfg.lr_scheduler.model_dump() == {"type": "StepDecay"}
        said = "Warning: a.yml:2: learning_rate: is not used, since lr_scheduler (a.yml:1) says it all.\n"
        assert capsys.readouterr().err == said

    def test_losses_of_mscale_ocrnet_follow_its_main_logits(self, parts_folder, capsys):
        for coef, meant in (("[0.4, 1, 0.1, 0.1]", "BACD"), ("[1, 0.4, 0.1, 0.1]", "ABCD"), ("[1]", "ABCD")):
            types = "[{type: A}, {type: B}, {type: C}, {type: D}]"
            write("a.yml", f"model: {{type: MscaleOCRNet}}\nloss: {{types: {types}, coef: {coef}}}\n")
            cfg = load_config("a.yml", check=False)
            assert "".join(loss.type for loss in cfg.loss.types) == meant and cfg.loss.coef[0] == 1
            said = "the first two change places" in capsys.readouterr().err
            assert said == (meant == "BACD")

    def test_keys_that_only_name_a_value_are_said(self, parts_folder, capsys):
        write("a.yml", "mean: &mean [0.5]\niters: &n 3\nmodel: {type: A, mean: *mean, n: *n}\n")
        cfg = load_config("a.yml", check=False)
        assert cfg.iters == 3 and cfg.model and cfg.model.args == {"mean": [0.5], "n": 3}
        assert (
            capsys.readouterr().err
            == "Warning: a.yml:1: mean: only the anchor in this line is used (call it `x-mean`).\n"
        )
        write("b.yml", "men: [0.5]\n")
        assert faults(load_config, "b.yml")[0].startswith("b.yml:1: men: there is no such key")

    @pytest.mark.parametrize(
        ("written", "meant"),
        [
            ("{type: sgd, momentum: 0.9}", "Momentum"),
            ("{type: SGD, momentum: 0.9}", "Momentum"),
            ("{type: sgd}", "SGD"),
            ("{type: adam}", "Adam"),
            ("{type: AdamW}", "AdamW"),
            ("{type: AdamWDL}", "AdamWDL"),
            ("{type: adamwdl_cae}", "AdamWDL_CAE"),
        ],
    )
    def test_optimizer_names(self, parts_folder, written, meant):
        cfg = load_config(write("a.yml", f"optimizer: {written}\n"), check=False)
        assert cfg.optimizer and cfg.optimizer.type == meant

    def test_keys_that_begin_with_x_are_the_users_own(self, parts_folder):
        load_config(write("a.yml", "x-notes: {anything: [1, 2]}\n"))

    def test_empty_sections_mean_not_given(self, parts_folder):
        cfg = load_config(write("a.yml", "test_config:\nval_dataset: null\n"))
        assert cfg.val_dataset is None and cfg.test_config.scales == [1.0]

    def test_segbuilder_builds_all_parts(self, parts_folder):
        builder = SegBuilder(Config(write("a.yml", RUN), iters=50, opts=["distill_loss.types=SmallLoss"]))
        assert builder.model is builder.model
        assert [type(loss).__name__ for loss in builder.loss["types"]] == ["SmallLoss"]
        assert builder.distill_loss["coef"] == [1.0]
        assert builder.train_dataset.mode == "train"
        assert builder.val_dataset_class is type(builder.val_dataset) is builder.train_dataset_class
        assert [type(transform).__name__ for transform in builder.val_transforms] == ["Shift"]

    def test_config_has_paddlesegs_attributes(self, parts_folder):
        config = Config(write("a.yml", RUN), opts=["test_config.is_slide=False", "to_static_training=True"])
        assert config.to_static_training is True
        assert config.test_config == {"is_slide": False}
        assert config.optimizer_cfg == {"type": "sgd", "momentum": 0.9}
        assert config.train_dataset_cfg["num_classes"] == config.val_dataset_cfg["num_classes"] == 3
        assert config.loss_cfg["coef"] == [1]
        assert config.distill_loss_cfg == {}
        assert config.model_cfg["backbone"] == {"type": "SmallBackbone"}
        assert yaml.safe_load(str(config)) == config.dic


def test_pidnets_losses_are_read_in_the_order_of_the_heads(tmp_path: Path):
    """PaddleSeg's begin with the branch of detail; the last is of places that the third output takes for boundaries."""
    kinds = ["CrossEntropyLoss", "OhemCrossEntropyLoss", "BCELoss", "OhemCrossEntropyLoss"]
    theirs = {"types": [{"type": kind} for kind in kinds], "coef": [0.4, 1, 10, 2]}
    theirs["types"][3]["thresh"] = 0.9
    model = {"type": "PIDNet", "num_classes": 2, "backbone": {"type": "PIDNet_Small"}}
    (tmp_path / "theirs.yml").write_text(yaml.dump({"model": model, "loss": theirs}), encoding="utf-8")
    read = load_config(tmp_path / "theirs.yml").to_dict()["loss"]
    last = {"type": "OhemEdgeAttentionLoss", "thresh": 0.9}
    assert read == {"types": [*({"type": kinds[number]} for number in (1, 0, 2)), last], "coef": [1, 0.4, 10, 2]}
    (tmp_path / "ours.yml").write_text(yaml.dump({"model": model, "loss": read}), encoding="utf-8")
    assert load_config(tmp_path / "ours.yml").to_dict()["loss"] == read
