"""Files and folders that appear whole, at every moment and under every name."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from paddleseg import files
from paddleseg.errors import OutputError

REPLACING = """
import sys
from pathlib import Path
from paddleseg import files
while True:
    with files.atomic_dir(sys.argv[1]) as new:
        (new / "a").write_text("x" * 100)
        (new / "b").write_text("x" * 100)
"""


def test_a_folder_is_whole_at_every_moment_of_its_replacement(tmp_path: Path):
    """Another process replaces it all the time, and is killed in the midst of that."""
    folder = tmp_path / "best"
    for _ in range(5):
        process = subprocess.Popen([sys.executable, "-c", REPLACING, str(folder)])
        while not folder.is_dir():
            time.sleep(0.01)
        for _ in range(2000):
            # No `exists` first: what was seen has to be readable, through a folder that is opened once.
            assert len(list(folder.iterdir())) in (0, 1, 2) and folder.is_dir()
        process.kill()
        process.wait()
        assert sorted(path.name for path in folder.iterdir()) == ["a", "b"]


def test_without_exchange_the_older_folder_comes_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(files, "exchange", lambda a, b: False)
    for text in ("one", "two"):
        with files.atomic_dir(tmp_path / "folder") as new:
            (new / "file").write_text(text)
    assert (tmp_path / "folder" / "file").read_text() == "two"
    replace = Path.replace

    def fails_on_the_second_name(self: Path, target: Path) -> Path:
        if self.suffix == ".new":
            raise OSError(28, "No space left on device")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", fails_on_the_second_name)
    with pytest.raises(OutputError, match="No space"), files.atomic_dir(tmp_path / "folder") as new:
        (new / "file").write_text("three")
    assert (tmp_path / "folder" / "file").read_text() == "two"
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


@pytest.mark.parametrize("name", ["x" * 251 + ".png", "人" * 83 + ".png", "x" * 255])
def test_the_longest_names_are_written(tmp_path: Path, name: str):
    files.atomic_write_text(tmp_path / name, "text")
    with files.atomic_dir(tmp_path / "folder" / name) as new:
        (new / "file").write_text("text")
    assert (tmp_path / name).read_text() == (tmp_path / "folder" / name / "file").read_text() == "text"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("x" * 256, "too long"),
        ("a\0b", "cannot be the name"),
        ("a\ud800b", "cannot be the name"),
        ("file/inner", "a part of this path is a file"),
        ("..", "no name to write under"),
    ],
)
def test_names_that_cannot_be_are_refused_before_the_work(tmp_path: Path, name: str, text: str):
    (tmp_path / "file").write_text("")
    for writer in (files.atomic_path, files.atomic_dir):
        with pytest.raises(OutputError, match=text), writer(tmp_path / name):
            raise AssertionError("the work should not begin")
