"""The doctor names each kind of broken data set in one run, with file or line and a cure; see `broken_data`."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from broken_data import FAULTS, NOTES, TRAIN, VAL, DataSet
from PIL import Image

from paddleseg.cli.main import main


@pytest.fixture(scope="module")
def good(mini: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pairs of the bundled set in which the doctor finds nothing to mend."""
    root = tmp_path_factory.mktemp("good") / "set"
    (root / "images").mkdir(parents=True)
    (root / "masks").mkdir()
    for name, count in (("train.txt", TRAIN), ("val.txt", VAL)):
        lines = (mini / name).read_text().splitlines()[:count]
        (root / name).write_text("\n".join(lines) + "\n")
        for path in " ".join(lines).split():
            shutil.copyfile(mini / path, root / path)
    return root


@pytest.fixture
def data(good: Path, tmp_path: Path) -> DataSet:
    shutil.copytree(good, tmp_path / "set")
    return DataSet(tmp_path / "set")


def digests(root: Path) -> dict[str, str]:
    found = {}
    for path in root.rglob("*"):
        content = path.read_bytes() if path.is_file() else str(path.is_symlink()).encode()
        found[str(path)] = f"{hashlib.sha256(content).hexdigest()} {path.lstat().st_mtime_ns}"
    return found


def findings(lines: list[str]) -> Iterator[tuple[str, str]]:
    """What was said, and the hint in the line below it."""
    yield from ((one, two) for one, two in pairwise(lines) if two.startswith("  hint: "))


@pytest.mark.parametrize("name", FAULTS)
def test_a_broken_data_set_is_named(name: str, data: DataSet, capsys):
    where, what, hint = FAULTS[name](data)
    before = digests(data.root)
    assert main(["doctor", "data", str(data.config()), "--save_dir", str(data.root.parent / "out")]) == 2
    captured = capsys.readouterr()
    said = list(findings(captured.err.splitlines()))
    assert [text for text, cure in said if where in text and what in text and hint in cure], captured.err
    assert len(said) <= 4, "one cause, but many faults"
    assert digests(data.root) == before


@pytest.mark.parametrize("name", NOTES)
def test_what_may_be_meant_is_a_note(name: str, data: DataSet, capsys):
    where, what, hint = NOTES[name](data)
    assert main(["doctor", "data", str(data.config()), "--save_dir", str(data.root.parent / "out")]) == 0
    said = list(findings(capsys.readouterr().out.splitlines()))
    assert [text for text, cure in said if where in text and what in text and hint in cure], said


def test_a_good_data_set_is_found_good(data: DataSet, capsys):
    with Image.open(data.image(0)) as photo:
        photo.save(data.image(0), progressive=True)
    assert main(["doctor", "data", str(data.config()), "--save_dir", str(data.root.parent / "out")]) == 0
    assert "note:" not in capsys.readouterr().out


def test_a_file_that_may_not_be_read(good: Path, capsys):
    """The superuser may read everything, so this steps down for a moment."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        data = DataSet(Path(folder) / "set")
        shutil.copytree(good, data.root)
        data.image(4).chmod(0)
        arguments = ["doctor", "data", str(data.config()), "--save_dir", f"{folder}/out"]
        superuser = os.geteuid() == 0
        if superuser:
            (Path(folder) / "out").mkdir()
            (Path(folder) / "out").chmod(0o777)
            main(arguments)  # whatever is still to be imported
            os.seteuid(65534)
        try:
            assert main(arguments) == 2
        finally:
            if superuser:
                os.seteuid(0)
        text = capsys.readouterr().err
        assert f"train.txt:5: {data.image(4)}: cannot be read: Permission denied" in text and "chmod a+r" in text


def test_there_are_forty_kinds():
    assert len(FAULTS) >= 40
