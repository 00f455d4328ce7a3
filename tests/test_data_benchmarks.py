"""Annotations of benchmarks, by the flags of PaddleSeg's scripts, and the data sets that read what was made of them."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import cv2
import numpy as np
from data_commands import data

from paddleseg.images.io import image_size, read_image, read_label, write_png
from paddleseg.registry import DATASETS


def test_classes_that_lie_over_each_other_by_the_scripts_flags(tmp_path: Path, capsys):
    names = ["a.png", "sub/b.png", "c.png", "d.png", "e.png"]
    images = [{"id": number, "file_name": name, "width": 8, "height": 6} for number, name in enumerate(names)]
    boxes = [
        {"id": 10 * n + c, "image_id": n, "category_id": c, "segmentation": [[c, 0, 4 + c, 0, 4 + c, 4, c, 4]]}
        for n in range(len(names))
        for c in (1, 2)
    ]
    content = {"images": images, "annotations": boxes, "categories": [{"id": 1, "name": "x"}, {"id": 2, "name": "y"}]}
    (tmp_path / "o.json").write_text(json.dumps(content))
    for name in names:
        write_png(tmp_path / "photos" / name, np.full((6, 8, 3), 90, np.uint8))
    given = ["--dataset_type", "coco", "--img_input", tmp_path / "photos", "--ann_input", tmp_path / "o.json"]
    assert data("multilabel", *given, "--output", tmp_path / "out") == 0
    assert "4 for train, 1 for val; masks of x, y" in capsys.readouterr().out
    lines = {part: (tmp_path / "out" / f"{part}.txt").read_text().splitlines() for part in ("train", "val")}
    assert sorted(len(part) for part in lines.values()) == [1, 4]
    photo, mask = (tmp_path / "out" / path for path in lines["train"][0].split())
    label = read_label(mask)
    assert label.shape == (6, 16) and (label[:4, 1:5] == 1).all() and (label[:4, 10:14] == 1).all()
    assert label.sum() == 2 * 16 and image_size(photo) == (6, 8)
    # Parts that are there already, one after the other into one folder.
    shares = ["--train_proportion", "0", "--val_proportion", "1"]
    assert data("multilabel", *given, "--output", tmp_path / "out", *shares) == 0
    assert (tmp_path / "out" / "train.txt").read_text().splitlines() == lines["train"]
    assert data("multilabel", *given, "--output", tmp_path / "out", "--train_proportion", "0.3") == 2
    (tmp_path / "photos" / "c.png").unlink()
    write_png(tmp_path / "photos" / "d.png", np.zeros((6, 9, 3), np.uint8))
    assert data("multilabel", *given, "--output", tmp_path / "new") == 2
    told = capsys.readouterr().err
    assert "c.png" in told and "is 9x6, in o.json 8x6" in told and not (tmp_path / "new" / "train.txt").exists()


def test_scans_of_the_gut(tmp_path: Path, capsys):
    scan = np.arange(12, dtype=np.uint16).reshape(3, 4) * 1000
    rows = ["id,class,segmentation", "case1_day0_slice_0001,large_bowel,1 3 6 2", "case1_day0_slice_0001,small_bowel,"]
    with zipfile.ZipFile(tmp_path / "gut.zip", "w") as packed:
        packed.writestr("train.csv", "\n".join([*rows, "case1_day0_slice_0001,stomach,12 1"]))
        packed.writestr("train/case1/case1_day0/scans/slice_0001_3_4_1.50_1.50.png", cv2.imencode(".png", scan)[1])
    given = ["multilabel", "--dataset_type", "uwmgi", "--zip_input", tmp_path / "gut.zip", "--output"]
    assert data(*given, tmp_path / "out", "--train_proportion", "1", "--val_proportion", "0") == 0
    photo, mask = (tmp_path / "out").joinpath("train.txt").read_text().split()
    assert photo == "images/train/case1_day0_slice_0001.jpg"
    expected = [[1, 1, 1, 0], [0, 1, 1, 0], [0] * 4], np.zeros((3, 4)), [[0] * 4, [0] * 4, [0, 0, 0, 1]]
    np.testing.assert_array_equal(read_label(tmp_path / "out" / mask), np.hstack(expected))
    grey = read_image(tmp_path / "out" / photo).astype(int)
    assert np.ptp(grey, axis=2).max() == 0 and abs(grey[..., 0] - scan * (255 / 11000)).max() < 12
    with zipfile.ZipFile(tmp_path / "gut.zip", "a") as packed:
        packed.writestr("train/case1/case1_day1/scans/slice_0002_3_4_1.50_1.50.png", b"no picture")
    assert data(*given, tmp_path / "more") == 2 and "is no grey picture" in capsys.readouterr().err
    (tmp_path / "gut.zip").write_bytes(b"no archive")
    assert data(*given, tmp_path / "more") == 2 and "is no zip archive" in capsys.readouterr().err


def test_pascal_context(tmp_path: Path, capsys):
    runs = {"size": [3, 4], "counts": [0, 6, 6]}  # the first two columns
    images = [
        {"image_id": 1, "file_name": "2008_1.jpg", "height": 3, "width": 4, "phase": "train"},
        {"image_id": 2, "file_name": "2008_2.jpg", "height": 3, "width": 4, "phase": "val"},
        {"image_id": 3, "file_name": "2008_3.jpg", "height": 3, "width": 4, "phase": "test"},
    ]
    drawn = [
        {"id": 1, "image_id": 1, "category_id": 2, "segmentation": runs},
        {"id": 2, "image_id": 1, "category_id": 458, "segmentation": {"size": [3, 4], "counts": [3, 3, 6]}},
    ]
    file = tmp_path / "trainval_merged.json"
    file.write_text(json.dumps({"images": images, "annos_segmentation": drawn}))
    for name in ("2008_1", "2008_2"):
        write_png(tmp_path / "JPEGImages" / f"{name}.jpg", np.zeros((3, 4, 3), np.uint8))
    assert data("pascal_context", "--voc_path", tmp_path, "--annotation_path", tmp_path) == 0
    assert "labels of 1 + 1 photos" in capsys.readouterr().out
    np.testing.assert_array_equal(read_label(tmp_path / "Context" / "2008_1.png"), [[1, 59, 0, 0]] * 3)
    dataset = DATASETS["PascalContext"]([], tmp_path, "trainval")
    assert [path.stem for path, _ in dataset.entries] == ["2008_1", "2008_2"] and dataset.num_classes == 60
    assert dataset.read(0).label.max() == 59 and dataset.CLASSES[59] == "wood" and len(dataset.CLASSES) == 60
    drawn[1]["category_id"] = 7
    file.write_text(json.dumps({"images": images, "annos_segmentation": drawn}))
    assert data("pascal_context", "--voc_path", tmp_path) == 2
    assert "2008_1.jpg: cannot be drawn: category 7 is none of the 59" in capsys.readouterr().err
    file.write_text("[]")
    assert data("pascal_context", "--voc_path", tmp_path) == 2 and "holds no lists" in capsys.readouterr().err


def test_coco_stuff(tmp_path: Path):
    for part, name in (("train", "000000000009"), ("val", "000000000139")):
        write_png(tmp_path / f"images/{part}2017/{name}.jpg", np.zeros((3, 4, 3), np.uint8))
        write_png(tmp_path / f"annotations/{part}2017/{name}.png", np.full((3, 4), 170, np.uint8))
    dataset = DATASETS["CocoStuff"]([], tmp_path, "val")
    assert [path.stem for path, _ in dataset.entries] == ["000000000139"] and dataset.num_classes == 171
    assert dataset.read(0).label.min() == 170
