"""Lists of pairs and their division: whole groups, in the shares that are asked for."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from data_commands import data, pairs

from paddleseg.datasets import Dataset
from paddleseg.datasets.split import group_of, split_group_counts, split_groups
from paddleseg.errors import DataError


def test_groups_stay_whole_and_shares_are_met():
    sizes = {f"scene{n}": 10 + 7 * (n % 5) for n in range(40)}
    parts = split_groups(sizes, (0.7, 0.2, 0.1), seed=3)
    assert sorted(name for part in parts for name in part) == sorted(sizes) and parts == split_groups(
        sizes, (0.7, 0.2, 0.1), seed=3
    )
    assert parts != split_groups(sizes, (0.7, 0.2, 0.1), seed=4)
    images = np.array([sum(sizes[name] for name in part) for part in parts])
    assert images / images.sum() == pytest.approx([0.7, 0.2, 0.1], abs=0.01)
    assert [len(part) for part in split_groups({"a": 90, "b": 1, "c": 1}, (0.9, 0.05, 0.05))] == [1, 1, 1]
    assert split_groups({"a": 2, "b": 2}, (0.5, 0.5, 0))[2] == []
    with pytest.raises(DataError, match="1 group cannot fill 2 parts"):
        split_groups({"a": 90}, (0.9, 0.1, 0))
    counts = split_group_counts(dict(list(sizes.items())[:23]), (11, 6, 6), (0.64, 0.18, 0.18))
    assert [len(part) for part in counts] == [11, 6, 6]


def test_the_group_of_a_path():
    assert group_of("scene_03/b/7.jpg", re.compile(r"scene_\d+")) == "scene_03"
    assert group_of("s3/anna_12.jpg", re.compile(r"s(\d+)/([a-z]+)_")) == "3/anna"
    with pytest.raises(DataError, match="has no group"):
        group_of("x.jpg", re.compile(r"scene_\d+"))


def folders(root: Path, scenes: int = 10, each: int = 3) -> None:
    for scene in range(scenes):
        for n in range(each):
            for kind, ending in (("images", "jpg"), ("annotations", "png")):
                path = root / kind / f"scene_{scene:02d}" / f"{n}.{ending}"
                path.parent.mkdir(parents=True, exist_ok=True)
                path.touch()


def test_division_by_group(tmp_path: Path, capsys):
    folders(tmp_path)
    arguments = (tmp_path, "images", "annotations", "--split", 0.6, 0.2, 0.2, "--group", "scene_[0-9]+")
    assert data("split", *arguments, "--label_class", "background", "person") == 0
    assert (tmp_path / "labels.txt").read_text().split() == ["background", "person"]
    scenes = [
        {Path(image).parts[1] for image, _ in pairs(tmp_path / f"{mode}.txt")} for mode in ("train", "val", "test")
    ]
    assert [len(part) for part in scenes] == [6, 2, 2] and len(set.union(*scenes)) == 10
    for image, label in pairs(tmp_path / "train.txt"):
        assert image.replace("images", "annotations").replace("jpg", "png") == label and (tmp_path / label).is_file()
    first = (tmp_path / "val.txt").read_text()
    assert data("split", *arguments) == 0 and (tmp_path / "val.txt").read_text() == first
    assert data("split", *arguments, "--seed", 1) == 0 and (tmp_path / "val.txt").read_text() != first
    (tmp_path / "all.txt").write_text(
        "".join((tmp_path / f"{mode}.txt").read_text() for mode in ("train", "val", "test"))
    )
    assert (
        data("split", tmp_path, "--list", tmp_path / "all.txt", "--split", 0.5, 0.5, 0, "--group", r"scene_(\d+)") == 0
    )
    assert len(pairs(tmp_path / "train.txt")) == len(pairs(tmp_path / "val.txt")) == 15
    capsys.readouterr()
    assert data("split", *arguments[:3], "--split", 0.5, 0.2, 0.2) == 2 and "sum up to 1" in capsys.readouterr().err
    assert data("split", *arguments[:3], "--group", "room") == 2 and "has no group" in capsys.readouterr().err
    assert data("split", *arguments[:3], "--group", "(") == 2 and "no regular expression" in capsys.readouterr().err


def test_division_at_random(tmp_path: Path, capsys):
    folders(tmp_path)
    assert data("split", tmp_path) == 0  # PaddleSeg's shares
    assert len(pairs(tmp_path / "train.txt")) == 21 and len(pairs(tmp_path / "val.txt")) == 9
    (tmp_path / "annotations/scene_03/1.png").unlink()
    assert data("split", tmp_path) == 0
    assert "1 images without a label, left out: images/scene_03/1.jpg" in capsys.readouterr().out
    assert len(pairs(tmp_path / "train.txt")) == 20 and len(pairs(tmp_path / "val.txt")) == 9


def test_lists_of_folders_that_are_divided(tmp_path: Path, capsys):
    for part in ("train", "val"):
        folders(tmp_path / part, 1)
        for kind in ("images", "annotations"):
            (tmp_path / kind).mkdir(exist_ok=True)
            (tmp_path / part / kind).rename(tmp_path / kind / part)
    assert data("list", tmp_path, "--separator", ",") == 0
    assert (tmp_path / "train.txt").read_text().splitlines()[
        0
    ] == "images/train/scene_00/0.jpg,annotations/train/scene_00/0.png"
    assert (tmp_path / "val.txt").is_file() and not (tmp_path / "test.txt").exists()
    assert data("list", tmp_path, "--folder", "photos", "labels") == 2 and "holds no picture" in capsys.readouterr().err
    for kind, ending in (("leftImg8bit", "leftImg8bit"), ("gtFine", "gtFine_labelTrainIds")):
        (tmp_path / kind / "train/ulm").mkdir(parents=True)
        (tmp_path / kind / f"train/ulm/ulm_1_{ending}.png").touch()
    assert data("list", tmp_path, "--type", "cityscapes", "--second_folder", "train") == 0
    assert pairs(tmp_path / "train.txt") == [
        ["leftImg8bit/train/ulm/ulm_1_leftImg8bit.png", "gtFine/train/ulm/ulm_1_gtFine_labelTrainIds.png"]
    ]
    (tmp_path / "images/val/scene_00/a b.jpg").touch()
    (tmp_path / "annotations/val/scene_00/a b.png").touch()
    assert data("list", tmp_path, "--overwrite") == 0
    assert '"images/val/scene_00/a b.jpg" "annotations/val/scene_00/a b.png"' in (tmp_path / "val.txt").read_text()


def test_names_that_no_list_can_hold(tmp_path: Path, capfd):
    """They are left out and named, in letters that every terminal takes."""
    for name in (b"plain", b"with blank", b"two  blanks", "é".encode(), b"caf\xe9", b'a "quote"', b"two\nlines"):
        for kind, ending in (("images", b".JPG"), ("annotations", b".png")):
            file = tmp_path / kind / os.fsdecode(name + ending)
            file.parent.mkdir(exist_ok=True)
            file.touch()
    done = subprocess.run(
        [sys.executable, "-m", "paddleseg.cli.main", "data", "split", str(tmp_path), "--split", "0.5", "0.5", "0"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "3 pairs with names that no list can hold, left out:" in done.stdout and r"caf\udce9.JPG" in done.stdout
    dataset = [Dataset(mode, tmp_path, **{f"{mode}_path": tmp_path / f"{mode}.txt"}) for mode in ("train", "val")]
    found = sorted(image.name for each in dataset for image, _ in each.entries)
    assert found == ["plain.JPG", "two  blanks.JPG", "with blank.JPG", "é.JPG"]
    assert all(image.is_file() and label.is_file() for each in dataset for image, label in each.entries)


def test_pairs_that_are_none(tmp_path: Path, capsys):
    folders(tmp_path, 1)
    assert data("split", tmp_path, "images", "images") == 2
    assert "3 images would be their own labels" in capsys.readouterr().err
    assert data("split", tmp_path, "images", "lables") == 2
    assert "lables: there is no such folder" in capsys.readouterr().err
    (tmp_path / "images/scene_00/0.png").touch()
    assert data("split", tmp_path) == 2 and "2 files have one name: 0.jpg, 0.png" in capsys.readouterr().err
    assert data("split", tmp_path, "--format", "jpg", "png", "--split", 1, 0, 0) == 0
    assert "of another kind: scene_00/0.png" in capsys.readouterr().out
    for n in range(3):
        (tmp_path / f"annotations/scene_00/{n}.png").rename(tmp_path / f"annotations/scene_00/{n}_mask.png")
    assert data("split", tmp_path, "--format", "jpg", "png") == 2
    err = capsys.readouterr().err
    assert "has a label of its name" in err and "--postfix" in err
    assert data("split", tmp_path, "--format", "jpg", "png", "--postfix", "", "_mask", "--split", 1, 0, 0) == 0
    for separator in ("", "/", '"', "a", "\n"):
        with pytest.raises(SystemExit):
            data("split", tmp_path, "--separator", separator)
    assert data("split", tmp_path, "--format", "jpg", "jpg", "--label_class", "a\nb") == 2
