"""The shipped configurations, the JSON schema, and `paddleseg config`."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml
from config_parts import RUN, write

from paddleseg.cli.main import main
from paddleseg.config import build, load_config
from paddleseg.config.json_schema import json_schema

ROOT = Path(__file__).parent.parent
SHIPPED = sorted((ROOT / "configs").rglob("*.yml"))


class TestShippedFiles:
    @pytest.mark.parametrize("path", SHIPPED, ids=lambda path: str(path.relative_to(ROOT / "configs")))
    def test_it_loads_checks_and_fits_the_json_schema(self, path, monkeypatch):
        monkeypatch.chdir(ROOT)
        load_config(path)
        assert misfits(yaml.safe_load(path.read_text()), SCHEMA, SCHEMA) == []

    def test_the_portrait_preset_gives_real_objects(self, monkeypatch):
        monkeypatch.chdir(ROOT)
        cfg = load_config("configs/pp_humanseg/pp_humanseg_lite_mini_portrait.yml")
        model = build.build_model(cfg)
        optimizer = build.build_optimizer(cfg, model)
        assert optimizer.get_lr() == build.build_lr(cfg)(0)
        held = sum(len(group["params"]) for group in optimizer._param_groups)
        assert held == sum(not parameter.stop_gradient for parameter in model.parameters())
        assert len(build.build_dataset(cfg, "train").entries) == 79
        assert cfg.save_interval == 40
        assert [type(step).__name__ for step in build.build_transforms(cfg, "export")] == ["Resize", "Normalize"]


SCHEMA = json_schema()


def test_every_part_of_the_schema_that_is_named_is_there():
    named = set(re.findall(r'"#/\$defs/(\w+)"', json.dumps(SCHEMA)))
    assert named <= set(SCHEMA["$defs"])


def misfits(value, schema, root, place="") -> list[str]:
    """Where a value does not fit a JSON schema, for the keywords that ours uses."""
    if "$ref" in schema:
        schema = root["$defs"][schema["$ref"].rpartition("/")[2]]
    if "anyOf" in schema and all(misfits(value, option, root) for option in schema["anyOf"]):
        return [f"{place}: fits none of the alternatives"]
    if "enum" in schema and value not in schema["enum"]:
        return [f"{place}: {value!r} is not among {schema['enum']}"]
    kinds = {"object": dict, "array": list, "string": str, "integer": int, "boolean": bool, "null": type(None)}
    kinds["number"] = (int, float)
    if "type" in schema and not isinstance(value, kinds[schema["type"]]):
        return [f"{place}: {value!r} is not of type {schema['type']}"]
    found: list[str] = []
    if isinstance(value, list) and "items" in schema:
        for index, item in enumerate(value):
            found += misfits(item, schema["items"], root, f"{place}.{index}")
    if isinstance(value, dict):
        for key, item in value.items():
            if key in schema.get("properties", {}):
                found += misfits(item, schema["properties"][key], root, f"{place}.{key}")
            elif schema.get("additionalProperties") is False and not str(key).startswith("x-"):
                found.append(f"{place}.{key}: no such key")
        for choice in schema.get("allOf", ()):
            if value.get("type") == choice["if"]["properties"]["type"]["const"]:
                found += misfits(value, choice["then"], root, place)
    return found


class TestJsonSchema:
    @pytest.mark.parametrize(
        ("text", "fits"),
        [
            ("iters: 3", True),
            ("iters: some", False),
            ("itres: 3", False),
            ("model: {type: PPHumanSegLite, align_corners: true}", True),
            ("model: {type: PPHumanSegLite, align_corner: true}", False),
            ("model: {type: PPHumanSegLit}", False),
            ("loss: {types: CrossEntropyLoss, coef: 1}", True),
            ("loss: {types: [{type: CrossEntropyLos}]}", False),
            ("optimizer: {type: sgd}", True),
            ("train: {ema: true}", True),
            ("train: {ema: {decay: 0.9}}", True),
            ("train: {emma: 1}", False),
            ("test_config: {scales: 1.5, crop_size: [3, 4]}", True),
            ("lr_scheduler: {_inherited_: false, type: StepDecay, step_size: 3}", True),
            ("_base_: [a.yml]\nx-mine: 3", True),
        ],
    )
    def test_it_accepts_and_refuses_as_loading_does(self, text, fits):
        assert (misfits(yaml.safe_load(text), SCHEMA, SCHEMA) == []) is fits


class TestCommand:
    def test_show_gives_the_merged_file(self, parts_folder, capsys):
        write("base.yml", RUN)
        assert main(["config", "show", write("a.yml", "_base_: base.yml\nseed: 1\n"), "--opts", "iters=9"]) == 0
        shown = yaml.safe_load(capsys.readouterr().out)
        assert shown == {**yaml.safe_load(RUN), "seed": 1, "iters": 9}

    def test_show_resolved_with_origins(self, parts_folder, capsys):
        write("base.yml", RUN)
        write("a.yml", "_base_: base.yml\nloss:\n  types: SmallLoss\n")
        assert main(["config", "show", "a.yml", "--resolved", "--origin", "--opts", "optimizer.type=SGD"]) == 0
        lines = dict(line.split("  # ") for line in capsys.readouterr().out.splitlines())
        origins = {text.strip(): origin for text, origin in lines.items()}
        assert origins["batch_size: 4"] == "base.yml:3"
        assert origins["optimizer.type: Momentum"] == "--opts"
        assert origins["loss.types.0.type: SmallLoss"] == "a.yml:3"
        assert origins["train.log_iters: 10"] == "default"
        assert origins["train_dataset.transforms.0.offset: [2, 2]"] == "base.yml:11"

    def test_check(self, parts_folder, capsys):
        write("a.yml", RUN)
        assert main(["config", "check", "a.yml"]) == 0
        assert capsys.readouterr().out == "a.yml: no problems found\n"
        assert main(["config", "check", "a.yml", "--opts", "model.align_corner=1"]) == 2
        assert "did you mean 'align_corners'?" in capsys.readouterr().err

    def test_schema_knows_plugins(self, parts_folder, capsys):
        assert main(["config", "schema", write("a.yml", RUN)]) == 0
        schema = json.loads(capsys.readouterr().out)
        assert "SmallNet" in schema["$defs"]["MODELS"]["properties"]["type"]["enum"]
