"""Configuration: merging, overrides, origins, every fault at once, and what components tell each other."""

from __future__ import annotations

from pathlib import Path

import pytest
from config_parts import PLUGIN, RUN, faults, write

from paddleseg.config import build, load_config
from paddleseg.config.load import load_tree
from paddleseg.config.places import copy_shipped, find_config
from paddleseg.errors import ConfigError


class TestFiles:
    def test_an_earlier_base_wins_and_a_child_wins_over_both(self, parts_folder):
        write("a.yml", "iters: 1\nmodel: {type: A, x: 1, deep: {p: 1, q: 1}}\n")
        write("b.yml", "iters: 2\nseed: 2\nmodel: {type: B, y: 2}\n")
        write("sub/c.yml", "_base_: [../a.yml, ../b.yml]\nmodel: {deep: {q: 9}, list: [1]}\n")
        assert load_tree("sub/c.yml").plain() == {
            "iters": 1,
            "seed": 2,
            "model": {"type": "A", "x": 1, "y": 2, "deep": {"p": 1, "q": 9}, "list": [1]},
        }

    def test_not_inherited_replaces_and_lists_replace_whole(self, parts_folder):
        write("a.yml", "model: {type: A, x: 1, deep: {p: 1}, list: [1, 2, 3]}\nloss: {coef: [1]}\n")
        write("b.yml", "_base_: a.yml\nmodel: {deep: {_inherited_: False, q: 2}, list: [7]}\nloss: {_inherited_: True}")
        assert load_tree("b.yml").plain() == {
            "model": {"type": "A", "x": 1, "deep": {"q": 2}, "list": [7]},
            "loss": {"coef": [1]},
        }

    def test_numbers_with_exponents_are_numbers(self, parts_folder):
        values = load_tree(write("a.yml", "a: 1e-3\nb: 1.0e-5\nc: -2E+4\nd: 1e5x\ne: .5e1\n")).plain()
        assert values == {"a": 0.001, "b": 1e-5, "c": -2e4, "d": "1e5x", "e": 5.0}

    def test_anchors_and_merge_keys(self, parts_folder):
        text = """
            x-common: &common {type: CrossEntropyLoss, weight: [1, 2]}
            loss:
              types:
                - *common
                - <<: *common
                  weight: [3, 4]
              coef: [1, 1]
            """
        types = load_tree(write("a.yml", text)).plain()["loss"]["types"]
        assert types == [
            {"type": "CrossEntropyLoss", "weight": [1, 2]},
            {"type": "CrossEntropyLoss", "weight": [3, 4]},
        ]

    def test_duplicate_keys_of_all_files_are_listed_with_both_lines(self, parts_folder):
        write("a.yml", "iters: 1\nseed: 1\niters: 2\n")
        write("b.yml", "_base_: a.yml\nloss:\n  types: [A]\n  coef: [1]\n  types: [B]\n")
        messages = faults(load_tree, "b.yml")
        assert len(messages) == 2
        assert messages[0].startswith(
            "b.yml:5: loss.types: the key 'types' is written twice, on lines 3 and 5\n  hint: "
        )
        assert messages[1].startswith("a.yml:3: iters: the key 'iters' is written twice, on lines 1 and 3\n  hint: ")

    def test_a_key_with_the_same_value_again_is_said_with_both_lines(self, parts_folder, capsys):
        """As the losses of PaddleSeg's K-Net and UPerNet are written."""
        loss = "loss:\n  types:\n    - type: A\n  types:\n    - type: A\n  coef: [1, 0.4]\n"
        write("twice.yml", loss)
        assert load_tree("twice.yml").plain() == {"loss": {"types": [{"type": "A"}], "coef": [1, 0.4]}}
        said = "Warning: twice.yml: loss.types: is written twice with the same value, on lines 2 and 4.\n"
        assert capsys.readouterr().err == said
        write("else.yml", "seed: 1\nseed: true\n")
        assert len(faults(load_tree, "else.yml")) == 1

    def test_a_duplicate_in_an_anchor_is_said_once(self, parts_folder):
        write("a.yml", "x-a: &a {p: 1, p: 2}\nmodel: *a\nloss: {<<: *a}\n")
        assert len(faults(load_tree, "a.yml")) == 1

    @pytest.mark.parametrize(
        ("files", "expected"),
        [
            ({}, "main.yml: no such file"),
            ({"main.yaml": "iters: 1"}, "main.yml: no such file\n  hint: did you mean main.yaml?"),
            ({"main.yml": "# nothing\n"}, "main.yml: is empty"),
            ({"main.yml": "- 1\n"}, "main.yml: should hold `key: value` lines at its top level"),
            ({"main.yml": "a:\n\tb: 1\n"}, "hint: indent with spaces; YAML does not allow tabs"),
            ({"main.yml": "a: 1\nb: [1, 2\nc: 3\n"}, "main.yml:3: is not YAML: while parsing a flow sequence"),
            ({"main.yml": "a: !!python/name:os.system x\n"}, "main.yml:1: is not YAML"),
            ({"main.yml": "a: &a [*a]\n"}, "an anchor that contains itself"),
            ({"main.yml": "a: &a {<<: *a}\n"}, "an anchor that contains itself"),
            ({"main.yml": "? [1]\n: 2\n"}, "main.yml:1: is not YAML: a key should be a word or a number"),
            ({"main.yml": "a: {<<: 3}\n"}, "main.yml:1: is not YAML: << takes a mapping"),
            ({"main.yml": "_base_: 3\n"}, "main.yml:1: _base_: should be a file name or a list of them, not 3"),
            ({"main.yml": "a: 1\n_base_: bas.yml\n", "base.yml": "a: 1"}, "main.yml:2: _base_: the base file bas.yml"),
            ({"main.yml": "_base_: no/such.yml\n"}, "hint: there is no folder no"),
            (
                {"main.yml": "model: {_inherited_: 'False'}\n"},
                "model._inherited_: should be true or false, not 'False'",
            ),
            (
                {"main.yml": "_base_: b.yml\n", "b.yml": "_base_: main.yml\n"},
                "b.yml:1: _base_: _base_ goes in a circle: main.yml -> b.yml -> main.yml",
            ),
        ],
    )
    def test_a_file_that_cannot_be_used_says_why(self, parts_folder, files, expected):
        for name, text in files.items():
            write(name, text)
        messages = faults(load_tree, "main.yml")
        assert len(messages) == 1
        assert expected in messages[0]

    def test_a_file_in_another_encoding_says_so_and_a_byte_order_mark_is_fine(self, parts_folder):
        Path("latin.yml").write_bytes("a: é".encode("latin-1"))
        Path("mark.yml").write_bytes("iters: 7\n".encode("utf-8-sig"))
        assert "UTF-8" in faults(load_tree, "latin.yml")[0]
        assert load_config("mark.yml").iters == 7


class TestOverrides:
    def test_dotted_keys_and_list_indices_with_yaml_types(self, parts_folder):
        write("a.yml", "model: {type: A, list: [{x: 1}, {x: 2}]}\niters: 3\n")
        opts = ["model.list.1.x=5e-1", "iters=7", "model.new.deep=[1, a]", "model.type=B=C", "seed=None"]
        assert load_tree("a.yml", opts).plain() == {
            "model": {"type": "B=C", "list": [{"x": 1}, {"x": 0.5}], "new": {"deep": [1, "a"]}},
            "iters": 7,
            "seed": None,
        }

    def test_paddlesegs_spelling_of_a_list(self, parts_folder):
        write("a.yml", "iters: 1\n")
        cfg = load_config("a.yml", ["test_config.scales=0.75,1.0", "test_config.aug_eval=True"])
        assert (cfg.test_config.scales, cfg.test_config.aug_eval) == ([0.75, 1.0], True)

    def test_true_keeps_the_settings_of_what_it_switches_on(self, parts_folder):
        write("a.yml", "train: {ema: {decay: 0.5}}")
        assert load_tree("a.yml", ["train.ema=true"]).plain() == {"train": {"ema": {"decay": 0.5}}}
        assert load_tree("a.yml", ["train.ema=false"]).plain() == {"train": {"ema": False}}

    def test_all_bad_overrides_at_once(self, parts_folder):
        write("a.yml", "model: {type: A, list: [1]}\niters: 1\n")
        opts = ["iters", "model.list.4=1", "iters.x=2", "modl.list.0=1", "model.type=[1"]
        messages = faults(load_tree, "a.yml", opts)
        assert [message.split(": ")[0] for message in messages] == [f"--opts {opt}" for opt in opts]
        assert "it has 1 items: 0 to 0" in messages[1]
        assert "iters is 1 and has no key 'x'" in messages[2]
        assert "hint: did you mean 'model'?" in messages[3]

    def test_a_typo_in_an_override_is_blamed_on_the_override(self, parts_folder):
        write("a.yml", RUN)
        assert faults(load_config, "a.yml", ["modle.num_classes=3", "model.backbone.dept=3"]) == [
            "--opts: model.backbone.dept: SmallBackbone has no argument 'dept'\n  hint: did you mean 'depth'?",
            "--opts: modle: there is no such key\n  hint: did you mean 'model'?",
        ]


class TestChecks:
    def test_a_good_file_has_no_problems_and_builds(self, parts_folder):
        cfg = load_config(write("a.yml", RUN))
        model = build.build_model(cfg)
        assert (model.num_classes, model.backbone.in_channels) == (3, 3)
        losses, coefs = build.build_losses(cfg)
        assert (losses[0].num_classes, losses[0].power, coefs) == (3, 1.0, [1.0])
        train, val = build.build_dataset(cfg, "train"), build.build_dataset(cfg, "val")
        assert ([t.offset for t in train.transforms], train.mode, val.mode) == ([[2, 2], (1, 1)], "train", "val")
        rate = build.build_lr(cfg)
        assert (rate(0), rate(100)) == (0.01, 0.0)

    def test_every_fault_is_listed_at_once_where_it_was_written(self, parts_folder):
        write("base.yml", RUN)
        text = """\
            _base_: base.yml
            batch_sizes: 3
            iters: many
            model:
              num_classes: 5
              backbone:
                type: SmallBackbon
            loss:
              types:
                - type: SumLoss
                  losses: [{type: SmallLos}, {type: SmallLoss, weights: [1]}]
              coef: [one]
            train_dataset:
              transforms:
                - type: Shift
                  offset: 3
            val_dataset:
              transforms:
                - type: Shfit
              ignore_index: 0
            lr_scheduler: {power: high}
            test_config: {is_slide: true, stride: [1, 2], crops: 3}
            """
        write("x.yml", text)
        assert faults(load_config, "x.yml") == [
            "x.yml:2: batch_sizes: there is no such key\n  hint: did you mean 'batch_size'?",
            "x.yml:3: iters: should be a whole number, not 'many'",
            "x.yml:5: model.num_classes: is 5, but 3 in base.yml:8: train_dataset.num_classes\n"
            "  hint: write it once; the others follow",
            "x.yml:7: model.backbone.type: no backbone is called 'SmallBackbon'\n  hint: did you mean 'SmallBackbone'?",
            "x.yml:10: loss.types.0: SumLoss needs 'coef'\n  hint: add `coef:` beside type",
            "x.yml:11: loss.types.0.losses.0.type: no loss is called 'SmallLos'\n  hint: did you mean 'SmallLoss'?",
            "x.yml:11: loss.types.0.losses.1.weights: SmallLoss has no argument 'weights'\n"
            "  hint: did you mean 'weight'?",
            "x.yml:12: loss.coef.0: should be a number, not 'one'",
            "x.yml:16: train_dataset.transforms.0.offset: should be a list of 2, not 3",
            "x.yml:19: val_dataset.transforms.0.type: no transform is called 'Shfit'\n  hint: did you mean 'Shift'?",
            "x.yml:21: lr_scheduler.power: should be a number, not 'high'",
            "x.yml:22: test_config.crops: there is no such key\n  hint: did you mean 'crop_size'?",
            "x.yml:22: test_config: is_slide needs crop_size\n  hint: add `crop_size: [w, h]`",
        ]

    def test_the_message_names_the_base_file_where_the_fault_is_there(self, parts_folder):
        write("parts/base.yml", RUN.replace("parts.py", "../parts.py").replace("power", "x").replace("Shift", "Shit"))
        messages = faults(load_config, write("x.yml", "_base_: parts/base.yml\n"))
        assert messages[0].startswith(
            "parts/base.yml:10: train_dataset.transforms.0.type: no transform is called 'Shit'"
        )

    @pytest.mark.parametrize(
        ("extra", "expected"),
        [
            ("model: 3", "x.yml:2: model: should be a mapping (indented `key: value` lines), not 3"),
            ("model: {_inherited_: false, num_classes: 3}", "x.yml:2: model: the model has no type"),
            ("model: {type: 3}", "x.yml:2: model.type: should be text, not 3"),
            ("model: {backbone: {type: [1]}}", "model.backbone.type: should be the name of a backbone, not [1]"),
            ("model: {extra: {type: [1]}}", "model.extra: SmallNet has no argument 'extra'"),
            ("model: {backbone: {_inherited_: false, depth: 1}}", "model.backbone: the backbone has no type"),
            ("model: {1: 2}", "x.yml:2: model.1: Keys should be strings"),
            ("loss: {_inherited_: false, coef: [1]}", "x.yml:2: loss: needs 'types'"),
            ("loss: {types: []}", "loss.types: should have more items, not []"),
            ("loss: {types: [SmallLoss, SmallLoss], coef: [1, 2, 3]}", "loss.coef: has 3 weights for 2 losses"),
            ("loss: {types: {type: SumLoss, coef: [1], losses: [SmallLoss]}}", "should be a mapping with a type"),
            (
                "loss: {types: {type: SmallLoss, ignore_index: 0}}\ntrain_dataset: {ignore_index: 9}",
                "ignore_index: is 0, but 9 in",
            ),
            ("batch_size: true", "x.yml:2: batch_size: should be a number, not true or false"),
            ("train: {precision: fp8}", "train.precision: should be 'fp32' or 'fp16', not 'fp8'"),
            ("train: {ema: {decays: 0.9}}", "train.ema.decays: there is no such key"),
            ("train: {ema: {decay: 1.5}}", "train.ema.decay: should be less than 1, not 1.5"),
            ("export: {transforms: [{type: Shift, probs: 1}]}", "export.transforms.0.probs: Shift has no argument"),
            ("lr_scheduler: {iters: 5}", "lr_scheduler.iters: PolynomialDecay has no argument 'iters'"),
            ("optimizer: {weight_decay: [1]}", "optimizer.weight_decay: should be a number or null, not [1]"),
            ("plugins: absent.py", "x.yml:2: plugins.0: there is no plugin file absent.py"),
            ("plugins: broken.py", "x.yml:2: plugins.0: broken.py fails when imported: NameError"),
            ("plugins: parts.txt", "parts.txt is not a Python file"),
            ("plugins: [parts.py, twice.py]", "a backbone called 'SmallBackbone' exists already"),
        ],
    )
    def test_each_fault_has_its_message(self, parts_folder, extra, expected):
        write("base.yml", RUN)
        write("broken.py", "no_such_name\n")
        write("parts.txt", PLUGIN)
        write("twice.py", PLUGIN)
        write("x.yml", f"_base_: base.yml\n{extra}\n")
        assert any(expected in message for message in faults(load_config, "x.yml"))

    def test_a_required_key_with_a_bad_value_is_not_also_missing(self, parts_folder):
        (message,) = faults(load_config, write("x.yml", "loss: {types: [], coef: [1]}\n"))
        assert message == "x.yml:1: loss.types: should have more items, not []"

    def test_components_inside_components_inside_components(self, parts_folder):
        nested = "{type: SumLoss, coef: [1], losses: [{type: SumLoss, coef: [1], losses: [{type: SmallLos}]}]}"
        (message,) = faults(load_config, write("x.yml", RUN), [f"loss.types.0={nested}"])
        assert "loss.types.0.losses.0.losses.0.type: no loss is called 'SmallLos'" in message

    def test_keywords_that_go_to_paddles_own_classes_are_not_judged(self, parts_folder):
        plugin = """
            from paddle import nn
            from paddleseg.cvlibs import manager

            @manager.MODELS.add_component
            class Loose(nn.Layer):
                def __init__(self, depth: int = 1, **kwargs):
                    super().__init__()
                    self.depth, self.kept = depth, kwargs
            """
        write("loose.py", plugin)
        write("x.yml", "plugins: loose.py\nmodel: {type: Loose, anything: 3}\n")
        assert build.build_model(load_config("x.yml")).kept == {"anything": 3}
        assert "model.depth: should be a whole number" in faults(load_config, "x.yml", ["model.depth=deep"])[0]

    def test_a_plugin_runs_once(self, parts_folder):
        write("once.py", "from pathlib import Path\nPath('runs').open('a').write('x')\n")
        write("x.yml", "plugins: [once.py, ./once.py]\n")
        load_config("x.yml")
        load_config("x.yml")
        assert Path("runs").read_text() == "x"

    def test_an_argument_left_over_from_a_base_says_how_to_drop_it(self, parts_folder):
        write("base.yml", RUN.replace("learning_rate: 0.01", "learning_rate: 0.01\n  end_lr: 0"))
        write("x.yml", "_base_: base.yml\nlr_scheduler: {type: StepDecay, step_size: 30}\n")
        (message,) = faults(load_config, "x.yml")
        assert "lr_scheduler.end_lr: StepDecay has no argument 'end_lr'" in message
        assert "`_inherited_: False` beside type drops what _base_ files set" in message

    def test_a_constructors_complaint_names_the_key(self, parts_folder):
        file = write("a.yml", RUN)
        complaint = ["a.yml:25: loss.types.0: SmallLoss: power is negative"]
        assert faults(load_config, file, ["loss.types.0.power=-1"]) == complaint
        unchecked = load_config(file, ["loss.types.0.power=-1"], check=False)
        assert faults(build.build_losses, unchecked) == complaint

    def test_what_a_command_needs_and_the_file_lacks(self, parts_folder):
        cfg = load_config(write("a.yml", "model: {type: PPHumanSegLite}\nsave_interval: 5\n"))
        names = ("iters", "train_dataset", "loss", "optimizer", "lr_scheduler")
        assert [message.split("\n")[0] for message in faults(cfg.require, *names)] == [
            f"a.yml: {name} is not set" for name in names
        ]
        assert faults(build.build_lr, cfg)[0].startswith("a.yml: iters is not set")


class TestFacts:
    def test_components_follow_the_data_set(self, parts_folder):
        text = RUN.replace("num_classes: 3", "num_classes: 3\n  ignore_index: 9\n  img_channels: 4", 1)
        cfg = load_config(
            write("a.yml", text), ["loss.types.0={type: SumLoss, coef: [1], losses: [{type: SmallLoss}]}"]
        )
        assert build.build_model(cfg).backbone.in_channels == 4
        inner = build.build_losses(cfg)[0][0].losses[0]
        assert (inner.num_classes, inner.ignore_index) == (3, 9)

    def test_the_models_classes_count_where_no_data_set_says(self, parts_folder):
        text = RUN.replace("  num_classes: 3\n", "").replace("type: SmallNet", "type: SmallNet\n  num_classes: 5")
        cfg = load_config(write("a.yml", text))
        assert build.build_losses(cfg)[0][0].num_classes == 5

    def test_data_sets_follow_the_model_and_each_other(self, parts_folder):
        text = RUN.replace("  num_classes: 3\n", "").replace("type: SmallNet", "type: SmallNet\n  num_classes: 5")
        cfg = load_config(write("a.yml", text), ["val_dataset.ignore_index=9", "model.backbone.in_channels=4"])
        train = build.build_dataset(cfg, "train")
        assert (train.num_classes, train.ignore_index, train.img_channels) == (5, 9, 4)
        assert faults(load_config, "a.yml", ["train_dataset.img_channels=1", "model.backbone.in_channels=4"]) == [
            "--opts: model.backbone.in_channels: is 4, but 1 in --opts: train_dataset.img_channels\n"
            "  hint: write it once; the others follow"
        ]

    def test_a_loss_may_count_classes_in_its_own_way(self, parts_folder):
        cfg = load_config(write("a.yml", RUN), ["loss.types.0.num_classes=2"])
        assert build.build_losses(cfg)[0][0].num_classes == 2
        assert build.build_model(cfg).num_classes == 3

    def test_a_data_set_class_may_state_its_classes(self, parts_folder):
        write("fixed.py", PLUGIN + "\n\nDrawings.NUM_CLASSES = 19\n")
        text = RUN.replace("  num_classes: 3\n", "").replace("parts.py", "fixed.py")
        assert build.build_model(load_config(write("a.yml", text))).num_classes == 19

    def test_transforms_without_the_data(self, parts_folder):
        cfg = load_config(write("a.yml", RUN), ["export.transforms=[{type: Shift, prob: 1}]"])
        assert [t.prob for t in build.build_transforms(cfg, "export")] == [1]
        assert [t.prob for t in build.build_transforms(cfg, "val_dataset")] == [0.5]
        assert build.build_transforms(cfg, "test_dataset") == []


class TestNonsense:
    """What no run can mean is named when the file is read, all of it at once."""

    @pytest.mark.parametrize(
        ("opt", "says"),
        [
            ("seed=1e20", "seed"),
            ("batch_size=1e12", "batch_size"),
            ("train.cache_gb=.inf", "train.cache_gb"),
            ("train.num_workers=-1", "train.num_workers"),
            ("train_dataset.dataset_root=5", "should be text or a path, not 5"),
            ("loss.coef=.nan", "loss.coef"),
            ("val_dataset.transforms=[{type: RandomRotation, max_rotation: .inf}]", "max_rotation"),
            ("val_dataset.transforms=[{type: RandomHorizontalFlip, prob: 2}]", "prob should lie between 0 and 1"),
            ("export.postprocess=[{type: drop_specks, smallest: 3}]", "smallest should lie within"),
            ("export.postprocess=[{type: drop_speks}]", "did you mean 'drop_specks'?"),
            ("task=semantc", "did you mean 'semantic'?"),
            ("loss.types=[{type: CrossEntropyLoss, weight: [1, 2, 3]}]", "has 3 weights for 2 classes"),
            ("model.num_classes=&a [*a]", "the value is not YAML"),
            ("model.num_classes=2001-99-99", "the value is not YAML"),
            ("a" * 300 + "=1", "there is no such key"),
        ],
    )
    def test_is_refused_with_its_place(self, opt: str, says: str, root: Path):
        with pytest.raises(ConfigError) as caught:
            load_config(root / "configs/pp_humanseg/pp_humanseg_lite_mini_portrait.yml", [opt])
        assert says in str(caught.value) and "--opts" in str(caught.value)

    @pytest.mark.parametrize(
        "name", ["~nosuchuser/a.yml", "a\0b.yml", "n" * 300 + ".yml", "\udcff.yml", "/dev/null", ""]
    )
    def test_is_no_file(self, name: str):
        with pytest.raises(ConfigError):
            load_config(name)

    def test_aliases_of_aliases_end(self, tmp_path: Path):
        lines = ["a0: &a0 [1, 2, 3, 4, 5, 6, 7, 8, 9]"]
        lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
        (tmp_path / "bomb.yml").write_text("\n".join(lines))
        with pytest.raises(ConfigError, match="counting what aliases repeat"):
            load_config(tmp_path / "bomb.yml")

    def test_bases_of_bases_are_read_once(self, tmp_path: Path):
        (tmp_path / "b0.yml").write_text("iters: 7\nmodel: {type: PPHumanSegLite}\n")
        for n in range(1, 40):
            (tmp_path / f"b{n}.yml").write_text(f"_base_: [b{n - 1}.yml, b{n - 1}.yml]\n")
        assert load_config(tmp_path / "b39.yml").iters == 7

    def test_nested_too_deeply(self, tmp_path: Path):
        (tmp_path / "deep.yml").write_text("a: " + "[" * 3000 + "]" * 3000)
        with pytest.raises(ConfigError, match="nested too deeply"):
            load_config(tmp_path / "deep.yml")


class TestPlaces:
    def test_a_dot_in_a_name_is_part_of_it(self):
        wanted = "pp_liteseg_stdc1_cityscapes_1024x512_scale0.5_160k"
        assert {find_config(wanted + end).name for end in ("", ".yml", ".yaml")} == {f"{wanted}.yml"}

    def test_a_shipped_configuration_is_found_by_its_name(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.chdir(tmp_path)
        cfg = load_config("portrait_fine_tune_mini")
        assert cfg.path.endswith("configs/pp_humanseg/portrait_fine_tune_mini.yml")
        assert len(build.build_dataset(cfg, "val")) == 27  # its paths are the clone's

    def test_the_working_directory_comes_first(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mini: Path):
        own = tmp_path / "data" / "portrait_mini"
        own.mkdir(parents=True)
        image, label = (mini / name for name in (mini / "val.txt").read_text().split()[:2])
        (own / "val.txt").write_text(f"{image} {label}")
        monkeypatch.chdir(tmp_path)
        assert len(build.build_dataset(load_config("portrait_fine_tune_mini"), "val")) == 1

    def test_copies_bring_their_bases_and_spare_other_files(self, tmp_path: Path):
        copies = copy_shipped("portrait_fine_tune_mini", tmp_path)
        names = [copy.name for copy in copies]
        assert names[:3] == [
            "portrait_fine_tune_mini.yml",
            "portrait_fine_tune.yml",
            "portraits.yml",
        ]
        assert load_config(copies[0]).iters == 80
        copies[1].write_text("mine")
        with pytest.raises(ConfigError, match="is there already, with other content"):
            copy_shipped("portrait_fine_tune_mini", tmp_path)
        assert copies[1].read_text() == "mine"
