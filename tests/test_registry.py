"""Names to components: found by reading source, imported one file at a time, one owner for each name."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import paddleseg
from paddleseg import registry
from paddleseg.errors import ConfigError
from paddleseg.registry import LOSSES, LR_SCHEDULES, Registry

FAMILIES = [value for value in vars(registry).values() if isinstance(value, Registry)]
PACKAGE = Path(paddleseg.__file__).parent


@pytest.fixture
def family() -> Registry:
    """A family over the real schedules' folder, so that nothing registered here stays."""
    return Registry("LR_SCHEDULES", "optim", "schedule")


class Mine: ...


def test_names_come_from_source_without_importing_it():
    code = (
        "import sys\n"
        "from paddleseg.registry import LOSSES, MODELS, OPTIMIZERS\n"
        "assert 'CrossEntropyLoss' in LOSSES and 'PPHumanSegLite' in MODELS.names() and 'AdamW' in list(OPTIMIZERS)\n"
        "assert 'paddle' not in sys.modules and 'paddleseg.losses' not in sys.modules\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_every_name_of_a_family_is_there_when_its_file_is_imported(family):
    for name in family.names():
        assert callable(family.get(name)), name


def test_a_files_components_are_all_found_by_name():
    lr = importlib.import_module("paddleseg.optim.lr")
    registered = {cls.__name__ for cls in vars(lr).values() if isinstance(cls, type) and issubclass(cls, lr.Schedule)}
    assert set(LR_SCHEDULES.names()) >= registered - {"Schedule"}


def test_an_unknown_name_gets_the_nearest_one():
    with pytest.raises(ConfigError) as caught:
        LOSSES.get("CrossEntropyLos", "x.yml: loss.types.0.type")
    assert str(caught.value) == (
        "x.yml: loss.types.0.type: no loss is called 'CrossEntropyLos'\n  hint: did you mean 'CrossEntropyLoss'?"
    )


def test_a_name_like_no_other_gets_the_list(family):
    with pytest.raises(ConfigError, match=r"known: .*PolynomialDecay"):
        family.get("Qqq")


def test_ways_to_register(family):
    assert family.register(Mine) is Mine
    assert family.register("Short", "Other")(Mine) is Mine
    assert family.add_component([Mine]) == [Mine]
    assert family.register()(Mine) is Mine
    assert family["Short"] is family.get("Other") is family.get("Mine") is Mine


def test_registering_the_same_thing_again_is_fine(family):
    family.register(Mine)
    family.register(Mine)
    assert family.names().count("Mine") == 1


def test_two_owners_of_a_name_are_both_named(family):
    family.register("Twice")(Mine)
    with pytest.raises(ConfigError) as caught:
        family.register("Twice")(Registry)
    assert f"{Path(__file__)}:Mine" in str(caught.value)
    assert f"{PACKAGE / 'registry.py'}:Registry" in str(caught.value)


def test_a_built_in_is_not_replaced_even_before_its_file_is_imported(family):
    with pytest.raises(ConfigError, match=r"a schedule called 'PolynomialDecay' exists already, in .*lr\.py"):
        family.register("PolynomialDecay")(Mine)


def test_two_files_of_one_name_are_both_named(tmp_path, monkeypatch):
    monkeypatch.setattr(registry, "_PACKAGE_ROOT", tmp_path)
    for name in ("a.py", "b.py"):
        (tmp_path / name).write_text('@THINGS.register("Thing")\nclass Any: ...\n')
    with pytest.raises(ConfigError) as caught:
        Registry("THINGS", ".", "thing").names()
    assert "a.py" in str(caught.value) and "b.py" in str(caught.value)


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("@THINGS.register\nclass A: ...\n", ["A"]),
        ("@THINGS.register()\ndef b(): ...\n", ["b"]),
        ("@THINGS.register('C', \"D\")\n@other\nclass E: ...\n", ["C", "D"]),
        ("@manager.THINGS.add_component\nclass F: ...\n", ["F"]),
        ("@OTHER.register\nclass G: ...\nTHINGS.get('G')\n", []),
    ],
)
def test_decorators_that_the_search_understands(tmp_path, monkeypatch, source, names):
    monkeypatch.setattr(registry, "_PACKAGE_ROOT", tmp_path)
    (tmp_path / "things.py").write_text(source)
    assert Registry("THINGS", ".", "thing").names() == names


def test_members_can_be_imported_from_their_packages_without_paddle_where_they_need_none():
    code = """
import sys
import paddleseg, paddleseg.models, paddleseg.losses, paddleseg.transforms as T, paddleseg.inference
from paddleseg import Predictor
from paddleseg.inference import Predictor as Same
from paddleseg.transforms import Resize
assert Predictor is Same and T.Resize is Resize and "PPHumanSegLite" in dir(paddleseg.models)
assert "paddle" not in sys.modules
from paddleseg.models import PPHumanSegLite
from paddleseg.models.backbones import ResNet18_vd
from paddleseg.losses import CrossEntropyLoss
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
