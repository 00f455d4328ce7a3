"""Fixtures shared by the suite: real photos, bundled and (where present) from the larger folder beside the project."""

from __future__ import annotations

import os
import random
import shutil
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from paddleseg.images.io import read_image, read_label

ROOT = Path(__file__).parent.parent


def pytest_configure() -> None:
    """A shell that starts something in the background lets it ignore Ctrl-C, and so would all that the tests start."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """Every test draws the same numbers each time, whatever ran before it: a failure comes again when looked at."""
    random.seed(0)
    np.random.seed(0)
    if "paddle" in sys.modules:  # not every test is of the parts that need it
        sys.modules["paddle"].seed(0)


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository."""
    return ROOT


@pytest.fixture(scope="session")
def mini() -> Path:
    """The bundled portrait set: 79 + 27 real photos with masks."""
    return ROOT / "data" / "portrait_mini"


@pytest.fixture(scope="session")
def val_files(mini: Path) -> list[tuple[Path, Path]]:
    """Photo and mask of each of the 27 bundled validation pairs."""
    lines = (mini / "val.txt").read_text().splitlines()
    return [(mini / image, mini / label) for image, label in map(str.split, lines)]


@pytest.fixture(scope="session")
def pair(mini: Path) -> tuple[np.ndarray, np.ndarray]:
    """A photo and its label at 200 x 160, an uneven size."""
    image = read_image(mini / "images" / "000000000785.jpg")
    label = read_label(mini / "masks" / "000000000785.png")
    return cv2.resize(image, (160, 200)), cv2.resize(label, (160, 200), interpolation=cv2.INTER_NEAREST_EXACT)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The larger data folder beside the project; tests that use it are skipped on a machine without one."""
    folder = Path(os.environ.get("PADDLESEG_SHARED", ROOT.parent / "shared"))
    if not (folder / "data" / "val.txt").is_file():
        pytest.skip("the shared data folder is not beside the project")
    return folder


@pytest.fixture(scope="session")
def done(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of four steps on real photos, with a checkpoint of each; not to be written to."""
    from run_parts import OPTS
    from test_engine import run

    folder = tmp_path_factory.mktemp("done") / "run"
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        run(folder, *OPTS)
    return folder


@pytest.fixture
def copy(done: Path, tmp_path: Path) -> Path:
    """A copy of that run."""
    return Path(shutil.copytree(done, tmp_path / "run"))


@pytest.fixture
def parts_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty working directory with a plugin of small components; what plugins register is gone after the test."""
    from config_parts import PLUGIN

    from paddleseg import registry

    (tmp_path / "parts.py").write_text(PLUGIN)
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    # Loader workers import what plugins their parent holds, so these must not outlive the test.
    for name in [name for name in sys.modules if name.startswith("paddleseg_plugin_")]:
        del sys.modules[name]
    for family in (value for value in vars(registry).values() if isinstance(value, registry.Registry)):
        for name, component in list(family._objects.items()):
            if component.__module__.startswith("paddleseg_plugin_"):
                del family._objects[name]
