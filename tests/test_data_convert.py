"""`paddleseg data ...`: annotations, masks and videos as labels and frames; lists, figures and pictures."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from data_commands import data, pairs
from PIL import Image

from paddleseg.convert.colors import classes_of, voc_colors
from paddleseg.convert.frames import frames_at
from paddleseg.convert.statistics import Statistics
from paddleseg.datasets.shapes import polygon_mask, rle_mask
from paddleseg.images.io import read_image, read_label
from paddleseg.images.paint import palette


@pytest.fixture
def photo(mini: Path) -> Path:
    return mini / "images" / "000000000785.jpg"


def mask_of(photo: Path) -> np.ndarray:
    return (read_label(photo.parents[1] / "masks" / f"{photo.stem}.png") == 1).astype(np.uint8)


# What pycocotools 2.0 makes of `RUNS`.
PACKED = "m05400MM0330000`0LD"
RUNS = np.zeros((9, 12), bool)
RUNS[2:7, 3:9] = True
RUNS[4, 5], RUNS[0, 11] = False, True


def test_run_lengths_as_coco_packs_them():
    np.testing.assert_array_equal(rle_mask(PACKED, (9, 12)), RUNS)
    np.testing.assert_array_equal(rle_mask(PACKED.encode(), (9, 12)), RUNS)
    flat = RUNS.T.ravel().astype(int)
    ends = np.flatnonzero(np.diff(np.r_[0, flat, 1 - flat[-1]]))
    np.testing.assert_array_equal(rle_mask(np.diff(np.r_[0, ends]).tolist(), (9, 12)), RUNS)
    with pytest.raises(ValueError, match="sum up to 5, not to 9 x 12"):
        rle_mask([2, 3], (9, 12))


def test_polygons_hold_the_pixels_whose_centres_are_inside():
    inside = polygon_mask([[2, 1], [5, 1], [5, 4], [2, 4]], (6, 8))
    assert inside[1:4, 2:5].all() and inside.sum() == 9
    assert polygon_mask([[2.4, 1], [5.6, 1], [5.6, 4], [2.4, 4]], (6, 8)).sum() == 12
    assert polygon_mask([[2.6, 1], [5.4, 1], [5.4, 4], [2.6, 4]], (6, 8)).sum() == 6
    assert polygon_mask([[-9, -9], [3, -9], [3, 2], [-9, 2]], (6, 8)).sum() == 6  # cut off at the border
    assert not polygon_mask([[20, 20], [30, 20], [30, 30]], (6, 8)).any()
    ring = [[0, 0], [8, 0], [8, 8], [0, 8], [0, 0], [2, 2], [6, 2], [6, 6], [2, 6], [2, 2]]
    assert polygon_mask(ring, (8, 8)).sum() == 64 - 16
    angle = np.linspace(0, 2 * np.pi, 200, endpoint=False)
    circle = polygon_mask(np.c_[50 + 40 * np.cos(angle), 50 + 40 * np.sin(angle)], (100, 100))
    assert circle.sum() == pytest.approx(np.pi * 1600, rel=0.005)
    np.testing.assert_array_equal(circle, circle[::-1])  # no pixel more on one side


def labelme(folder: Path, photo: Path, name: str, shapes: list[dict], **other: object) -> None:
    folder.mkdir(exist_ok=True)
    if "imageData" not in other:
        (folder / f"{name}.jpg").write_bytes(photo.read_bytes())
    record = {"version": "5.4.1", "imagePath": f"{name}.jpg", "imageData": None, "shapes": shapes, **other}
    (folder / f"{name}.json").write_text(json.dumps(record))


def shape(label: str, kind: str, *points: tuple[float, float], **other: object) -> dict:
    return {"label": label, "shape_type": kind, "points": points, **other}


def test_labelme(tmp_path: Path, photo: Path, capsys):
    small = base64.b64encode(cv2.imencode(".png", np.eye(4, dtype=np.uint8) * 255)[1].tobytes()).decode()
    shapes = [
        shape("person", "polygon", (10, 10), (60, 10), (60, 80), (10, 80)),
        shape("cup", "rectangle", (50, 70), (30, 60)),
        shape("person", "circle", (100, 100), (100, 120)),
        shape("__ignore__", "rectangle", (0, 0), (5, 5)),
        shape("cup", "mask", (150, 20), (153, 23), mask=small),
        shape("cup", "point", (3, 3)),
    ]
    labelme(tmp_path / "in", photo, "b", shapes)
    labelme(tmp_path / "in", photo, "a", shapes[1:2], imageData=base64.b64encode(photo.read_bytes()).decode())
    assert data("labelme", tmp_path / "in", tmp_path / "out") == 0
    out = capsys.readouterr().out
    assert "2 labels of _background_, cup, person" in out and "left out 1 of type point" in out
    assert (tmp_path / "out/class_names.txt").read_text().split() == ["_background_", "cup", "person"]
    label = read_label(tmp_path / "out/annotations/b.png")
    assert label.shape == read_image(tmp_path / "out/images/b.jpg").shape[:2]
    assert (label[60:70, 30:50] == 1).all() and (label[10:60, 10:60] == 2).all() and (label[:5, :5] == 255).all()
    assert (label[80:121, 80:121] == 2).sum() == pytest.approx(np.pi * 400, rel=0.01)
    np.testing.assert_array_equal(label[20:24, 150:154], np.eye(4))
    assert (label == 0).mean() > 0.8
    assert (read_label(tmp_path / "out/annotations/a.png") == 1).sum() == 200
    assert (tmp_path / "out/images/a.jpg").read_bytes() == photo.read_bytes()
    names = tmp_path / "names.txt"
    names.write_text("_background_\nperson\ncup\n")
    assert data("labelme", tmp_path / "in", tmp_path / "out", "--classes", names) == 0
    assert (read_label(tmp_path / "out/annotations/b.png")[10:60, 10:60] == 1).all()


def test_labelme_files_that_cannot_be_converted_are_all_named(tmp_path: Path, photo: Path, capsys):
    folder = tmp_path / "in"
    labelme(folder, photo, "good", [shape("person", "polygon", (1, 1), (9, 1), (9, 9))])
    (folder / "broken.json").write_text('{"shapes": [')
    (folder / "coco.json").write_text("{}")
    labelme(folder, photo, "alone", [])
    (folder / "alone.jpg").unlink()
    assert data("labelme", folder, tmp_path / "out") == 2
    err = capsys.readouterr().err
    assert all(
        text in err
        for text in ("broken.json: is no labelme file", "coco.json: is no labelme file", "alone.jpg is missing")
    )
    assert not (tmp_path / "out").exists()
    labelme(tmp_path / "odd", photo, "a", [shape("person", "circle", (9, 9))])
    assert data("labelme", tmp_path / "odd", tmp_path / "out") == 2 and "cannot be drawn" in capsys.readouterr().err
    assert data("labelme", tmp_path, tmp_path / "out") == 2 and "holds no .json" in capsys.readouterr().err


def test_coco(tmp_path: Path, capsys):
    box = [[4, 2, 9, 2, 9, 8, 4, 8]]
    content = {
        "images": [{"id": n, "file_name": f"sub/{n}.jpg", "height": 9, "width": 12} for n in range(3)],
        "categories": [{"id": 7, "name": "cat"}, {"id": 1, "name": "person"}],
        "annotations": [
            {"id": 1, "image_id": 0, "category_id": 1, "area": 30, "iscrowd": 0, "segmentation": box},
            {
                "id": 2,
                "image_id": 0,
                "category_id": 7,
                "area": 4,
                "iscrowd": 0,
                "segmentation": [[5, 3, 7, 3, 7, 5, 5, 5]],
            },
            {
                "id": 3,
                "image_id": 1,
                "category_id": 7,
                "iscrowd": 0,
                "segmentation": {"size": [9, 12], "counts": PACKED},
            },
        ],
    }
    file = tmp_path / "instances.json"
    file.write_text(json.dumps(content))
    assert (
        data("coco", file, tmp_path / "all") == 0 and "2 masks of _background_, person, cat" in capsys.readouterr().out
    )
    label = read_label(tmp_path / "all/sub/0.png")
    assert (label == 1).sum() == 26 and (label[3:5, 5:7] == 2).all()  # the smaller one in front
    np.testing.assert_array_equal(read_label(tmp_path / "all/sub/1.png"), RUNS * 2)
    assert data("coco", file, tmp_path / "cats", "--categories", "cat", "--empty") == 0
    assert [read_label(tmp_path / f"cats/sub/{n}.png").sum() for n in range(3)] == [4, RUNS.sum(), 0]
    assert data("coco", file, tmp_path / "none", "--categories", "dog") == 2
    assert "has no category 'dog'" in capsys.readouterr().err
    content["annotations"][2]["segmentation"]["size"] = [3, 3]
    file.write_text(json.dumps(content))
    assert data("coco", file, tmp_path / "bad") == 2 and "annotation 3: cannot be drawn" in capsys.readouterr().err
    file.write_text("[]")
    assert data("coco", file, tmp_path / "bad") == 2 and "is not a COCO instance file" in capsys.readouterr().err


def test_coloured_masks(tmp_path: Path, photo: Path, capsys):
    label = mask_of(photo) * 15
    label[:9, :9] = 255
    (tmp_path / "in/sub").mkdir(parents=True)
    Image.fromarray(palette()[label]).save(tmp_path / "in/sub/a.png")
    assert data("masks", tmp_path / "in", tmp_path / "voc", "--voc") == 0
    np.testing.assert_array_equal(read_label(tmp_path / "voc/sub/a.png"), label)
    red, green, blue = palette()[15]
    own = ["--color", "0,0,0=0", f"{red},{green},{blue}=1"]
    assert data("masks", tmp_path / "in", tmp_path / "own", *own) == 2
    assert "1 colours that stand for no class: 224,224,192" in capsys.readouterr().err
    assert not (tmp_path / "own/sub/a.png").exists()
    Image.fromarray(palette()[label]).save(tmp_path / "in/sub/a.jpg", quality=95)
    (tmp_path / "in/sub/a.png").unlink()
    assert data("masks", tmp_path / "in", tmp_path / "near", *own, "224,224,192=255", "--nearest") == 0
    restored = read_label(tmp_path / "near/sub/a.png")
    assert (restored == np.where(label == 15, 1, label)).mean() > 0.98
    assert data("masks", tmp_path / "in", tmp_path / "x", "--color", "red=1") == 2
    assert len(voc_colors()) == 22
    classes, unknown = classes_of(np.array([[[1, 2, 3], [0, 0, 0]]], np.uint8), {(0, 0, 0): 0, (9, 9, 9): 1})
    assert classes.tolist() == [[255, 0]] and unknown == [(1, 2, 3)]


def test_black_and_white_masks_and_mattes(tmp_path: Path, photo: Path):
    mask = mask_of(photo)
    (tmp_path / "in").mkdir()
    Image.fromarray(mask * 255).save(tmp_path / "in/white.png")
    cut = Image.open(photo).convert("RGB")
    cut.putalpha(Image.fromarray(mask * 200))
    cut.save(tmp_path / "in/cut.png")
    assert data("masks", tmp_path / "in", tmp_path / "out") == 0
    for name in ("white", "cut"):
        np.testing.assert_array_equal(read_label(tmp_path / f"out/{name}.png"), mask)
    assert data("masks", tmp_path / "in", tmp_path / "high", "--threshold", 220) == 0
    assert read_label(tmp_path / "high/white.png").any() and not read_label(tmp_path / "high/cut.png").any()


def test_frames_at_the_papers_rate(tmp_path: Path, shared: Path, capsys):
    source = shared / "data/videos"
    for name, rate, frames in (("carphone_qcif", 29.97, 120), ("lp_d20", 25, 175)):
        numbers = [number for number, _ in frames_at(source / f"{name}.mp4", 2.5)]
        assert numbers == list(range(0, frames, round(rate / 2.5)))
    assert data("frames", source / "carphone_qcif.mp4", tmp_path, "--fps", 1) == 0
    names = sorted(path.name for path in (tmp_path / "carphone_qcif").iterdir())
    assert names == [f"{n:06d}.jpg" for n in (0, 30, 60, 90)]
    assert read_image(tmp_path / "carphone_qcif/000030.jpg").shape == (144, 176, 3)
    assert data("frames", source / "carphone_qcif.mp4", tmp_path) == 0 and "is there already" in capsys.readouterr().out
    assert len(list(frames_at(source / "carphone_qcif.mp4", 1000))) == 120


def test_frames_of_what_is_no_video(tmp_path: Path, capsys):
    (tmp_path / "a.mp4").write_bytes(b"no video" * 100)
    assert data("frames", tmp_path / "a.mp4", tmp_path / "out") == 2
    assert "is not a video" in capsys.readouterr().err and not (tmp_path / "out/a").exists()
    assert data("frames", tmp_path / "gone", tmp_path / "out") == 2
    assert data("frames", tmp_path / "a.mp4", tmp_path / "out", "--fps", 0) == 2


def test_statistics(mini: Path, capsys):
    assert data("stats", "--file_path", mini / "train.txt", "--json") == 0
    figures = json.loads(capsys.readouterr().out)
    labels = [read_label(mini / label) for _, label in pairs(mini / "train.txt")]
    values = np.concatenate([label.ravel() for label in labels])
    person, background = (values == 1).sum(), (values == 0).sum()
    assert figures["labels"] == 79 and len(figures["sizes"]) == 3
    assert figures["class_shares"] == pytest.approx(
        [background / (person + background), person / (person + background)]
    )
    assert figures["ignored_share"] == pytest.approx((values == 255).mean())
    assert data("stats", "--dataset", "MiniPortrait", "--root", mini, "--mode", "val") == 0
    assert "27 labels" in capsys.readouterr().out


def test_class_weights_as_their_papers_have_them():
    pixels = np.array([[60, 40, 0], [90, 0, 10]])
    found = Statistics([(10, 10)] * 2, pixels, 0)
    # Frequencies 150/200, 40/100 and 10/100: the median is 0.4.
    assert found.median_frequency_weights() == pytest.approx([0.4 / 0.75, 1, 4])
    assert found.inverse_log_weights() == pytest.approx([1 / np.log(1.77), 1 / np.log(1.22), 1 / np.log(1.07)])
    wider = Statistics([(10, 10)] * 2, np.hstack([pixels, np.zeros((2, 5), int)]), 0)
    assert wider.median_frequency_weights()[3:] == [0] * 5
    np.testing.assert_array_equal(wider.without_unused().pixels, pixels)


def test_labels_over_photos(tmp_path: Path, mini: Path, photo: Path):
    listed = tmp_path / "few.txt"
    listed.write_text("".join(f"{line}\n" for line in (mini / "val.txt").read_text().splitlines()[:3]))
    names = [Path(image).stem for image, _ in pairs(listed)]
    predictions = tmp_path / "predictions"
    predictions.mkdir()
    Image.fromarray(np.zeros((5, 5), np.uint8)).save(predictions / f"{names[0]}.png")
    arguments = ("--file_path", listed, "--root", mini, "--save_dir", tmp_path / "shown")
    assert data("show", *arguments, "--pred_dir", predictions) == 0
    for name, columns in zip(names, (3, 2, 2), strict=True):
        picture, original = read_image(tmp_path / f"shown/images/{name}.png"), read_image(mini / f"images/{name}.jpg")
        h, w = original.shape[:2]
        assert picture.shape == (h, columns * w, 3)
        np.testing.assert_array_equal(picture[:, :w], original)
        changed = (picture[:, w : 2 * w] != original).any(axis=2)
        label = read_label(mini / f"masks/{name}.png")
        assert changed[label == 1].mean() > 0.95
        background = cv2.erode((label == 0).astype(np.uint8), np.ones((5, 5))) > 0
        assert not changed[background].any()
    assert data("show", *arguments, "--sheet", 3) == 0 and (tmp_path / "shown/contact_sheet.png").is_file()


def test_masks_with_a_palette(tmp_path: Path, mini: Path, capsys):
    assert (
        data("pseudo_color", mini / "val.txt", tmp_path / "list", "--dataset_dir", mini, "--file_separator", " ") == 0
    )
    assert data("pseudo_color", mini / "masks", tmp_path / "folder") == 0
    label = pairs(mini / "val.txt")[0][1]
    for path in (tmp_path / "list" / label, tmp_path / "folder" / Path(label).name):
        with Image.open(path) as picture:
            assert picture.mode == "P" and picture.getpalette()[3:6] == [128, 0, 0]
        np.testing.assert_array_equal(read_label(path), read_label(mini / label))
    assert data("pseudo_color", mini / "images", tmp_path / "x") == 2 and "colour picture" in capsys.readouterr().err


# What scipy.io.savemat writes for GTcls = {Boundaries, Segmentation, CategoriesPresent}, without the header.
MAT = (
    "DwAAAKEAAAB4nONjYGAwYGJgYAPSHEAMZIIBK5TPiIRBYu4hyTnFYDYLgxBU3AyInfJL81ISizJTi6EGMASnpuem5pUklmTm50FEnBNLUtPzQWoCilKL"
    "gXJAMT6QPYwI+xnR7GdCsp8Bqj6DAaGeFcltHFBxTjRzYLQGA/GAc5DYBxPHZR8ofMyg7P//oQx+fn48JAoA2WeAxz7k+IfYx8gAMgQAi3YYqQ=="
)


def sbd(root: Path, *names: str) -> None:
    (root / "dataset/cls").mkdir(parents=True)
    for name in names:
        (root / f"dataset/cls/{name}.mat").write_bytes(b" " * 128 + base64.b64decode(MAT))
    (root / "dataset/train.txt").write_text("2008_1\n2008_2\n")
    (root / "dataset/val.txt").write_text("2008_3\n")


def test_labels_of_sbd(tmp_path: Path, capsys):
    lists = tmp_path / "VOCdevkit/VOC2012/ImageSets/Segmentation"
    lists.mkdir(parents=True)
    (lists / "trainval.txt").write_text("2008_3\n")
    sbd(tmp_path / "benchmark_RELEASE", "2008_1", "2008_3")
    assert data("voc_augment", "--voc_path", tmp_path / "VOCdevkit") == 2
    assert "1 of 2 listed labels are missing; the first is 2008_2.mat" in capsys.readouterr().err
    assert not (lists / "aug.txt").exists()
    source = tmp_path / "benchmark_RELEASE/dataset/cls"
    (source / "2008_2.mat").write_bytes((source / "2008_1.mat").read_bytes()[:200])
    assert (
        data("voc_augment", "--voc_path", tmp_path / "VOCdevkit") == 2
        and "is no MATLAB 5 file" in capsys.readouterr().err
    )
    (source / "2008_2.mat").write_bytes((source / "2008_1.mat").read_bytes())
    assert data("voc_augment", "--voc_path", tmp_path / "VOCdevkit", "--num_workers", 2) == 0
    assert (lists / "aug.txt").read_text() == "2008_1\n2008_2\n"
    expected = np.zeros((6, 9), np.uint8)
    expected[1:4, 2:7], expected[4:, 0] = 15, 255
    np.testing.assert_array_equal(read_label(lists.parents[1] / "SegmentationClassAug/2008_2.png"), expected)


def test_cityscapes_ids_as_classes(tmp_path: Path, photo: Path, capsys):
    folder = tmp_path / "gtFine/train/ulm"
    folder.mkdir(parents=True)
    ids = np.where(mask_of(photo) == 1, 24, 4).astype(np.uint8)  # person, static
    Image.fromarray(ids).save(folder / "ulm_1_gtFine_labelIds.png")
    assert data("cityscapes", "--cityscapes_path", tmp_path) == 0 and "1 labels written" in capsys.readouterr().out
    np.testing.assert_array_equal(read_label(folder / "ulm_1_gtFine_labelTrainIds.png"), np.where(ids == 24, 11, 255))
    assert data("cityscapes", "--cityscapes_path", tmp_path) == 0 and "0 labels written" in capsys.readouterr().out
    assert data("cityscapes", "--cityscapes_path", tmp_path / "gtFine") == 2


def test_cityscapes_classes_as_its_servers_ids(tmp_path: Path, photo: Path, capsys):
    folder = tmp_path / "pseudo_color_prediction" / "ulm"
    folder.mkdir(parents=True)
    classes = np.where(mask_of(photo) == 1, 11, 255).astype(np.uint8)
    Image.fromarray(classes).save(folder / "ulm_1.png")
    assert data("cityscapes_ids", "--root_dir", tmp_path) == 0 and "1 masks" in capsys.readouterr().out
    ids = read_label(tmp_path / "convert_to_labelid" / "ulm" / "ulm_1.png")
    np.testing.assert_array_equal(ids, np.where(classes == 11, 24, 0))
    Image.fromarray(np.full((4, 4), 19, np.uint8)).save(folder / "ulm_2.png")
    assert data("cityscapes_ids", "--root_dir", tmp_path) == 2
    assert "ulm_2.png: holds numbers that have no class: 19" in capsys.readouterr().err


def test_cocostuff_numbers_as_classes(tmp_path: Path, capsys):
    (tmp_path / "annotations" / "val2017").mkdir(parents=True)
    Image.fromarray(np.array([[0, 10, 12, 181, 255]], np.uint8)).save(tmp_path / "annotations/val2017/1.png")
    flags = ("--annotation_path", tmp_path / "annotations", "--save_path", tmp_path / "made")
    assert data("cocostuff", *flags) == 0
    assert read_label(tmp_path / "made/val2017/1.png").tolist() == [[0, 10, 11, 170, 255]]
    Image.fromarray(np.array([[11]], np.uint8)).save(tmp_path / "annotations/val2017/2.png")
    assert data("cocostuff", *flags) == 2
    assert data("cocostuff", "--annotation_path", tmp_path / "none") == 2
    assert "holds no train2017 and no val2017" in capsys.readouterr().err


def test_every_tool_answers(root: Path):
    tools = sorted((root / "tools/data").glob("*.py"))
    assert {path.stem for path in tools} >= {
        "labelme2seg",
        "voc_augment",
        "convert_cityscapes",
        "convert_cocostuff",
        "cityscapes_trainid2labelid",
        "create_dataset_list",
        "split_dataset_list",
        "gray2pseudo_color",
        "visualize_annotation",
    }
    code = """
import runpy, sys
for path in sys.argv[1:]:
    sys.argv = [path, "--help"]
    try:
        runpy.run_path(path, run_name="__main__")
    except SystemExit as end:
        assert not end.code, path
assert "paddle" not in sys.modules
"""
    done = subprocess.run([sys.executable, "-c", code, *map(str, tools)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("usage: paddleseg data") == len(tools)
