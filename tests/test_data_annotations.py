"""COCO's and labelme's files as other tools write them: taken as meant, counted and named, or refused."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np
import pytest
from data_commands import data
from PIL import Image

from paddleseg.images.io import read_label

SIZE = {"height": 20, "width": 30}
SQUARE = [[4, 2, 14, 2, 14, 12, 4, 12]]
"""100 pixels."""


def an_object(**more: object) -> dict:
    return {"id": 1, "image_id": 1, "category_id": 1, "area": 100, "bbox": [4, 2, 10, 10], "iscrowd": 0} | more


def coco(file: Path, *objects: Mapping, **more: object) -> Path:
    content = {
        "images": [{"id": 1, "file_name": "a.jpg", **SIZE}],
        "categories": [{"id": 1, "name": "person"}],
        "annotations": list(objects),
    }
    file.write_text(json.dumps(content | more), encoding="utf-8")
    return file


def test_independent_categories_lie_side_by_side(tmp_path: Path):
    objects = [
        an_object(segmentation=SQUARE),
        an_object(id=2, category_id=2, segmentation=[[0, 0, 30, 0, 30, 20, 0, 20]]),
    ]
    categories = [{"id": 1, "name": "person"}, {"id": 2, "name": "room"}]
    file = coco(tmp_path / "a.json", *objects, categories=categories)
    assert data("coco", file, tmp_path / "made", "--independent") == 0
    person, room = np.hsplit(read_label(tmp_path / "made" / "a.png"), 2)
    assert person.shape == (20, 30) and person.sum() == 100 and (room == 1).all()


# What is drawn (class: pixels) and what is said of it, for objects as other tools write them.
TAKEN = {
    "an id as text": (an_object(id="1", image_id="1", category_id="1", segmentation=SQUARE), {1: 100}, ""),
    "an id as fraction": (an_object(image_id=1.0, category_id=1.0, segmentation=SQUARE), {1: 100}, ""),
    "no iscrowd": ({k: v for k, v in an_object(segmentation=SQUARE).items() if k != "iscrowd"}, {1: 100}, ""),
    "iscrowd as text": (an_object(iscrowd="0", segmentation=SQUARE), {1: 100}, ""),
    "a crowd": (an_object(iscrowd=1, segmentation=SQUARE), {255: 100}, ""),
    "area as text": (an_object(area="100", segmentation=SQUARE), {1: 100}, ""),
    "no list around it": (an_object(segmentation=SQUARE[0]), {1: 100}, ""),
    "points in pairs": (an_object(segmentation=[[[4, 2], [14, 2], [14, 12], [4, 12]]]), {1: 100}, ""),
    "run lengths": (an_object(segmentation={"size": [20, 30], "counts": [100, 60, 440]}), {1: 60}, ""),
    "run lengths as text": (an_object(segmentation={"size": ["20", "30"], "counts": [100, 60, 440]}), {1: 60}, ""),
    "a box": (an_object(segmentation=[]), {255: 100}, "1 objects have a box but no outline"),
    "no segmentation": (an_object(), {255: 100}, "1 objects have a box but no outline"),
    "two points": (an_object(segmentation=[[4, 2, 14, 12]]), {255: 100}, "1 objects have a box but no outline"),
    "another size": (an_object(segmentation=[[0, 0, 300, 0, 300, 200, 0, 200]]), {1: 600}, "1 objects reach beyond"),
    "outside": (an_object(segmentation=[[40, 40, 50, 40, 50, 50]]), {}, "1 objects cover no pixel"),
    "very far outside": (an_object(segmentation=[[-1e9, -1e9, 1e9, -1e9, 1e9, 1e9, -1e9, 1e9]]), {1: 600}, "beyond"),
}


@pytest.mark.parametrize("name", TAKEN)
def test_objects_as_other_tools_write_them(name: str, tmp_path: Path, capsys):
    item, pixels, said = TAKEN[name]
    assert data("coco", coco(tmp_path / "i.json", item), tmp_path / "out") == 0
    assert said in capsys.readouterr().out
    values, counts = np.unique(read_label(tmp_path / "out/a.png"), return_counts=True)
    assert {int(v): int(n) for v, n in zip(values, counts, strict=True) if v} == pixels


IMAGE = {"id": 1, "file_name": "a.jpg", **SIZE}
REFUSED: dict[str, tuple[list[Mapping], dict[str, object], list[str]]] = {
    "no numbers": (
        [an_object(id=n, segmentation=[[1, 1, value, 9, 9, 9]]) for n, value in enumerate((float("nan"), "x"))],
        {},
        ["a.jpg: annotation 0: cannot be drawn", "a.jpg: annotation 1: cannot be drawn", "no masks were written"],
    ),
    "an odd number": ([an_object(segmentation=[[1, 1, 9, 9, 9, 1, 1]])], {}, ["a polygon has 7 numbers"]),
    "a text": ([an_object(segmentation="1 2 3 4 5 6")], {}, ["neither a list of polygons nor run lengths"]),
    "nothing at all": ([an_object(segmentation=[], bbox=[])], {}, ["neither an outline nor a box"]),
    "runs that wrap around": (
        [an_object(segmentation={"size": [20, 30], "counts": [2**62] * 4 + [600]})],
        {},
        ["run lengths sum up to"],
    ),
    "packed runs": ([an_object(segmentation={"size": [20, 30], "counts": "~" * 99})], {}, ["are damaged"]),
    "runs of fractions": ([an_object(segmentation={"size": [20, 30], "counts": [0.5, 599.5]})], {}, ["whole numbers"]),
    "no size": (
        [an_object(segmentation=SQUARE)],
        {"images": [{"id": 1, "file_name": "a.jpg"}, {"id": 2, "file_name": "b.jpg", "height": 9, "width": "wide"}]},
        ["image 1: has no height and width", "image 2: has no height and width"],
    ),
    "a size to fill the memory": (
        [an_object(segmentation=SQUARE)],
        {"images": [IMAGE | {"height": 10**9, "width": 10**9}]},
        ["not a picture's size"],
    ),
    "no name": ([], {"images": [IMAGE | {"file_name": ""}, IMAGE | {"id": 2, "file_name": "a\0.jpg"}]}, ["image 2"]),
    "no image's name": ([], {"images": [{"id": 1, **SIZE}]}, ["has no file_name that a mask could be called by: None"]),
    "one id for two": (
        [an_object(segmentation=SQUARE)],
        {"images": [IMAGE, IMAGE | {"file_name": "b.jpg"}]},
        ["several images have the same id: 1"],
    ),
    "a category that is not there": (
        [an_object(id=5, category_id=9, segmentation=SQUARE), an_object(id=6, category_id=None)],
        {},
        ["2 annotations name a category that is not there: 5, 6"],
    ),
    "no image of it": ([an_object(image_id=7)], {}, ["no annotation belongs to any of its images"]),
    "two for one category": (
        [],
        {"categories": [{"id": 1, "name": "a"}, {"id": "1", "name": "b"}]},
        ["several categories have the same id: 1"],
    ),
    "no lists": ([], {"images": {"a": 1}}, ["is not a COCO instance file"]),
}


@pytest.mark.parametrize("name", REFUSED)
def test_files_that_nobody_could_draw(name: str, tmp_path: Path, capsys):
    objects, more, said = REFUSED[name]
    assert data("coco", coco(tmp_path / "i.json", *objects, **more), tmp_path / "out") == 2
    err = capsys.readouterr().err
    assert all(text in err for text in said), err
    assert not list((tmp_path / "out").rglob("*.png"))


def test_what_is_odd_in_a_coco_file_is_said(tmp_path: Path, capsys):
    objects = [an_object(segmentation=SQUARE), an_object(segmentation=SQUARE), an_object(id=3, image_id=8)]
    two_of_a_name = [{"id": 1, "name": "person"}, {"id": 4, "name": "person"}, {"id": "x7", "name": 12}]
    file = coco(
        tmp_path / "i.json", *objects, an_object(id=4, category_id=4, segmentation=SQUARE), categories=two_of_a_name
    )
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())
    assert data("coco", file, tmp_path / "out") == 0
    out = capsys.readouterr().out
    assert "1 annotations belong to images that the file does not list: 3" in out
    assert "1 annotations have the id of another one" in out
    assert (tmp_path / "out/class_names.txt").read_text().split() == ["_background_", "person", "12"]
    assert (read_label(tmp_path / "out/a.png") == 1).sum() == 100
    # An object that is known by its box hides nothing that is drawn.
    both = [an_object(area=1, segmentation=[], bbox=[0, 0, 30, 20]), an_object(id=2, segmentation=SQUARE)]
    assert data("coco", coco(tmp_path / "i.json", *both), tmp_path / "box") == 0
    label = read_label(tmp_path / "box/a.png")
    assert (label == 1).sum() == 100 and (label == 255).sum() == 500


def test_an_image_that_cannot_be_drawn_does_not_stop_the_others(tmp_path: Path, capsys):
    images = [IMAGE, IMAGE | {"id": 2, "file_name": "b.jpg"}]
    objects = [an_object(segmentation=[[1, 2, 3, 4, 5, 6, 7]]), an_object(id=2, image_id=2, segmentation=SQUARE)]
    assert data("coco", coco(tmp_path / "i.json", *objects, images=images), tmp_path / "out") == 2
    err = capsys.readouterr().err
    assert "a.jpg: annotation 1" in err and "holds the 1 other masks" in err
    assert [path.name for path in (tmp_path / "out").glob("*.png")] == ["b.png"]


def labelme(folder: Path, name: str, *shapes: Mapping, **more: object) -> None:
    folder.mkdir(exist_ok=True)
    if not (folder / f"{name}.png").exists():
        Image.new("RGB", (60, 40), (90, 120, 150)).save(folder / f"{name}.png")
    record = {
        "imagePath": f"{name}.png",
        "imageData": None,
        "imageHeight": 40,
        "imageWidth": 60,
        "shapes": list(shapes),
    }
    (folder / f"{name}.json").write_text(json.dumps(record | more), encoding="utf-8")


def a_shape(label: object, kind: str | None, *points: tuple[float, float], **more: object) -> dict:
    return {"label": label, "shape_type": kind, "points": points, **more}


CORNERS = ((10, 10), (30, 10), (30, 20), (10, 20))


def test_shapes_as_other_tools_write_them(tmp_path: Path, capsys):
    folder = tmp_path / "in"
    labelme(folder, "a", a_shape(7, "polygon", *CORNERS))
    labelme(folder, "b", a_shape(" 7 ", None, *CORNERS))
    labelme(folder, "c", a_shape("7", "rotation", (20, 5), (30, 15), (20, 25), (10, 15)))
    labelme(folder, "d", a_shape("7", "rectangle", *CORNERS))
    labelme(folder, "e", a_shape("7", "polygon", *CORNERS), imagePath="C:\\Users\\me\\e.png")
    labelme(
        folder, "f", a_shape("7", "polygon", *((5 * x, 5 * y) for x, y in CORNERS)), imageHeight=200, imageWidth=300
    )
    labelme(folder, "g", a_shape("7", "linestrip", *CORNERS), a_shape("7", "polygon", (70, 50), (80, 50), (80, 60)))
    labelme(folder, "h")
    (folder / "b.json").write_bytes(b"\xef\xbb\xbf" + (folder / "b.json").read_bytes())
    (folder / "._a.json").write_bytes(b"\0\5\26\7Mac OS X")
    Image.new("RGB", (9, 9)).save(folder / "alone.png")
    (folder / "further").mkdir()
    (folder / "further/x.json").write_text("{}")
    assert data("labelme", folder, tmp_path / "out") == 0
    out = capsys.readouterr().out
    for said in (
        "8 labels of _background_, 7",
        "left out 1 of type linestrip",
        "left out 1 of type polygon (g.json): they cover no pixel",
        "1 were drawn on another size of their picture, and are scaled (f.json)",
        "1 have shapes that reach beyond the picture: is it the right one? (g.json)",
        "1 have no shapes: all background (h.json)",
        "passed over 1 files of macOS or Windows",
        "passed over 1 .json files in folders further down: further/x.json",
        "1 pictures have no .json file of their name: alone.png",
    ):
        assert said in out, out
    pixels = {name: int(read_label(tmp_path / f"out/annotations/{name}.png").sum()) for name in "abcdefgh"}
    assert pixels == {"a": 200, "b": 200, "c": 200, "d": 200, "e": 200, "f": 200, "g": 0, "h": 0}


def png(array: np.ndarray) -> str:
    return base64.b64encode(cv2.imencode(".png", array)[1].tobytes()).decode()


def test_a_drawn_mask_is_cut_at_the_frame_and_scaled(tmp_path: Path):
    folder = tmp_path / "in"
    small = png(np.full((10, 10), 255, np.uint8))
    labelme(folder, "a", a_shape("x", "mask", (-4, -6), (5, 3), mask=small))
    labelme(folder, "b", a_shape("x", "mask", (55, 35), (64, 44), mask=small))
    labelme(folder, "c", a_shape("x", "mask", (20, 20), (29, 29), mask=small), imageHeight=80, imageWidth=120)
    labelme(folder, "d", a_shape("x", "mask", (1e9, -1e9), (0, 0), mask=small))
    assert data("labelme", folder, tmp_path / "out") == 0
    a, b, c, d = (read_label(tmp_path / f"out/annotations/{name}.png") for name in "abcd")
    assert a[:4, :6].all() and a.sum() == 24
    assert b[35:, 55:].all() and b.sum() == 25
    assert c[10:15, 10:15].all() and c.sum() == 25 and not d.any()


def test_a_photo_within_the_file(tmp_path: Path, capsys):
    folder = tmp_path / "in"
    photo = png(np.full((40, 60, 3), 99, np.uint8))
    labelme(folder, "a", a_shape("x", "polygon", *CORNERS), imageData=photo, imagePath=None)
    labelme(folder, "b", a_shape("x", "polygon", *CORNERS), imageData=photo, imagePath="../../etc/b.png")
    for name in "ab":
        (folder / f"{name}.png").unlink()
    assert data("labelme", folder, tmp_path / "out") == 0
    assert (tmp_path / "out/images/a.png").read_bytes() == base64.b64decode(photo)
    labelme(folder, "c", imageData=photo[:100], imagePath="gone.png")
    labelme(folder, "d", imageData=12, imagePath="gone.png")
    assert data("labelme", folder, tmp_path / "none") == 2
    err = capsys.readouterr().err
    assert "c.json: its imageData is truncated" in err and "d.json: its imageData is damaged" in err
    assert not (tmp_path / "none").exists()


WRONG_SHAPES = {
    "no label": (a_shape(None, "polygon", *CORNERS), "its label is no text"),
    "an empty label": (a_shape("", "polygon", *CORNERS), "its label is empty"),
    "two lines": (a_shape("a\nb", "polygon", *CORNERS), "line breaks"),
    "no points": (a_shape("x", "polygon"), "it is a polygon of 0 points"),
    "two points": (a_shape("x", "polygon", (1, 1), (9, 9)), "it is a polygon of 2 points"),
    "an ellipse": (a_shape("x", "ellipse", (1, 1), (9, 9)), "shapes of the type 'ellipse' are not known"),
    "a turned box": (a_shape("x", "rectangle", (1, 1), (9, 9), rotation=30), "it is turned (rotation: 30)"),
    "not a number": (a_shape("x", "polygon", (1, 1), (float("nan"), 9), (9, 9)), "no finite numbers"),
    "a circle beyond": (a_shape("x", "circle", (9, 9), (1e308, 9)), "beyond all pictures"),
    "three numbers": ({"label": "x", "points": [[1, 2, 3]]}, "cannot"),
    "no points at all": ({"label": "x"}, "cannot be drawn: 'points'"),
    "a mask of nothing": (a_shape("x", "mask", (1, 1), (2, 2), mask="AAAA"), "its mask is damaged"),
    "a circle": (a_shape("x", "circle", (9, 9)), "it is a circle of 1 point"),
}


def test_shapes_that_nobody_could_draw_are_all_named(tmp_path: Path, capsys):
    for n, (shape, _) in enumerate(WRONG_SHAPES.values()):
        labelme(tmp_path / "in", f"s{n:02}", shape, a_shape("x", "polygon", *CORNERS))
    labelme(tmp_path / "in", "t", imageHeight=60, imageWidth=40)
    labelme(tmp_path / "in", "u", imageHeight=40, imageWidth=90)
    assert data("labelme", tmp_path / "in", tmp_path / "out") == 2
    err = capsys.readouterr().err
    for n, (_, said) in enumerate(WRONG_SHAPES.values()):
        assert any(f"s{n:02}.json" in line and said in line for line in err.splitlines()), (n, said, err)
    assert (
        "t.json: its shapes were drawn on a picture of 40x60, but the picture is 60x40" in err and "turn it back" in err
    )
    assert "u.json: its shapes were drawn on a picture of 90x40" in err
    assert not (tmp_path / "out").exists()


def test_the_first_class_is_the_background(tmp_path: Path, capsys):
    labelme(tmp_path / "in", "a", a_shape("person", "polygon", *CORNERS))
    names = tmp_path / "names.txt"
    names.write_text("person\ncup\n")
    assert data("labelme", tmp_path / "in", tmp_path / "out", "--classes", names) == 2
    assert "the first of --classes, which is the background" in capsys.readouterr().err
    names.write_text("_background_\nperson\nperson\n")
    assert data("labelme", tmp_path / "in", tmp_path / "out", "--classes", names) == 2
    labelme(tmp_path / "many", "a", *(a_shape(n, "polygon", *CORNERS) for n in range(300)))
    assert data("labelme", tmp_path / "many", tmp_path / "out") == 2 and "301 classes" in capsys.readouterr().err
