"""The names that PaddleSeg's documentation, tools and contributed projects import are here, or say why they are not."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from paddleseg import absent, moved
from paddleseg.errors import UserError
from paddleseg.registry import BACKBONES, LOSSES, MODELS

# module, name (empty: the module), times it is imported there, what happens here (works, refused or missing), why
LIST = Path(__file__).parent / "paddleseg_names.tsv"
ROWS = [line.split("\t") for line in LIST.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
FAMILIES = ((MODELS, absent.NETWORKS), (BACKBONES, absent.BACKBONES), (LOSSES, absent.LOSSES))


def found(module: str, name: str) -> Any:
    """What `from module import name` gives."""
    held = importlib.import_module(module)
    if not name:
        return held
    try:
        return getattr(held, name)
    except AttributeError:
        try:
            return importlib.import_module(f"{module}.{name}")
        except ModuleNotFoundError:
            raise ImportError(f"cannot import name {name!r} from {module!r}") from None


@pytest.mark.parametrize(("module", "name", "uses", "outcome", "why"), ROWS, ids=[f"{row[0]}:{row[1]}" for row in ROWS])
def test_each_name(module: str, name: str, uses: str, outcome: str, why: str):
    if outcome == "works":
        assert not isinstance(found(module, name), absent.Absent)
    elif outcome == "refused":
        member = found(module, name)
        with pytest.raises(UserError, match=why):
            member()
    else:
        assert outcome == "missing" and why
        with pytest.raises((ImportError, SyntaxError)):
            found(module, name)


@pytest.mark.parametrize(("registry", "names"), FAMILIES, ids=["networks", "backbones", "losses"])
def test_every_component_of_paddleseg_is_here_or_says_that_it_is_not(registry: Any, names: frozenset[str]):
    from paddleseg import models

    lost = []
    for name in names:
        member = getattr(models, name)
        if name not in registry:
            with pytest.raises(UserError, match=f"'{name}' .*is not here yet"):
                member(num_classes=2)
            lost.append(name)
        elif not isinstance(member, Callable):  # type: ignore[arg-type]
            pytest.fail(f"{name} cannot be called")
    assert len(lost) < len(names)


def test_an_absent_network_cannot_be_inherited_from_or_looked_into():
    gone = absent.Absent("network", "NoSuchNet")
    with pytest.raises(UserError, match="NoSuchNet"):

        class Mine(gone): ...  # type: ignore[misc,valid-type]

    with pytest.raises(UserError, match="NoSuchNet"):
        gone.backbone  # noqa: B018
    assert repr(gone) == "<network NoSuchNet of PaddleSeg, not here yet>"


@pytest.mark.parametrize("name", sorted(moved.MOVED))
def test_modules_of_another_name_are_the_ones_they_are_here(name: str):
    assert importlib.import_module(name) is importlib.import_module(moved.MOVED[name])
    assert importlib.import_module(moved.MOVED[name]).__name__ == moved.MOVED[name]


def test_our_networks_take_their_units_from_layers_basic():
    """Those of the package around it are PaddleSeg's, with other arguments and without compiled kernels."""
    line = re.compile(r"from paddleseg\.models\.layers import (\([^)]*\)|[^\n]*)")
    package = Path(absent.__file__).parent
    for path in package.rglob("*.py"):
        for found in line.finditer(path.read_text(encoding="utf-8")):
            assert not re.search(r"\bConvBN(Act|ReLU)?\b", found[1]), path


def test_a_name_that_nobody_knows_is_an_import_error():
    with pytest.raises(ImportError):
        from paddleseg.models import NoSuchNet  # noqa: F401


def test_the_package_stays_light_and_its_parts_come_on_demand():
    code = (
        "import sys, paddleseg; assert 'paddle' not in sys.modules and 'cv2' not in sys.modules;"
        "paddleseg.utils.logger.info; paddleseg.models.PPHumanSegLite; paddleseg.optimizers.SGD;"
        "paddleseg.transforms.Resize; paddleseg.core.train; paddleseg.cvlibs.Config"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
